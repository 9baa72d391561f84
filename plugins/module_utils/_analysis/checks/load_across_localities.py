# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for load balancing that does not reach across localities."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode

WARM_UP = FindingType(
    "EW906",
    WARNING,
    "warm-up works only within a locality",
    explanation=(
        "With locality weights, Envoy chooses the locality first, and a weight says nothing of how "
        "new its endpoints are. Warm-up only slows down new endpoints beside older ones of the same "
        "locality: one that is alone there gets the whole part of the locality at once."
    ),
    cure="Several endpoints in each locality, started one after the other; or no locality weights.",
)


def warm_up_with_weights(context: AnalysisContext) -> t.Iterator[Finding]:
    """A slow start beside weights of localities."""
    for rule in context.rules:
        for policy in rule.policies:
            balancer = policy.raw.get("loadBalancer") or {}
            fields = [name for name in ("warmup", "warmupDurationSecs") if balancer.get(name)]
            for case in first_by_service(
                context.cases_of(rule, policy) if fields else (), _chooses_between_localities
            ):
                yield WARM_UP.finding(
                    rule.title,
                    f"{policy.path}.loadBalancer.{fields[0]}",
                    message=f"{fields[0]} stands beside weights of localities",
                    effect="a new endpoint that is alone in its locality gets the locality's whole "
                    f"part at once: {sends(case.all_healthy)}",
                    instead=snippets.remark(
                        "keep at least two endpoints in each locality, or leave out what weights "
                        "localities (distribute, failover, failoverPriority)"
                    ),
                )


HASHING = FindingType(
    "EW907",
    WARNING,
    "clients of different localities hash to different endpoints",
    explanation=(
        "`consistentHash` maps a key to an endpoint of the client's own ring. Locality routing "
        "gives clients of different localities different endpoints or weights, so the same user "
        "or session reaches different endpoints, depending on where the request comes from."
    ),
    cure="`localityLbSetting: {enabled: false}`, or keys whose requests come from one locality only.",
)


def hashing_across_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """The same key from different places."""
    rings: dict[tuple[str, int, str], dict[tuple[t.Hashable, ...], TrafficCase]] = {}
    for case in context.all_cases():
        if case.rule_name and case.policy.load_balancer == "CONSISTENT_HASH":
            key = (case.service.host, case.port.number, case.subset)
            rings.setdefault(key, {}).setdefault(_ring(case), case)
    for case, other, *_more in (
        found.values() for found in _first_by_host(rings).values() if len(found) > 1
    ):
        yield HASHING.finding(
            f"DestinationRule {case.rule_name}",
            f"spec.{case.effective.sources.get('loadBalancer')}.consistentHash",
            message=f"consistentHash for {case.service.host} stands beside locality routing",
            effect="the same key may reach different endpoints from different localities: "
            f"{sends(case.all_healthy)}; {sends(other.all_healthy)}",
            instead=snippets.block(
                {"loadBalancer": {"localityLbSetting": {"enabled": False}}},
                remark="if a key is to reach one endpoint from everywhere",
            ),
        )


Rings: t.TypeAlias = t.Mapping[tuple[str, int, str], t.Mapping[tuple[t.Hashable, ...], TrafficCase]]


def _first_by_host(rings: Rings) -> dict[str, t.Mapping[tuple[t.Hashable, ...], TrafficCase]]:
    found: dict[str, t.Mapping[tuple[t.Hashable, ...], TrafficCase]] = {}
    for (host, _port, _subset), each in rings.items():
        if len(each) > 1:
            found.setdefault(host, each)
    return found


def _ring(case: TrafficCase) -> tuple[t.Hashable, ...]:
    """The endpoints among which a key is looked up, with their weights."""
    shares = case.all_healthy.now.by_name()
    return tuple(sorted((name, round(share, 6)) for name, share in shares.items() if share))


LOAD_WITHIN_LOCALITIES = FindingType(
    "EW908",
    INFO,
    "LEAST_REQUEST balances by load only within a locality",
    explanation=(
        "With `failover` or `failoverPriority`, the localities of a priority have weights by their "
        "numbers of endpoints. Envoy chooses the locality by weight, whatever the load; only within "
        "it, LEAST_REQUEST prefers endpoints with fewer requests under way."
    ),
    cure="Nothing, if localities are alike; else outlier detection alone, which sets no weights.",
)


def load_within_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """LEAST_REQUEST over several localities of one priority."""
    for case in first_by_service(context.all_cases(), _ignores_load_of_localities):
        yield LOAD_WITHIN_LOCALITIES.finding(
            f"DestinationRule {case.rule_name}",
            f"spec.{case.effective.sources.get('loadBalancer') or 'trafficPolicy.loadBalancer'}.simple",
            message=f"the load balancer for {case.service.host} is LEAST_REQUEST, and several "
            "localities share a priority",
            effect="between them weights decide, not load: a slow locality keeps its part; "
            f"{sends(case.all_healthy)}",
            instead=snippets.remark("nothing, if the localities are alike"),
        )


def _chooses_between_localities(case: TrafficCase) -> bool:
    """Do several localities share a priority by weight?"""
    if not case.assignment.locality_weighted:
        return False
    busy = [share.priority for _hosts, share, _panic in case.all_healthy.now.pools if share.share]
    return len(busy) > len(set(busy))


def _ignores_load_of_localities(case: TrafficCase) -> bool:
    if not case.rule_name or case.policy.load_balancer != "LEAST_REQUEST":
        return False
    # weights that somebody wrote are another finding
    return case.applied.mode is not Mode.DISTRIBUTE and _chooses_between_localities(case)


CHECKS = (warm_up_with_weights, hashing_across_localities, load_within_localities)
