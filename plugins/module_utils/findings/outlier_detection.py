# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlier detection: when it ejects, and what else it turns on. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.findings import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.cases import Case
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.compare import (
    first_by_service,
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.facts import Facts
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.failover import EJECTION
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.rules import Policy, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.settings import MESH
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import (
    count,
    listed,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.ejection import ejection
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.order import (
    FailoverStep,
    failover_order,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.setting import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import Endpoint

# a rule that waits for so many errors is not meant to eject
_NEVER = 100


class Ejecting(t.NamedTuple):
    """One policy with outlier detection, and one case for each service in which it counts."""

    rule: Rule
    policy: Policy
    raw: t.Mapping[str, t.Any]
    cases: list[Case]

    @property
    def path(self) -> str:
        return f"{self.policy.path}.outlierDetection"


def _ejecting(facts: Facts) -> t.Iterator[Ejecting]:
    for rule in facts.rules:
        for policy in rule.policies:
            raw = policy.raw.get("outlierDetection")
            if raw is not None:
                cases = facts.cases_of(rule, policy, block="outlierDetection")
                yield Ejecting(rule, policy, raw, first_by_service(cases))


def turns_locality_on(facts: Facts) -> t.Iterator[Finding]:
    """Outlier detection without any locality setting."""
    for each in _ejecting(facts):
        for case in each.cases:
            setting = case.applied.setting
            if case.applied.mode is not Mode.FAILOVER or setting.failover:
                continue
            plain = case.intact.variant(locality_lb={"enabled": False})
            if same_endpoints(case.intact, plain):
                continue
            yield finding(
                "EW401",
                each.rule.title,
                each.path,
                message="outlierDetection alone turns on failover by nearness, as Istio's mesh "
                "setting localityLbSetting is on by default",
                effect=f"{sends(case.intact)} instead of {outcome(plain)}; "
                f"the order is {order_of(case.intact)}",
                instead=snippets.block(
                    {"loadBalancer": {"localityLbSetting": {"enabled": False}}},
                    remark="only if requests are to go to all endpoints alike",
                ),
            )


def nothing_ejected(facts: Facts) -> t.Iterator[Finding]:
    """maxEjectionPercent allows less than one host."""
    for each in _ejecting(facts):
        for case in each.cases:
            limit = ejection(each.raw, case.hosts)
            if (
                limit.possible
                or case.hosts < 2
                or _counts_nothing(each.raw)
                or _patient(each, case)
            ):
                continue
            yield finding(
                "EW402",
                each.rule.title,
                f"{each.path}.maxEjectionPercent",
                message=limit.reason,
                effect=_waits(case),
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "maxEjectionPercent": 100}}
                ),
            )


def too_few_ejected(facts: Facts) -> t.Iterator[Finding]:
    """Some hosts may be ejected, but not all of a priority."""
    for each in _ejecting(facts):
        for case in each.cases:
            limit = ejection(each.raw, case.hosts)
            step = _first_step(case)
            if not limit.possible or step is None or step.by_ejection or _patient(each, case):
                continue
            yield finding(
                "EW406",
                each.rule.title,
                f"{each.path}.maxEjectionPercent",
                message=limit.reason,
                effect=f"{sends(case.intact)}; when that fails, ejection takes out only "
                f"{limit.most} of {_first_hosts(case)}: requests do not all move on before the "
                "pods are not ready any more",
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "maxEjectionPercent": 100}}
                ),
            )


def minimum_health(facts: Facts) -> t.Iterator[Finding]:
    for each in _ejecting(facts):
        percent = each.raw.get("minHealthPercent") or 0
        if not percent:
            continue
        kept = {key: value for key, value in each.raw.items() if key != "minHealthPercent"}
        yield finding(
            "EW403",
            each.rule.title,
            f"{each.path}.minHealthPercent",
            message=f"minHealthPercent is {percent}",
            effect=f"once fewer than {percent} % of a priority's hosts are healthy and no other "
            "priority makes up for them, Envoy sends to ejected hosts, too, and localities stop "
            f"counting; endpoints that are not ready are hidden from proxies{_example(each)}",
            instead=snippets.block({"outlierDetection": kept}),
        )


