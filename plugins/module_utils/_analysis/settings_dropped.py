# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the mesh and the Service that a rule's own setting drops.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)

_RULES = ("distribute", "failover", "failoverPriority")


def mesh_dropped(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Settings of several levels are never merged."""
    mesh = facts.view.mesh.config.get("localityLbSetting") or {}
    general = (
        [name for name in _RULES if mesh.get(name)] if mesh.get("enabled") is not False else []
    )
    for at in readable(facts) if general else ():
        if at.rule is None or at.policy is None:
            continue
        own = [name for name in _RULES if at.raw.get(name)]
        lost = [name for name in general if name not in own]
        if not lost:
            continue
        for case in first_by_service(facts.cases_of(at.rule, at.policy))[:1]:
            inherited = case.all_healthy.variant(locality_lb=mesh)
            yield finding(
                "EW510",
                at.object,
                at.path,
                message=f"the mesh's localityLbSetting has {listed(lost)}; this one replaces it as "
                "a whole, nothing is merged",
                effect=f"the mesh's {listed(lost)} does nothing for {case.service.host}: "
                f"{sends(case.all_healthy)}; by the mesh's setting, {_by_mesh(case, inherited)}",
                instead=snippets.block(
                    {"localityLbSetting": {**at.raw, **{name: mesh[name] for name in lost}}},
                    remark="to keep it; or leave localityLbSetting out here",
                ),
            )


def traffic_distribution_dropped(facts: AnalysisContext) -> t.Iterator[Finding]:
    for at in readable(facts):
        if at.rule is None or at.policy is None:
            continue
        for case in first_by_service(facts.cases_of(at.rule, at.policy)):
            wish = case.service.traffic_distribution
            if not wish:
                continue
            why = " with enabled: false" if not at.setting.enabled else ""
            yield finding(
                "EW511",
                at.object,
                at.path,
                message=f"the Service {case.service.host} has trafficDistribution {wish}, and the "
                f"rule has a localityLbSetting{why}",
                effect="the rule's setting wins and trafficDistribution does nothing: "
                f"{sends(case.all_healthy)}",
                instead=snippets.remark(
                    "keep one of them: remove localityLbSetting here, or trafficDistribution there"
                ),
            )


def _by_mesh(case: TrafficCase, inherited: TrafficCase) -> str:
    if not same_endpoints(case.all_healthy, inherited):
        return outcome(inherited)
    now, then = order_of(case.all_healthy), order_of(inherited)
    if now == then:
        return "the same as long as things are as they are"
    return f"the same, but in the order {then} instead of {now}"


CHECKS = (mesh_dropped, traffic_distribution_dropped)
