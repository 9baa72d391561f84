# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wrong locality does, told together with the others that are wrong. Private to this collection."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    effect_of_fix,
    outcome,
    same_endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    Suggestion,
    reading,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, quoted
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rule_names import (
    mended_endpoints,
    mended_setting,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)


def what_is_wrong(
    facts: AnalysisContext, text: str, found: Suggestion | None, *, region: bool = False
) -> str:
    if region:
        there = listed(facts.regions) or "none"
        what = f"no node or workload is in a region {quoted(text)}; the regions are {there}"
    else:
        what = f"no node or workload is at {quoted(text)} ({reading(parse_locality(text))})"
    if found is None:
        return what
    return f"{what}: {found.why}"


def mended_together(facts: AnalysisContext, case: TrafficCase, *, of_rule: bool) -> str:
    """With rule and entries mended together, and a warning where one alone would do harm."""
    case = case.all_healthy
    raw = case.policy.locality_lb
    setting = None if raw is None else mended_setting(facts, raw)
    endpoints = mended_endpoints(facts, case)
    both = case.variant(locality_lb=setting, endpoints=endpoints)
    alone = case.variant(locality_lb=setting) if of_rule else case.variant(endpoints=endpoints)
    text = effect_of_fix(case, both)
    if not same_endpoints(both, alone):
        this, other = ("rule", "workload") if of_rule else ("workload", "rule")
        text += (
            f"; mend {this} and {other} in one go: with the {this} alone mended, it would be "
            f"{outcome(alone)}"
        )
    return text
