# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for failover that no endpoint of a subset can take part in."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    count,
    listed,
    percent,
    place,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    Mode,
    effective_setting,
    resolve_mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    Endpoint,
)

NO_FAILOVER = FindingType(
    "EW629",
    WARNING,
    "a subset cannot fail over",
    explanation=(
        "A rule promises failover, and a VirtualService sends requests to a subset of which all endpoints "
        "are in one place. Failover moves requests within the subset only: when that place is gone, they are "
        "lost, though the service has healthy endpoints elsewhere. Computed with the place emptied."
    ),
    cure=(
        "Workloads with the subset's labels in the other place, imported ones included; or routes to the "
        "service instead of the subset."
    ),
    # the cure is for workloads
    testable=False,
)


def subsets_without_failover(context: AnalysisContext) -> t.Iterator[Finding]:
    if not context.view.virtual_services:
        return
    seen: set[tuple[str, str]] = set()
    for case in context.all_cases():
        if case.subset:
            continue
        for forecast in context.routed(case):
            finding = _finding(context, case, forecast)
            if finding is not None and (finding.object, finding.field) not in seen:
                seen.add((finding.object, finding.field))
                yield finding


CHECKS = (subsets_without_failover,)


def _finding(
    context: AnalysisContext, case: TrafficCase, forecast: ServiceForecast
) -> Finding | None:
    outbound, via = forecast.outbound, forecast.via
    effective = outbound.policy.rule
    promise = resolve_mode(outbound.policy.policy)
    is_promised = promise.mode in (Mode.FAILOVER, Mode.FAILOVER_PRIORITY) and _is_written(forecast)
    origin = via.route.origin if via else None
    if via is None or origin is None or not outbound.subset or effective is None or not is_promised:
        return None
    own = TrafficCase(case.origin, outbound, case.drained)
    emptied = None if own.now.lost else _emptied(own)
    if emptied is None:
        return None
    gone, lost = emptied
    others = [
        each
        for each in context.whole(own).endpoints
        if each.health == HEALTHY and not _is_in(each, gone)
    ]
    found = _subset(context, effective.names, outbound.subset) if others else None
    if found is None:
        return None
    rule, index, labels = found
    places = Counter(place(each.locality) for each in others)
    elsewhere = listed(f"{name} has {count(n, 'healthy endpoint')}" for name, n in places.items())
    where = place(case.origin.client.locality)
    return NO_FAILOVER.finding(
        rule.title,
        f"spec.subsets[{index}]",
        message=(
            f"nothing of subset {outbound.subset} serves outside of {gone}, so its requests have nowhere "
            f"to fail over to; {elsewhere}, without the labels of the subset"
        ),
        effect=(
            f"when {gone} is gone, {percent(lost * via.share)} of the requests of clients in {where} that "
            f"route {via.number} ({via.requests}) of {origin.object} takes fail"
        ),
        instead=snippets.block(
            {"metadata": {"labels": dict(labels)}},
            remark=(
                f"in the pod template of workloads in {next(iter(places))} (a WorkloadEntry has them in "
                "spec.labels); or no subset in the route"
            ),
        ),
    )


def _is_written(forecast: ServiceForecast) -> bool:
    """Has somebody written the failover, or is it only Istio's default beside outlier detection?"""
    setting = effective_setting(forecast.outbound.policy.policy)
    return bool(setting.failover or setting.failover_priority)


def _emptied(case: TrafficCase) -> tuple[str, float] | None:
    """The smallest place, a locality or a region, whose end loses requests, and the part that is lost."""
    busy = [name for name, share in case.shares.items() if share]
    regions = dict.fromkeys(each.partition("/")[0] for each in busy)
    for gone in dict.fromkeys((*map(place, busy), *regions)):
        left = [each for each in case.endpoints if not _is_in(each, gone)]
        if gone and len(left) < len(case.endpoints):
            after = case.variant(endpoints=left)
            if after.now.lost or not after.hosts:
                return gone, 1.0
    return None


def _is_in(endpoint: Endpoint, where: str) -> bool:
    own = place(endpoint.locality)
    return own == where or own.startswith(f"{where}/")


def _subset(
    context: AnalysisContext, names: t.Container[str], name: str
) -> tuple[Rule, int, t.Mapping[str, str]] | None:
    """The rule that defines the subset, its index there, and its labels."""
    for rule in context.rules:
        if rule.name in names:
            for index, each in enumerate(rule.subsets):
                if each.get("name") == name and each.get("labels"):
                    return rule, index, each["labels"]
    return None
