# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check ``distribute`` against the endpoints that exist."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.distributions import (
    Distribution,
    distributions,
    distributions_where,
    targets_where,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_where,
    outcome,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.weights import (
    fair_weights,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    count,
    listed,
    place,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.distribute import (
    choose_rule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    Mode,
    Target,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    matches,
    parse_locality,
)

# more keys than this are not suggested
_MOST_SUGGESTED = 3


TARGET_WITHOUT_ENDPOINTS = FindingType(
    "EW211",
    WARNING,
    "distribute to a locality without endpoints",
    explanation=(
        "The key covers a place that exists, but the service has nothing there. Its percentage "
        "goes to the others; the finding gives the split that comes of it."
    ),
    cure="Leave the key out, or run the service there.",
)


def targets_without_endpoints(context: AnalysisContext) -> t.Iterator[Finding]:
    """Keys that cover an existing locality, where the service has nothing."""

    def holds(each: Distribution, target: Target) -> bool:
        known = any(matches(target.pattern, place) for place in context.trusted_localities)
        covers = any(hosts for hosts, _unused in each.covered(target.pattern))
        # where there is nothing at all, that is another finding
        return known and not covers and not each.case.now.lost

    for each, target in targets_where(context, holds):
        rest = {k: v for k, v in each.weights.items() if k != target.key}
        yield TARGET_WITHOUT_ENDPOINTS.finding(
            each.at.object,
            f'{each.path}["{target.key}"]',
            message=f"{each.case.service.host} has no endpoint at {target.key}, "
            f"which is to get {target.percent} %",
            effect=f"the {target.percent} % go to the others: for clients in {each.where} "
            f"the split is {outcome(each.case)}",
            instead=snippets.block({"to": fair_weights(rest)}),
        )


TARGET_NOT_HEALTHY = FindingType(
    "EW212",
    WARNING,
    "distribute to a locality where nothing is healthy",
    explanation=(
        "The key covers endpoints, but none of them serves: drained, not ready, or both. Its "
        "percentage goes to the others, or, until Envoy has noticed, to errors and retries."
    ),
    cure=("The rule is right; bring the endpoints back. A drained sidecar needs a restart."),
)


def targets_without_healthy_endpoints(context: AnalysisContext) -> t.Iterator[Finding]:
    """Keys that cover endpoints, none of which serves."""

    def holds(each: Distribution, target: Target) -> bool:
        counts = each.covered(target.pattern)
        return any(hosts for hosts, _unused in counts) and not any(able for _unused, able in counts)

    for each, target in targets_where(context, holds):
        total = sum(hosts for hosts, _unused in each.covered(target.pattern))
        yield TARGET_NOT_HEALTHY.finding(
            each.at.object,
            f'{each.path}["{target.key}"]',
            message=f"{target.key} is to get {target.percent} %, but {_none_of(total)}",
            effect=f"for clients in {each.where} the split is {outcome(each.case)} "
            f"instead of {outcome(each.case.all_healthy)}{_until_noticed(each.case)}",
            instead=snippets.remark(
                f"the rule is right: bring the endpoints at {target.key} back "
                "(a drained sidecar needs a restart)"
            ),
        )


def _until_noticed(case: TrafficCase) -> str:
    """What happens to requests until Envoy knows: of what is not ready, istiod tells it."""
    if not case.drained:
        return ""
    return ", once Envoy takes them for unhealthy; until then requests to them fail or are retried elsewhere"


NOTHING_COVERED = FindingType(
    "EW213",
    ERROR,
    "distribute leaves no endpoint at all",
    explanation=(
        "No key covers any endpoint. All endpoints are removed, and every request fails with 503."
    ),
    cure="Keys for the localities where the endpoints are.",
)


def no_endpoint_covered(context: AnalysisContext) -> t.Iterator[Finding]:
    """Rules that take every endpoint away."""
    found = first_where(
        distributions(context, mesh_too=True),
        lambda each: each.key,
        lambda each: not each.covers and each.uncovered(),
    )
    for each in found:
        left = each.uncovered()
        total = sum(left.values())
        yield NOTHING_COVERED.finding(
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


UNCOVERED_LOCALITIES = FindingType(
    "EW214",
    INFO,
    "distribute leaves out localities that have endpoints",
    explanation=(
        "No key covers a locality in which the service has endpoints. They vanish for these "
        "clients, also as a last resort. Often meant that way."
    ),
    cure="A key of 1 % for those that are to take over in an emergency.",
)


def uncovered_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """Localities that vanish without a word."""
    for each in distributions_where(context, lambda each: each.covers and each.uncovered()):
        left = each.uncovered()
        names = listed(map(place, left))
        yield UNCOVERED_LOCALITIES.finding(
            each.at.object,
            each.path,
            message=f"no key covers {names} ({count(sum(left.values()), 'endpoint')})",
            effect=f"clients in {each.where} never go there, not even when everything at "
            f"{listed(each.weights)} is dead: then every request fails with 503",
            instead=_with_small_weights(each.weights, [place(name) for name in left]),
        )


FAILOVER_PRIORITY_IGNORED = FindingType(
    "EW215",
    WARNING,
    "failoverPriority beside distribute",
    explanation=(
        "Beside `distribute`, `failoverPriority` is ignored: there are weights and no priorities."
    ),
    cure="Leave `failoverPriority` out.",
)


def failover_priority_ignored(context: AnalysisContext) -> t.Iterator[Finding]:
    for at in readable(context):
        if at.setting.distribute and at.setting.failover_priority:
            kept = {k: v for k, v in at.raw.items() if k != "failoverPriority"}
            yield FAILOVER_PRIORITY_IGNORED.finding(
                at.object,
                f"{at.path}.failoverPriority",
                message="failoverPriority stands beside distribute",
                effect="it has no effect: with distribute there are weights, but no priorities",
                instead=snippets.block({"localityLbSetting": kept}),
            )


UNCOVERED_CLIENTS = FindingType(
    "EW216",
    INFO,
    "no distribute rule is for some clients",
    explanation=(
        "Clients run where no `from` covers them. They go to all endpoints alike, and as "
        "`distribute` switches priorities off, without any preference for their own region."
    ),
    cure='A rule with `from: "*"` at the end, or one for their place.',
)


def clients_without_rule(context: AnalysisContext) -> t.Iterator[Finding]:
    """Clients in places that no ``from`` covers."""
    for at in readable(context):
        if not at.setting.distribute or at.rule is None or at.policy is None:
            continue
        forgotten = [
            case
            for case in context.cases_of(at.rule, at.policy)
            if case.applied.mode is Mode.DISTRIBUTE
            and case.origin.real
            and choose_rule(at.setting.distribute, case.origin.locality) is None
        ]
        if not forgotten:
            continue
        places = list(dict.fromkeys(place(case.origin.client.locality) for case in forgotten))
        yield UNCOVERED_CLIENTS.finding(
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
    targets_without_endpoints,
    targets_without_healthy_endpoints,
    no_endpoint_covered,
    uncovered_localities,
    failover_priority_ignored,
    clients_without_rule,
)


def _none_of(hosts: int) -> str:
    if hosts == 1:
        return "its only endpoint does not serve"
    return f"none of its {hosts} endpoints serves"


def _home_rule(where: str, case: TrafficCase) -> dict[str, t.Any]:
    source = parse_locality(where)
    there = [name for name in case.shares if parse_locality(name)[:2] == source[:2]]
    return {"from": where, "to": fair_weights(dict.fromkeys(there or case.shares, 1))}


def _with_small_weights(weights: t.Mapping[str, int], names: t.Sequence[str]) -> str:
    """One percent for each of the names, taken from the greatest weight."""
    result = dict(weights)
    greatest = max(result, key=lambda key: result[key])
    result[greatest] -= len(names)
    if len(names) > _MOST_SUGGESTED or result[greatest] < 1:
        return snippets.remark("nothing, if that is meant; else a key for each that is to serve")
    return snippets.block(
        {"to": {**result, **dict.fromkeys(names, 1)}},
        remark="to let them serve a little, and take over in an emergency",
    )
