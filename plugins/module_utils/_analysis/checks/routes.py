# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for requests that routes lose."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
    first_index,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    percent,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    place as place_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    gateway_routes,
    route_losses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_backends import (
    BackendOwner,
    missing_grant,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import Route
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    RouteOrigin,
)

ROUTE_LOSES = FindingType(
    "EW625",
    ERROR,
    "a route loses requests",
    explanation=(
        "A VirtualService, HTTPRoute or GRPCRoute sends requests to a host, a port or a subset that "
        "the client does not know, to endpoints that are not there, to no backend at all, or from a "
        "gateway to a backend of another namespace without a ReferenceGrant there. Envoy answers "
        "them with 503 or 500."
    ),
    cure=(
        "The host, port or subset that is meant; a subset needs a DestinationRule and pods, a "
        "backend of another namespace a ReferenceGrant in that namespace."
    ),
)

FAULT_INJECTED = FindingType(
    "EW626",
    WARNING,
    "fault injection answers requests with errors",
    explanation="A VirtualService aborts a part of the requests. They never reach an endpoint.",
    cure="No `fault.abort`, where it is not meant to be a test.",
)


@dataclass(frozen=True, slots=True)
class _Loss:
    """A route with a destination that loses a part of its requests, and where these come from."""

    route: Route
    lost: float
    share: float
    reasons: tuple[str, ...]
    locality: str
    place: str
    # routes of sidecars need no grants
    of_gateway: bool = False


def routes_that_lose(context: AnalysisContext) -> t.Iterator[Finding]:
    """Routes, once each, that lose requests of a client."""
    if not context.view.virtual_services:
        return
    seen: set[tuple[str, str]] = set()
    for loss in (*_of_sidecars(context), *_of_gateways(context)):
        if loss.route.origin is None:
            continue
        finding = _finding(context, loss, loss.route.origin)
        if (finding.object, finding.field) not in seen:
            seen.add((finding.object, finding.field))
            yield finding


CHECKS = (routes_that_lose,)


def _of_sidecars(context: AnalysisContext) -> t.Iterator[_Loss]:
    for case in context.all_cases():
        if case.subset or case.origin.proxy.gateway:
            continue
        place = f"{case.service.host}:{case.port.number}"
        for each in context.routed(case):
            if each.via is not None and each.lost:
                yield _Loss(
                    each.via.route,
                    each.lost,
                    each.via.share,
                    each.answers.reasons or _empty_subset(each),
                    case.origin.client.locality,
                    place,
                )


def _empty_subset(forecast: ServiceForecast) -> tuple[str, ...]:
    """Say which labels no endpoint has, where a route leads to a subset of nothing."""
    outbound = forecast.outbound
    if not outbound.subset or outbound.members.endpoints:
        return ()
    labels = listed(f"{key}={value}" for key, value in outbound.policy.subset_labels.items())
    host = outbound.service.host
    return (f"no endpoint of {host} has the labels of subset {outbound.subset}: {labels}",)


def _of_gateways(context: AnalysisContext) -> t.Iterator[_Loss]:
    for origin in context.origins:
        if not origin.proxy.gateway:
            continue
        client = ForecastClient(origin.proxy, context.local.name, "")
        for place, _number, route in gateway_routes(context.view, origin.proxy):
            for lost, share, reasons in route_losses(context.topology, client, route):
                yield _Loss(route, lost, share, reasons, origin.client.locality, place, True)


def _finding(context: AnalysisContext, loss: _Loss, origin: RouteOrigin) -> Finding:
    effect = (
        f"{percent(loss.lost * loss.share)} of the requests of clients in {place_of(loss.locality)} to "
        f"{loss.place} that this route takes fail"
    )
    found = FAULT_INJECTED if loss.lost <= loss.route.aborted else ROUTE_LOSES
    field = origin.field
    instead = _cure(context, loss, origin)
    if found is FAULT_INJECTED:
        field = f"{field}.fault.abort"
        instead = snippets.remark("without fault.abort, requests go to the route's destinations")
    return found.finding(
        origin.object,
        field,
        message="; ".join(dict.fromkeys(loss.reasons)) or "no endpoint takes them",
        effect=effect,
        instead=instead,
    )


def _cure(context: AnalysisContext, loss: _Loss, origin: RouteOrigin) -> str:
    """The ReferenceGrant that a gateway's route lacks, else what to mend."""
    obj = context.local.get(origin.kind, origin.name, origin.namespace)
    if obj is not None and origin.kind != "VirtualService" and loss.of_gateway:
        index = first_index(origin.field)
        backends = spec_of(obj)["rules"][index].get("backendRefs") or ()
        grant = missing_grant(
            context.local, BackendOwner(origin.kind, origin.namespace, True), backends
        )
        if grant is not None:
            return snippets.block(grant, remark="an object beside the route")
    return snippets.remark("mend the route's destination; no other rule makes up for it")
