# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of one rule that hide each other: ports and subsets. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Raw, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)

# what decides where requests go, and what cures gateways
_TOLD = ("loadBalancer", "outlierDetection", "connectionPool")


_LOCALITY = ("localityLbSetting", "zoneAwareLbSetting")


def ports_hide(facts: AnalysisContext) -> t.Iterator[Finding]:
    """A port's entry replaces all blocks; what it leaves out is gone for that port."""
    for rule in facts.rules:
        for policy in rule.policies:
            if policy.port is None:
                continue
            general = _general(rule, policy)
            lost = _lost(general, policy.raw, inherits=False)
            if not lost:
                continue
            yield finding(
                "EW505",
                rule.title,
                policy.path,
                message=f"the entry for port {policy.port} has no {listed(lost, 'and')}; "
                "a port's entry replaces loadBalancer, outlierDetection, connectionPool and tls "
                "all together",
                effect=f"for port {policy.port} they do not count: "
                f"{_without(facts, rule, policy, lost)}",
                instead=snippets.block({"portLevelSettings": [_completed(general, policy, lost)]}),
            )


def subsets_hide(facts: AnalysisContext) -> t.Iterator[Finding]:
    """A subset's loadBalancer replaces the general one with its locality setting."""
    for rule in facts.rules:
        for policy in rule.policies:
            if policy.port is not None or not policy.subset:
                continue
            general = _general(rule, policy)
            lost = _lost(general, policy.raw, inherits=True)
            if not lost:
                continue
            yield finding(
                "EW506",
                rule.title,
                f"{policy.path}.loadBalancer",
                message=f"subset {policy.subset} has a loadBalancer of its own without "
                f"{listed(lost)}; it replaces the general loadBalancer as a whole",
                effect=f"requests that a route sends to subset {policy.subset} do not follow the "
                f"rule's {listed(lost)}: {_without(facts, rule, policy, lost)}",
                instead=snippets.block(
                    {"loadBalancer": _completed(general, policy, lost)["loadBalancer"]}
                ),
            )


def _general(rule: Rule, policy: Policy) -> Raw:
    """What would count without the more specific policy."""
    path = policy.path.rpartition(".portLevelSettings")[0] or "spec.trafficPolicy"
    if policy.port is None:
        path = "spec.trafficPolicy"
    found: dict[str, t.Any] = {}
    for each in rule.policies:
        if each.path == path:
            found = {name: value for name, value in each.blocks.items() if value is not None}
    return found


def _lost(general: Raw, own: Raw, *, inherits: bool) -> list[str]:
    """What the general policy has and the specific one takes away."""
    lost = []
    for name in _TOLD:
        if general.get(name) is None:
            continue
        if own.get(name) is None and not inherits:
            lost.append(name)
    if own.get("loadBalancer") is not None:
        balancer = general.get("loadBalancer") or {}
        lost += [
            name
            for name in _LOCALITY
            if balancer.get(name) is not None and own["loadBalancer"].get(name) is None
        ]
    return lost


def _completed(general: Raw, policy: Policy, lost: t.Sequence[str]) -> dict[str, t.Any]:
    result = dict(policy.raw)
    for name in lost:
        if name in _LOCALITY:
            result["loadBalancer"] = {**result["loadBalancer"], name: general["loadBalancer"][name]}
        else:
            result[name] = general[name]
    return result


def _without(facts: AnalysisContext, rule: Rule, policy: Policy, lost: t.Sequence[str]) -> str:
    """Where requests go with the specific policy and where without it."""
    cases = _cases_with(facts, rule, policy)
    if not cases:
        return "nothing else of the rule stands in for them"
    case, general = cases
    if lost == ["connectionPool"]:
        return "clients keep each connection as long as they like"
    case, general = case.all_healthy, general.all_healthy
    if not same_endpoints(case, general):
        return f"{sends(case)} instead of {outcome(general)}"
    now, then = order_of(case), order_of(general)
    if now == then:
        return f"{sends(case)}, as by the general policy, while nothing fails"
    return f"{sends(case)}, as by the general policy, but the order is {now} instead of {then}"


def _cases_with(
    facts: AnalysisContext, rule: Rule, policy: Policy
) -> tuple[TrafficCase, TrafficCase] | None:
    """A case in which the policy counts, and the same as if it were not there."""
    for service in facts.services_of(rule):
        for case in facts.cases(service):
            if case.effective.rule is None or rule.name not in case.effective.rule.names:
                continue
            if case.subset != policy.subset or policy.port not in (None, case.port.number):
                continue
            general = _general(rule, policy)
            balancer = general.get("loadBalancer") or {}
            return case, case.variant(
                locality_lb=balancer.get("localityLbSetting"),
                outlier_detection=general.get("outlierDetection"),
            )
    return None


CHECKS = (ports_hide, subsets_hide)
