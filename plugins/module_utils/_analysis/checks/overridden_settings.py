# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for settings of the mesh and the Service that a rule's own setting overrides."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)

_RULES = ("distribute", "failover", "failoverPriority")


MESH_SETTING_OVERRIDDEN = FindingType(
    "EW510",
    WARNING,
    "the rule's setting drops the mesh's",
    explanation=(
        "The mesh has `distribute`, `failover` or `failoverPriority`; a rule's own "
        "`localityLbSetting`, be it only `enabled: true`, replaces all of it."
    ),
    cure="Repeat it in the rule, or leave `localityLbSetting` out there.",
)


def mesh_dropped(context: AnalysisContext) -> t.Iterator[Finding]:
    """Settings of several levels are never merged."""
    mesh = context.view.mesh.config.get("localityLbSetting") or {}
    general = (
        [name for name in _RULES if mesh.get(name)] if mesh.get("enabled") is not False else []
    )
    for at in readable(context) if general else ():
        if at.rule is None or at.policy is None:
            continue
        own = [name for name in _RULES if at.raw.get(name)]
        lost = [name for name in general if name not in own]
        if not lost:
            continue
        for case in first_by_service(context.cases_of(at.rule, at.policy))[:1]:
            inherited = case.all_healthy.variant(locality_lb=mesh)
            yield MESH_SETTING_OVERRIDDEN.finding(
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


TRAFFIC_DISTRIBUTION_OVERRIDDEN = FindingType(
    "EW511",
    WARNING,
    "the rule's setting drops the Service's trafficDistribution",
    explanation=(
        "The Service asks for near endpoints (`trafficDistribution`), and a rule's "
        "`localityLbSetting` wins over that; with `enabled: false` nothing is left of it."
    ),
    cure="Keep one of them.",
)


def traffic_distribution_dropped(context: AnalysisContext) -> t.Iterator[Finding]:
    for at in readable(context):
        if at.rule is None or at.policy is None:
            continue
        for case in first_by_service(context.cases_of(at.rule, at.policy)):
            distribution = case.service.traffic_distribution
            if not distribution:
                continue
            why = " with enabled: false" if not at.setting.enabled else ""
            yield TRAFFIC_DISTRIBUTION_OVERRIDDEN.finding(
                at.object,
                at.path,
                message=f"the Service {case.service.host} has trafficDistribution {distribution}, and the "
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