def counts_nothing(facts: Facts) -> t.Iterator[Finding]:
    for each in _ejecting(facts):
        if _counts_nothing(each.raw):
            yield finding(
                "EW404",
                each.rule.title,
                each.path,
                message="consecutive5xxErrors is 0 and consecutiveGatewayErrors is not set",
                effect="nothing is ever ejected: traffic moves only when an endpoint is not ready "
                "any more",
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "consecutive5xxErrors": 5}}
                ),
            )


def only_in_mesh(facts: Facts) -> t.Iterator[Finding]:
    """MeshConfig.defaultTrafficPolicy ejects, but sets no priorities."""
    default = (facts.view.mesh.config.get("defaultTrafficPolicy") or {}).get("outlierDetection")
    if default is None:
        return
    for case in first_by_service(
        case for service in facts.services for case in facts.cases(service)
    ):
        located = {each.locality for each in case.endpoints}
        if case.policy.outlier_detection is not None or len(located) < 2:
            continue
        if case.applied.mode is not Mode.NOTHING or not case.applied.setting.enabled:
            continue
        yield finding(
            "EW405",
            MESH,
            "mesh.defaultTrafficPolicy.outlierDetection",
            message="outlierDetection stands in the mesh's default policy, and no rule for "
            f"{case.service.host} has one",
            effect=f"hosts are ejected, but istiod sets no priorities: {sends(case.intact)}",
            instead=snippets.block(
                {"trafficPolicy": {"outlierDetection": dict(default) or dict(EJECTION)}},
                remark=f"in a DestinationRule for {case.service.host}, if it is to fail over",
            ),
        )


CHECKS = (
    turns_locality_on,
    nothing_ejected,
    too_few_ejected,
    minimum_health,
    counts_nothing,
    only_in_mesh,
)


def _counts_nothing(raw: t.Mapping[str, t.Any]) -> bool:
    # of so many hosts that the percentage cannot be what forbids it
    return not ejection({**raw, "maxEjectionPercent": 100}, 100).possible


def _patient(each: Ejecting, case: Case) -> bool:
    """Weights need no ejection; a threshold that is never reached says that none is wanted."""
    thresholds = [
        int(each.raw[name])
        for name in ("consecutive5xxErrors", "consecutiveGatewayErrors")
        if each.raw.get(name)
    ]
    weights = case.applied.mode is Mode.DISTRIBUTE
    return weights and bool(thresholds) and min(thresholds) >= _NEVER


def _first_hosts(case: Case) -> int:
    """How many hosts the first priority has."""
    return sum(group.counts.hosts for group in case.intact.assignment.groups if not group.priority)


def _first_step(case: Case) -> FailoverStep | None:
    steps = failover_order(case.intact.assignment).steps
    return steps[1] if len(steps) > 1 else None


def _takers(case: Case) -> str:
    """Who gets the requests when the first priority is dead; empty if nobody does."""
    step = _first_step(case)
    if step is None or step.shares.lost:
        return ""
    return split(step.shares.by_locality())


def _waits(case: Case) -> str:
    """What clients go through while nothing is ejected."""
    written = [each.name for each in case.endpoints if _written_by_hand(each)]
    takers = _takers(case)
    text = f"{sends(case.intact)}; when that fails, they get errors until the pods are not ready "
    text += "any more, which takes about a minute with usual probes"
    if takers and case.applied.mode is not Mode.DISTRIBUTE:
        text += f", and only then send {takers}"
    if written:
        text += f"; {listed(written)} has no readiness probe and stays for good"
    return text


def _written_by_hand(endpoint: Endpoint) -> bool:
    return not endpoint.node and not endpoint.gateway


def _example(each: Ejecting) -> str:
    for case in each.cases:
        hosts = case.hosts
        percent = float(each.raw["minHealthPercent"])
        fewest = next((n for n in range(hosts, -1, -1) if 100 * n < percent * hosts), None)
        if hosts and fewest is not None:
            return f" (of {count(hosts, 'host')}, that is at {fewest} healthy)"
    return ""
