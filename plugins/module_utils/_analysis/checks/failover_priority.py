# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for ``failoverPriority`` entries that do not tell endpoints apart."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    order_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    place,
    quoted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    CLUSTER,
    NETWORK,
    REGION,
    ZONE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    client_labels,
    endpoint_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import services


def _cases(
    context: AnalysisContext,
    at: LocatedSetting,
    holds: t.Callable[[TrafficCase], object] = bool,
) -> list[TrafficCase]:
    """The first case of each service in which the list counts and of which it holds."""
    if at.rule is None or at.policy is None:
        return []
    return first_by_service(
        context.cases_of(at.rule, at.policy),
        lambda case: case.applied.mode is Mode.FAILOVER_PRIORITY and bool(holds(case)),
    )


def _behind_gateways(case: TrafficCase) -> list[str]:
    """The localities that gateways stand for."""
    return [
        group.locality
        for group in case.assignment.groups
        for each in group.endpoints
        if each.gateway
    ]


UNCARRIED_LABEL = FindingType(
    "EW321",
    WARNING,
    "failoverPriority compares a label that nobody carries",
    explanation=(
        "Nobody carries the label, so it is equal for all and decides nothing; or only one side "
        "does, so it differs for all and hides the entries after it."
    ),
    cure=("A label that clients and endpoints carry; the finding lists those of the endpoints."),
)


def uncarried_labels(context: AnalysisContext) -> t.Iterator[Finding]:
    """Labels that neither the clients nor the endpoints have: everything is equal."""
    for at in readable(context):
        for case in _cases(context, at):
            endpoints = [endpoint_labels(each) for each in case.endpoints]
            for index, entry in enumerate(at.setting.failover_priority):
                label, _unused, value = entry.partition("=")
                carried = [labels[label] for labels in endpoints if labels.get(label)]
                if not label or not endpoints or (carried and (not value or value in carried)):
                    continue
                if not carried and client_labels(case.origin.client).get(label):
                    what = f"no endpoint of {case.service.host} carries {label}, only clients do"
                    effect = "it differs for every endpoint, so the entries after it never count"
                elif value:
                    what = f"no endpoint of {case.service.host} carries {label}={value}"
                    effect = "it differs for every endpoint, so the entries after it never count"
                else:
                    what = f"neither clients nor endpoints of {case.service.host} carry {label}"
                    effect = "it is equal for every endpoint and decides nothing"
                yield UNCARRIED_LABEL.finding(
                    at.object,
                    f"{at.path}.failoverPriority[{index}]",
                    message=what,
                    effect=f"{effect}; the order for clients in "
                    f"{place(case.origin.client.locality)} is {order_of(case)}",
                    instead=_without(at, index, _carried(endpoints)),
                )


def _carried(endpoints: t.Iterable[t.Mapping[str, str]]) -> str:
    # YAML reads a key such as 10 as a number
    names = sorted({str(name) for labels in endpoints for name in labels})
    return f"the endpoints carry {listed(names, most=12)}"


def _without(at: LocatedSetting, index: int, remark: str = "") -> str:
    entries = list(at.setting.failover_priority)
    del entries[index]
    if not entries:
        return snippets.remark(f"leave failoverPriority out\n{remark}".strip())
    return snippets.block({"failoverPriority": entries}, remark=remark)


HIDDEN_LABEL = FindingType(
    "EW322",
    WARNING,
    "failoverPriority compares a label that a gateway hides",
    explanation=(
        "The list compares labels of endpoints that are reached through a gateway. Of those "
        "only `topology.istio.io/cluster` and `topology.istio.io/network` are known; in "
        "everything else they count as different."
    ),
    cure=(
        "`failoverPriority: [topology.istio.io/network, topology.istio.io/cluster]`, or "
        "`failover`, which compares regions and works across gateways."
    ),
)


def hidden_labels(context: AnalysisContext) -> t.Iterator[Finding]:
    """A gateway stands for endpoints whose labels the client then does not see."""
    for at in readable(context):
        labels = [entry.partition("=")[0] for entry in at.setting.failover_priority]
        hidden = [label for label in labels if label not in (CLUSTER, NETWORK)]
        for case in _cases(context, at, _behind_gateways) if hidden else ():
            index = labels.index(hidden[0])
            kept = [e for e in at.setting.failover_priority if e.partition("=")[0] not in hidden]
            remote = listed(map(place, _behind_gateways(case)))
            yield HIDDEN_LABEL.finding(
                at.object,
                f"{at.path}.failoverPriority[{index}]",
                message=f"it compares {listed(hidden)}, but endpoints at {remote} are reached "
                "through a gateway, of which only cluster and network are known",
                effect="those endpoints count as different in everything else: "
                f"the order for clients in {place(case.origin.client.locality)} is "
                f"{order_of(case)}",
                instead=snippets.block(
                    {"failoverPriority": kept or [NETWORK, CLUSTER]},
                    remark="what gateways show; or use failover, which compares regions",
                ),
            )


