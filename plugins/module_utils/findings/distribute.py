# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``distribute`` does with the endpoints that there are. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils.findings import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.cases import Case
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.compare import outcome
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.facts import Facts
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.mending import fair_weights
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.settings import (
    SettingAt,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import (
    count,
    listed,
    place,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.distribute import choose_rule
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.levels import build_levels
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import (
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.setting import (
    DistributeRule,
    Mode,
)


@dataclass(frozen=True)
class Distribution:
    """One entry of ``distribute``, seen by one client that it is for."""

    at: SettingAt
    index: int
    rule: DistributeRule
    case: Case

    @property
    def path(self) -> str:
        return f"{self.at.path}.distribute[{self.index}].to"

    @property
    def where(self) -> str:
        return place(self.case.origin.client.locality)

    @property
    def weights(self) -> dict[str, int]:
        return {target.key: target.percent for target in self.rule.targets}

    def covered(self, pattern: Locality) -> list[tuple[int, int]]:
        """Hosts and healthy hosts of each locality that a key covers."""
        return [
            (counts.hosts, counts.healthy)
            for locality, counts in self._visible.items()
            if matches(pattern, locality)
        ]

    def left_out(self) -> dict[str, int]:
        """Localities with endpoints that no key covers."""
        return {
            str(locality): counts.hosts
            for locality, counts in self._visible.items()
            if counts.hosts
            and not any(matches(target.pattern, locality) for target in self.rule.targets)
        }

    @cached_property
    def _visible(self) -> dict[Locality, t.Any]:
        """What the client's Envoy would know without the rule."""
        plain = self.case.variant(locality_lb={"enabled": False})
        return {
            pool.locality: pool.counts
            for level in build_levels(plain.assignment, self.case.drained)
            for pool in level.pools
        }


def distributions(facts: Facts) -> t.Iterator[Distribution]:
    """Every rule that is in effect for somebody, once for each service."""
    for at in readable(facts):
        if at.rule is None or at.policy is None or not at.setting.enabled:
            continue
        for service in facts.services_of(at.rule):
            cases = [
                case
                for case in facts.cases_of(at.rule, at.policy)
                if case.service.host == service.host
            ]
            for index, rule in enumerate(at.setting.distribute):
                case = _client_of(facts, at, rule, cases)
                if case is not None and case.applied.mode is Mode.DISTRIBUTE:
                    yield Distribution(at, index, rule, case)


def _client_of(
    facts: Facts, at: SettingAt, rule: DistributeRule, cases: t.Sequence[Case]
) -> Case | None:
    """A client that the rule is for; if there is none, one is imagined where one could be."""
    for case in cases:
        if choose_rule(at.setting.distribute, case.origin.locality) is rule:
            return case
    if not cases:
        return None
    for origin in facts.imagined:
        if choose_rule(at.setting.distribute, origin.locality) is rule:
            return cases[0].moved(origin)
    return None


def no_endpoints(facts: Facts) -> t.Iterator[Finding]:
    """Keys that cover an existing locality, where the service has nothing."""
    for each in distributions(facts):
        for target in each.rule.targets:
            known = any(matches(target.pattern, place) for place in facts.trusted_localities)
            if not known or any(hosts for hosts, _unused in each.covered(target.pattern)):
                continue
            if each.case.now.lost:
                # there is nothing at all, which is another finding
                continue
            rest = {k: v for k, v in each.weights.items() if k != target.key}
            yield finding(
                "EW211",
                each.at.object,
                f'{each.path}["{target.key}"]',
                message=f"{each.case.service.host} has no endpoint at {target.key}, "
                f"which is to get {target.percent} %",
                effect=f"the {target.percent} % go to the others: for clients in {each.where} "
                f"the split is {outcome(each.case)}",
                instead=snippets.block({"to": fair_weights(rest)}),
            )


def nothing_healthy(facts: Facts) -> t.Iterator[Finding]:
    """Keys that cover endpoints, none of which serves."""
    for each in distributions(facts):
        for target in each.rule.targets:
            counts = each.covered(target.pattern)
            hosts = sum(number for number, _unused in counts)
            if not hosts or any(healthy for _unused, healthy in counts):
                continue
            yield finding(
                "EW212",
                each.at.object,
                f'{each.path}["{target.key}"]',
                message=f"{_none_of(hosts)} at {target.key} serves, which is to get "
                f"{target.percent} %",
                effect=f"for clients in {each.where} the split is {outcome(each.case)} "
                f"instead of {outcome(each.case.intact)}, once Envoy takes them for unhealthy; "
                "until then requests to them fail or are retried elsewhere",
                instead=snippets.remark(
                    f"the rule is right: bring the endpoints at {target.key} back "
                    "(a drained sidecar needs a restart)"
                ),
            )


def nothing_left(facts: Facts) -> t.Iterator[Finding]:
    """Rules that take every endpoint away."""
    for each in distributions(facts):
        left = each.left_out()
        covered = any(
            h for target in each.rule.targets for h, _unused in each.covered(target.pattern)
        )
        if covered or not left:
            continue
        total = sum(left.values())
        yield finding(
            "EW213",
            each.at.object,
            each.path,
            message=f"no key covers an endpoint; the {count(total, 'endpoint')} are at "
            f"{listed(map(place, left))}",
            effect=f"every request of clients in {each.where} fails with 503: "
            "endpoints that no key covers are removed",
            instead=snippets.block(
                {"to": fair_weights({place(name): hosts for name, hosts in left.items()})}
            ),
        )


def left_out(facts: Facts) -> t.Iterator[Finding]:
    """Localities that vanish without a word."""
    for each in distributions(facts):
        left = each.left_out()
        covered = any(
            h for target in each.rule.targets for h, _unused in each.covered(target.pattern)
        )
        if not left or not covered:
            continue
        names = listed(map(place, left))
        yield finding(
            "EW214",
            each.at.object,
            each.path,
            message=f"no key covers {names} ({count(sum(left.values()), 'endpoint')})",
            effect=f"clients in {each.where} never go there, not even when everything at "
            f"{listed(each.weights)} is dead: then every request fails with 503",
            instead=snippets.block(
                {"to": _with_crumbs(each.weights, [place(name) for name in left])},
                remark="to let them serve a little, and take over in an emergency",
            ),
        )


def beside_priorities(facts: Facts) -> t.Iterator[Finding]:
    for at in readable(facts):
        if at.setting.distribute and at.setting.failover_priority:
            kept = {k: v for k, v in at.raw.items() if k != "failoverPriority"}
            yield finding(
                "EW215",
                at.object,
                f"{at.path}.failoverPriority",
                message="failoverPriority stands beside distribute",
                effect="it has no effect: with distribute there are weights, but no priorities",
                instead=snippets.block({"localityLbSetting": kept}),
            )


def clients_without_rule(facts: Facts) -> t.Iterator[Finding]:
    """Clients in places that no ``from`` covers."""
    for at in readable(facts):
        if not at.setting.distribute or at.rule is None or at.policy is None:
            continue
        forgotten = [
            case
            for case in facts.cases_of(at.rule, at.policy)
            if case.applied.mode is Mode.DISTRIBUTE
            and case.origin.real
            and choose_rule(at.setting.distribute, case.origin.locality) is None
        ]
        if not forgotten:
            continue
        places = list(dict.fromkeys(place(case.origin.client.locality) for case in forgotten))
        yield finding(
            "EW216",
            at.object,
            f"{at.path}.distribute",
            message=f"no rule is for clients in {listed(places)}",
            effect=f"they go to all endpoints alike ({outcome(forgotten[0])}), and as distribute "
            "switches priorities off, they do not prefer their own region",
            instead=snippets.block(
                {"distribute": [*at.raw["distribute"], _home_rule(places[0], forgotten[0])]},
                remark="with a rule of their own, for example",
            ),
        )


CHECKS = (
    no_endpoints,
    nothing_healthy,
    nothing_left,
    left_out,
    beside_priorities,
    clients_without_rule,
)


def _none_of(hosts: int) -> str:
    return "not even the only endpoint" if hosts == 1 else f"none of the {hosts} endpoints"


def _home_rule(where: str, case: Case) -> dict[str, t.Any]:
    source = parse_locality(where)
    there = [name for name in case.shares if parse_locality(name)[:2] == source[:2]]
    return {"from": where, "to": fair_weights(dict.fromkeys(there or case.shares, 1))}


def _with_crumbs(weights: t.Mapping[str, int], names: t.Sequence[str]) -> dict[str, int]:
    """One percent for each of the names, taken from the greatest weight."""
    result = dict(weights)
    greatest = max(result, key=lambda key: result[key])
    result[greatest] -= len(names)
    if result[greatest] < 1:
        return fair_weights({**weights, **dict.fromkeys(names, 1)})
    return {**result, **dict.fromkeys(names, 1)}
