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
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.route_parts import RoutePart
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
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
        for forecast in context.routed(case):
            if forecast.via is None or not forecast.lost:
                continue
            finding = _finding(context, case, forecast, forecast.via)
            if (finding.object, finding.field) not in seen:
                seen.add((finding.object, finding.field))
                yield finding


CHECKS = (routes_that_lose,)


def _finding(
    context: AnalysisContext, case: TrafficCase, forecast: ServiceForecast, part: RoutePart
) -> Finding:
    where = place(case.origin.client.locality)
    effect = (
        f"{percent(forecast.lost * part.share)} of the requests of clients in {where} to "
        f"{case.service.host}:{case.port.number} that this route takes fail"
    )
    found = FAULT_INJECTED if forecast.lost <= part.route.aborted else ROUTE_LOSES
    field = _field(context, part.route)
    instead = "mend the route's destination; no other rule makes up for it"
    if found is FAULT_INJECTED:
        field = f"{field}.fault.abort" if field != "spec" else field
        instead = "without fault.abort, requests go to the route's destinations"
    return found.finding(
        f"VirtualService {part.route.origin}",
        field,
        message="; ".join(dict.fromkeys(forecast.answers.reasons)) or "no endpoint takes them",
        effect=effect,
        instead=snippets.remark(instead),
    )


def _field(context: AnalysisContext, route: Route) -> str:
    """Return where the route stands in its VirtualService, as far as that can be known."""
    namespace, _slash, name = route.origin.partition("/")
    written = context.local.get("VirtualService", name, namespace)
    routes = (spec_of(written).get("http") or ()) if written else ()
    for index, each in enumerate(routes):
        if route.spec and each == route.spec:
            return f"spec.http[{index}]"
    return "spec"
