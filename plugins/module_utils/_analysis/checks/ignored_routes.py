# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks for routes of the Gateway API of which istiod makes nothing."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
    first_index,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateway_listeners import (
    listeners,
    route_parents,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_routes import (
    RouteProblem,
)

_ANY_PARENT = "a parent that takes it"

NOT_CONVERTED = FindingType(
    "EW630",
    ERROR,
    "istiod leaves out all routes of an HTTPRoute or GRPCRoute",
    explanation=(
        "One field of the object is nothing that istiod makes a route of: a filter it does not "
        "know, a backend without a port or with a host for a name. Then it makes no route of any "
        "rule of the object, and requests go as if it were not there."
    ),
    cure="The rule without that field, or a VirtualService, which may have what is meant.",
)
NO_PARENT = FindingType(
    "EW631",
    WARNING,
    "a parent does not take an HTTPRoute or GRPCRoute",
    explanation=(
        "A `parentRef` names a Gateway, a listener or a Service that is not there, or a listener "
        "whose hostname, `allowedRoutes` or protocol keep the route out. Its rules count for nobody "
        "there. A Service as a parent needs `group: ''`, too."
    ),
    cure="The parent that is meant, or a listener that takes the route.",
)


def ignored_routes(context: AnalysisContext) -> t.Iterator[Finding]:
    """What istiod ignores of routes."""
    for problem in context.view.ignored_routes:
        at_parent = problem.origin.field.startswith("spec.parentRefs")
        found = NO_PARENT if at_parent else NOT_CONVERTED
        yield found.finding(
            problem.origin.object,
            problem.origin.field,
            message=problem.message,
            effect=(
                "the route counts for nobody there"
                if at_parent
                else "no rule of the object counts, and requests go as if it were not there"
            ),
            instead=snippets.remark(
                _parents(context, problem) if at_parent else "leave the field out, or correct it"
            ),
        )


def _parents(context: AnalysisContext, problem: RouteProblem) -> str:
    """The listeners of the Gateway that take the route, or what would make them take it."""
    cluster, origin = context.local, problem.origin
    route = cluster.get(origin.kind, origin.name, origin.namespace)
    if route is None:
        return _ANY_PARENT
    index = first_index(origin.field)
    reference = spec_of(route)["parentRefs"][index]
    namespace = str(reference.get("namespace") or origin.namespace)
    name = str(reference.get("name") or "")
    gateway = cluster.get(well_known.GATEWAY_API_GATEWAY, name, namespace)
    if gateway is None or reference.get("kind") not in (None, "Gateway"):
        return _ANY_PARENT
    general = {key: value for key, value in reference.items() if key not in ("sectionName", "port")}
    names = [each.listener for each in listeners(cluster, gateway)]
    taking = [
        each
        for each in names
        if not isinstance(route_parents(cluster, route, {**general, "sectionName": each}), str)
    ]
    if taking:
        return f"write the sectionName of a listener that takes it: {listed(taking, 'or')}"
    known = f"listeners of Gateway {namespace}/{name} are {listed(names)}"
    if "allowedRoutes" in problem.message:
        return f"{known}; one needs allowedRoutes: {{namespaces: {{from: All}}}}"
    return f"{known}; none takes it"


CHECKS = (ignored_routes,)
