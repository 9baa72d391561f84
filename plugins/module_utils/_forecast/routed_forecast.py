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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    connection_route_of,
    has_http_routes,
    http_routes_of,
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

    Where a VirtualService routes them, each destination of each route has a forecast of its own.
    """
    return forecast_routes(topology, client, target) or [forecast_service(topology, client, target)]


def forecast_routes(
    topology: Topology, client: ForecastClient, target: ServiceTarget
) -> list[ServiceForecast]:
    """Forecast each destination of each route of a VirtualService; none where there is no such route."""
    view = topology.view(client.cluster)
    routes = http_routes_of(view, client.proxy, target.service, target.port)
    if not has_http_routes(target.port):
        connections = connection_route_of(view, client.proxy, target.service, target.port)
        routes = (connections,) if connections else ()
    if target.subset or not any(route.origin for route in routes):
        return []
    found = []
    for number, route in enumerate(routes, start=1):
        part = RoutePart(route, number, target)
        if not route.destinations:
            found.append(_answered(forecast_service(topology, client, target), part))
        found.extend(
            _destination(topology, client, destination, replace(part, share=share))
            for destination, share in route.parts
        )
    return found


def plain_request(forecasts: t.Sequence[ServiceForecast], path: str) -> list[ServiceForecast]:
    """Return the forecasts of the route that a GET of the path takes; none for no route."""
    for forecast in forecasts:
        via = forecast.via
        if via is None:
            return [forecast]
        host = via.asked.service.host
        if takes_plain_request(via.route.match, path, host):
            return [each for each in forecasts if each.via and each.via.number == via.number]
    return []


def _destination(
    topology: Topology, client: ForecastClient, destination: Destination, part: RoutePart
) -> ServiceForecast:
    service = scope_of(topology.view(client.cluster), client.proxy).services.get(destination.host)
    port = service.port(destination.port) if service else None
    if service is None or port is None:
        known = f"port {destination.port} of {destination.host}" if service else destination.host
        why = f"the client knows no {known}, to which VirtualService {part.route.origin} sends"
        return _lost(forecast_service(topology, client, part.asked), part, why)
    try:
        found = forecast_service(
            topology,
            client,
            ServiceTarget(service, port, destination.subset),
            retries=part.route.retries,
        )
    except NotFound as error:
        return _lost(forecast_service(topology, client, part.asked), part, str(error))
    return _aborted(replace(found, via=part, routed_by=""), part)


def _aborted(forecast: ServiceForecast, part: RoutePart) -> ServiceForecast:
    """Return the forecast with the requests that fault injection answers with an error."""
    aborted = part.route.aborted
    if not aborted:
        return forecast
    answers = forecast.answers
    left = 1.0 - aborted
    why = f"VirtualService {part.route.origin} answers {aborted:.0%} with an error".replace(
        "%", " %"
    )
    destinations = tuple(replace(each, share=each.share * left) for each in answers.destinations)
    lost = aborted + left * answers.lost
    return replace(forecast, answers=Answers(destinations, lost, (*answers.reasons, why)))


def _answered(forecast: ServiceForecast, part: RoutePart) -> ServiceForecast:
    return replace(
        forecast, via=part, routed_by="", answers=Answers((), 0.0, ()), stages=(), without=()
    )


def _lost(forecast: ServiceForecast, part: RoutePart, why: str) -> ServiceForecast:
    return replace(_answered(forecast, part), answers=Answers((), 1.0, (why,)))
