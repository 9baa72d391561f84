# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecasts of a service port: one for each destination of each route."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import Answers
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.route_parts import RoutePart
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
    scope_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import Proxy
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.gateway_route_builder import (
    GatewayHost,
    gateway_hosts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    connection_route_of,
    has_http_routes,
    http_routes_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Route,
    unmatched_requests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.matches import (
    takes_plain_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    Destination,
)


def forecast_target(
    topology: Topology, client: ForecastClient, target: ServiceTarget
) -> list[ServiceForecast]:
    """Forecast one client's requests to a service port, or to the subset that the target names.

    Where routes are for them, each destination of each route has a forecast of its own. A gateway
    sends nothing to a port that none of its routes leads to.
    """
    found = forecast_routes(topology, client, target)
    if found or (not target.subset and _is_routed(topology, client)):
        return found
    return [forecast_service(topology, client, target)]


def forecast_targets(
    topology: Topology, targets: t.Iterable[tuple[ForecastClient, ServiceTarget]]
) -> t.Iterator[ServiceForecast]:
    """Yield the forecasts of clients' targets; a gateway's route that leads nowhere comes once."""
    told = ToldRoutes()
    for client, target in targets:
        yield from told.new(client, forecast_target(topology, client, target))


class ToldRoutes:
    """The routes of gateways that lead nowhere, which would be told of with each service port."""

    def __init__(self) -> None:
        self._told: set[t.Hashable] = set()

    def new(
        self, client: ForecastClient, forecasts: t.Iterable[ServiceForecast]
    ) -> list[ServiceForecast]:
        """Return the forecasts without those of routes that were told of with an earlier target."""
        found = [(each, self._key(client, each)) for each in forecasts]
        left = [each for each, key in found if key not in self._told]
        self._told.update(key for _each, key in found if key is not None)
        return left

    @staticmethod
    def _key(client: ForecastClient, forecast: ServiceForecast) -> t.Hashable:
        via = forecast.via
        if via is None or not via.place or forecast.answers.destinations:
            return None
        own = client.proxy.client
        who = (client.cluster, client.name, client.proxy.namespace, own.locality, own.network)
        return (*who, via.place, via.number)


def _is_routed(topology: Topology, client: ForecastClient) -> bool:
    """Tell whether the client is a gateway whose routes are known."""
    view = topology.view(client.cluster)
    return client.proxy.gateway and bool(gateway_hosts(view, client.proxy))


def forecast_routes(
    topology: Topology, client: ForecastClient, target: ServiceTarget
) -> list[ServiceForecast]:
    """Forecast each destination of each route for a service port; none where no rule has a route.

    A gateway's routes are those that lead to the service port, those that lead nowhere for the
    same host, and those of hosts of which no route leads anywhere.
    """
    if target.subset:
        return []
    found = []
    for part in _parts(topology, client, target):
        if part.route.problem:
            lost = forecast_service(topology, client, target)
            found.append(_lost(lost, part, part.route.problem))
        elif not part.route.destinations:
            found.append(_answered(forecast_service(topology, client, target), part))
        found.extend(
            _destination(topology, client, destination, replace(part, share=share))
            for destination, share in part.route.parts
        )
    return found


def _parts(
    topology: Topology, client: ForecastClient, target: ServiceTarget
) -> t.Iterator[RoutePart]:
    """Yield the routes that a client's requests to a service port may take."""
    view = topology.view(client.cluster)
    if client.proxy.gateway:
        for host in gateway_hosts(view, client.proxy):
            for number, route in _routes_for(view, client.proxy, host, target):
                yield RoutePart(route, number, target, place=host.place)
        return
    routes = http_routes_of(view, client.proxy, target.service, target.port)
    if not has_http_routes(target.port):
        connections = connection_route_of(view, client.proxy, target.service, target.port)
        routes = (connections,) if connections else ()
    if any(route.origin for route in routes):
        rest = unmatched_requests(routes) if has_http_routes(target.port) else None
        for number, route in enumerate((*routes, *filter(None, (rest,))), start=1):
            yield RoutePart(route, number, target)


def gateway_routes(view: PushContext, proxy: Proxy) -> t.Iterator[tuple[str, int, Route]]:
    """Yield a gateway's routes: the host and server in words, the route's number there, the route."""
    for host in gateway_hosts(view, proxy):
        for number, route in enumerate(host.routes, start=1):
            yield host.place, number, route


def _routes_for(
    view: PushContext, proxy: Proxy, host: GatewayHost, target: ServiceTarget
) -> t.Iterator[tuple[int, Route]]:
    """Yield the routes of a gateway's host that are told of with a service port."""
    ends = [_ends(view, proxy, route) for route in host.routes]
    wanted = (target.service.host, target.port.number)
    if not any(wanted in each for each in ends) and any(ends):
        return
    for number, (route, reached) in enumerate(zip(host.routes, ends, strict=True), start=1):
        if wanted in reached or not reached:
            yield number, route


def _ends(view: PushContext, proxy: Proxy, route: Route) -> frozenset[tuple[str, int]]:
    """Return the service ports that a route leads to; none for a redirect or unknown backends."""
    found = (route_target(view, proxy, route, each) for each in route.destinations)
    return frozenset(
        (each.service.host, each.port.number) for each in found if not isinstance(each, str)
    )


def route_target(
    view: PushContext, proxy: Proxy, route: Route, destination: Destination
) -> ServiceTarget | str:
    """Return the service port that a route's destination is for a client, or why there is none."""
    if destination.problem:
        return destination.problem
    # a sidecar's table of a port has the aliases that declare the port, a gateway's has all
    host = view.services.named(destination.host, 0 if proxy.gateway else route.port)
    service = scope_of(view, proxy).services.get(host)
    port = service.port(destination.port) if service else None
    if service is None or port is None:
        known = f"port {destination.port} of {host}" if service else host
        if host != destination.host:
            known = f"{known}, for which {destination.host} stands"
        elif view.services.alias(host):
            known = f"{host} at port {route.port}, which its ExternalName does not declare"
        sender = route.origin.object if route.origin else "its route"
        return f"the client knows no {known}, to which {sender} sends"
    return ServiceTarget(service, port, destination.subset)


def plain_request(forecasts: t.Sequence[ServiceForecast], path: str) -> list[ServiceForecast]:
    """Return the forecasts of the route that a GET of the path takes; none for no route."""
    for forecast in forecasts:
        via = forecast.via
        if via is None:
            return [forecast]
        if via.route.unmatched:
            continue
        host = via.asked.service.host
        if takes_plain_request(via.route.match, path, host):
            chosen = (via.place, via.number)
            return [
                each
                for each in forecasts
                if each.via and (each.via.place, each.via.number) == chosen
            ]
    return []


def route_losses(
    topology: Topology, client: ForecastClient, route: Route
) -> t.Iterator[tuple[float, float, tuple[str, ...]]]:
    """Yield, of destinations that lose requests, the part lost, their share and the reasons."""
    if route.problem:
        yield 1.0, 1.0, (route.problem,)
    for destination, share in route.parts:
        target = route_target(topology.view(client.cluster), client.proxy, route, destination)
        if isinstance(target, str):
            yield 1.0, share, (target,)
            continue
        try:
            found = forecast_service(topology, client, target, retries=route.retries)
        except NotFound as error:
            yield 1.0, share, (str(error),)
            continue
        answers = _with_aborted(found.answers, route)
        if answers.lost:
            yield answers.lost, share, answers.reasons


def _destination(
    topology: Topology, client: ForecastClient, destination: Destination, part: RoutePart
) -> ServiceForecast:
    target = route_target(topology.view(client.cluster), client.proxy, part.route, destination)
    if isinstance(target, str):
        return _lost(forecast_service(topology, client, part.asked), part, target)
    try:
        found = forecast_service(topology, client, target, retries=part.route.retries)
    except NotFound as error:
        return _lost(forecast_service(topology, client, part.asked), part, str(error))
    answers = _with_aborted(found.answers, part.route)
    return replace(found, via=part, routed_by="", answers=answers)


def _with_aborted(answers: Answers, route: Route) -> Answers:
    """Return the answers with the requests that fault injection answers with an error."""
    aborted = route.aborted
    if not aborted or route.origin is None:
        return answers
    left = 1.0 - aborted
    why = f"{route.origin.object} answers {aborted:.0%} with an error".replace("%", " %")
    destinations = tuple(replace(each, share=each.share * left) for each in answers.destinations)
    return Answers(destinations, aborted + left * answers.lost, (*answers.reasons, why))


def _answered(forecast: ServiceForecast, part: RoutePart) -> ServiceForecast:
    return replace(forecast, via=part, routed_by="", answers=Answers((), 0.0, ()), stages=())


def _lost(forecast: ServiceForecast, part: RoutePart, why: str) -> ServiceForecast:
    return replace(_answered(forecast, part), answers=Answers((), 1.0, (why,)))
