# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for policies of ports and subsets that override the general policy."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
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
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Raw, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)

# what decides where requests go, and what cures gateways
_BLOCKS = ("loadBalancer", "outlierDetection", "connectionPool")


_LOCALITY = ("localityLbSetting", "zoneAwareLbSetting")


PORT_POLICY_OVERRIDES = FindingType(
    "EW505",
    WARNING,
    "a port's policy takes away what the rule says",
    explanation=(
        "An entry of `portLevelSettings` replaces `loadBalancer`, `outlierDetection`, "
        "`connectionPool` and `tls` all together; what it leaves out is gone for that port. An "
        "entry with only a `connectionPool` so ends failover."
    ),
    cure="Repeat in the entry what is to count; the finding has it complete.",
)


def ports_hide(context: AnalysisContext) -> t.Iterator[Finding]:
    """A port's entry replaces all blocks; what it leaves out is gone for that port."""
    for rule in context.rules:
        for policy in rule.policies:
            if policy.port is None:
                continue
            general = _general(rule, policy)
            lost = _lost(general, policy.raw, inherits=False)
            if not lost:
                continue
            yield PORT_POLICY_OVERRIDES.finding(
                rule.title,
                policy.path,
                message=f"the entry for port {policy.port} has no {listed(lost, 'and')}; "
                "a port's entry replaces loadBalancer, outlierDetection, connectionPool and tls "
                "all together",
                effect=f"for port {policy.port} they do not count: "
                f"{_without(context, rule, policy, lost)}",
                instead=snippets.block({"portLevelSettings": [_completed(general, policy, lost)]}),
            )


SUBSET_POLICY_OVERRIDES = FindingType(
    "EW506",
    WARNING,
    "a subset's policy takes away what the rule says",
    explanation=(
        "A subset has a `loadBalancer` of its own. It replaces the general one as a whole, with "
        "its `localityLbSetting`."
    ),
    cure="Repeat `localityLbSetting` in the subset.",
)


def subsets_hide(context: AnalysisContext) -> t.Iterator[Finding]:
    """A subset's loadBalancer replaces the general one with its locality setting."""
    for rule in context.rules:
        for policy in rule.policies:
            if policy.port is not None or not policy.subset:
                continue
            general = _general(rule, policy)
            lost = _lost(general, policy.raw, inherits=True)
            if not lost:
                continue
            yield SUBSET_POLICY_OVERRIDES.finding(
                rule.title,
                f"{policy.path}.loadBalancer",
                message=f"subset {policy.subset} has a loadBalancer of its own without "
                f"{listed(lost)}; it replaces the general loadBalancer as a whole",
                effect=f"requests that a route sends to subset {policy.subset} do not follow the "
                f"rule's {listed(lost)}: {_without(context, rule, policy, lost)}",
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
    for name in _BLOCKS:
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


def _without(context: AnalysisContext, rule: Rule, policy: Policy, lost: t.Sequence[str]) -> str:
    """Where requests go with the specific policy and where without it."""
    cases = _cases_with(context, rule, policy)
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
    context: AnalysisContext, rule: Rule, policy: Policy
) -> tuple[TrafficCase, TrafficCase] | None:
    """A case in which the policy counts, and the same as if it were not there."""
    for service in context.services_of(rule):
        for case in context.cases(service):
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
