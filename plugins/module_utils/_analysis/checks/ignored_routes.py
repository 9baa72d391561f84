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
)

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
                "a parent that takes it" if at_parent else "leave the field out, or correct it"
            ),
        )


CHECKS = (ignored_routes,)