DNS_SERVICE = FindingType(
    "EW323",
    ERROR,
    "failoverPriority for a DNS service with several localities",
    explanation=(
        "The service is resolved by DNS and its endpoints are in several localities. istiod "
        "ends with an index error when it computes this, and proxies get no updates."
    ),
    cure="`failover` by region, or `resolution: STATIC` with addresses.",
)


def dns_services(context: AnalysisContext) -> t.Iterator[Finding]:
    """istiod fails on it."""
    for at in readable(context):
        for case in _cases(context, at):
            localities = sorted({each.locality for each in case.endpoints})
            if case.service.resolution == services.DNS and len(localities) > 1:
                yield DNS_SERVICE.finding(
                    at.object,
                    f"{at.path}.failoverPriority",
                    message=f"{case.service.host} is resolved by DNS and has endpoints at "
                    f"{listed(map(place, localities))}",
                    effect="istiod crashes when it computes this for a proxy, so proxies get no "
                    "updates any more",
                    instead=_failover_by_region(localities),
                )


def _failover_by_region(localities: t.Iterable[str]) -> str:
    regions = sorted({parse_locality(each).region for each in localities} - {""})
    remark = "failover by region in its place, or resolution: STATIC"
    if len(regions) < 2:
        return snippets.remark(remark)
    pairs = zip(regions, [*regions[1:], regions[0]], strict=True)
    rules = [{"from": source, "to": target} for source, target in pairs]
    return snippets.block({"localityLbSetting": {"failover": rules}}, remark=remark)


MALFORMED_ENTRY = FindingType(
    "EW324",
    WARNING,
    "an entry of failoverPriority is malformed or repeated",
    explanation=(
        "An entry names no label, has several equals signs, or names a label that stands in the "
        "list already."
    ),
    cure="Each label once, as `label` or `label=value`.",
)


def malformed_entries(context: AnalysisContext) -> t.Iterator[Finding]:
    for at in readable(context):
        seen: dict[str, int] = {}
        for index, entry in enumerate(at.setting.failover_priority):
            label = entry.partition("=")[0]
            if not label:
                what = f"{quoted(entry)} names no label"
                effect = "it decides nothing, or moves all endpoints to the same priority"
            elif entry.count("=") > 1:
                what = f"{quoted(entry)} has more than one equals sign"
                effect = f"istiod compares the label {label} with the client's own, not a value"
            elif label in seen:
                what = f"{label} stands in the list already"
                effect = "the second time it can only be equal, so it decides nothing"
                if "=" in entry:
                    effect = "a value counts for every entry of the label, also for the first"
            else:
                seen[label] = index
                continue
            yield MALFORMED_ENTRY.finding(
                at.object,
                f"{at.path}.failoverPriority[{index}]",
                message=what,
                effect=effect,
                instead=_without(at, index),
            )


ZONES_BEFORE_REGIONS = FindingType(
    "EW325",
    WARNING,
    "failoverPriority compares zones of different regions",
    explanation=(
        "Zones are compared and regions are not compared before them, while a zone of that name "
        "is in several regions: the far one counts as near."
    ),
    cure="`topology.kubernetes.io/region` before `topology.kubernetes.io/zone`.",
)


def zones_of_other_regions(context: AnalysisContext) -> t.Iterator[Finding]:
    """zone1 of one region equals zone1 of another, if only zones are compared."""
    for at in readable(context):
        labels = [entry.partition("=")[0] for entry in at.setting.failover_priority]
        if ZONE not in labels or REGION in labels[: labels.index(ZONE)]:
            continue
        index = labels.index(ZONE)
        twice = _zones_in_two_regions(context)
        if not twice:
            continue
        entries = list(at.setting.failover_priority)
        entries = [entry for entry in entries if entry.partition("=")[0] != REGION]
        entries.insert(entries.index(at.setting.failover_priority[index]), REGION)
        yield ZONES_BEFORE_REGIONS.finding(
            at.object,
            f"{at.path}.failoverPriority[{index}]",
            message=f"zones are compared before regions, and {_describe(twice)}",
            effect="a zone of the same name in a far region counts as near",
            instead=snippets.block({"failoverPriority": entries}),
        )


def _zones_in_two_regions(context: AnalysisContext) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in context.trusted_localities:
        if each.zone:
            found.setdefault(each.zone, []).append(each.region)
    return {
        zone: sorted(set(regions))
        for zone, regions in sorted(found.items())
        if len(set(regions)) > 1
    }


def _describe(twice: t.Mapping[str, t.Sequence[str]]) -> str:
    return listed(
        (f"{zone} is in regions {listed(regions)}" for zone, regions in twice.items()), most=3
    )


CHECKS = (uncarried_labels, hidden_labels, dns_services, malformed_entries, zones_of_other_regions)
