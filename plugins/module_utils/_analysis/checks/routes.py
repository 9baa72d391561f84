# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for requests that VirtualServices lose."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import percent, place
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import Route

ROUTE_LOSES = FindingType(
    "EW625",
    ERROR,
    "a route loses requests",
    explanation=(
        "A VirtualService sends requests to a host, a port or a subset that the client does not "
        "know, or to endpoints that are not there. Envoy answers them with 503."
    ),
    cure="The host, port or subset that is meant; a subset needs a DestinationRule and pods.",
)

FAULT_INJECTED = FindingType(
    "EW626",
    WARNING,
    "fault injection answers requests with errors",
    explanation="A VirtualService aborts a part of the requests. They never reach an endpoint.",
    cure="No `fault.abort`, where it is not meant to be a test.",
)


def routes_that_lose(context: AnalysisContext) -> t.Iterator[Finding]:
    """Routes, once each, that lose requests of a client."""
    if not context.view.virtual_services:
        return
    seen: set[tuple[str, str]] = set()
    for case in context.all_cases():
        if case.subset:
            continue
        for forecast in _routed(context, case):
            finding = _finding(context, case, forecast)
            if finding and (finding.object, finding.field) not in seen:
                seen.add((finding.object, finding.field))
                yield finding


CHECKS = (routes_that_lose,)


def _routed(context: AnalysisContext, case: TrafficCase) -> t.Iterator[ServiceForecast]:
    client = ForecastClient(case.origin.proxy, context.local.name, "")
    target = ServiceTarget(case.service, case.port)
    for forecast in forecast_target(context.topology, client, target):
        if forecast.via is not None and forecast.lost > 0:
            yield forecast


def _field(context: AnalysisContext, route: Route) -> str:
    """Return where the route stands in its VirtualService, as far as that can be known."""
    namespace, _slash, name = route.origin.partition("/")
    written = context.local.get("VirtualService", name, namespace)
    routes = (spec_of(written).get("http") or ()) if written else ()
    for index, each in enumerate(routes):
        if route.spec and each == route.spec:
            return f"spec.http[{index}]"
    return "spec"


def _finding(
    context: AnalysisContext, case: TrafficCase, forecast: ServiceForecast
) -> Finding | None:
    part = forecast.via
    if part is None:
        return None
    where = place(case.origin.client.locality)
    lost = forecast.lost * part.share
    effect = (
        f"{percent(lost)} of the requests of clients in {where} to {case.service.host}:"
        f"{case.port.number} that this route takes fail"
    )
    field = _field(context, part.route)
    message = "; ".join(dict.fromkeys(forecast.answers.reasons)) or "no endpoint takes them"
    if part.route.aborted and forecast.lost <= part.route.aborted:
        return FAULT_INJECTED.finding(
            f"VirtualService {part.route.origin}",
            f"{field}.fault.abort" if field != "spec" else field,
            message=message,
            effect=effect,
            instead=snippets.remark("without fault.abort, requests go to the route's destinations"),
        )
    return ROUTE_LOSES.finding(
        f"VirtualService {part.route.origin}",
        field,
        message=message,
        effect=effect,
        instead=snippets.remark("mend the route's destination; no other rule makes up for it"),
    )
