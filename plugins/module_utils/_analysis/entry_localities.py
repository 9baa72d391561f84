# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported workloads whose locality does not exist, or not like that. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.combined_fixes import (
    mended_together,
    what_is_wrong,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    MISPLACED,
    SLIP,
    Suggestion,
    reading,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    place,
    quoted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
    healed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint

_ENTRY_CODES = {MISPLACED: "EW102", SLIP: "EW103"}


def entries_elsewhere(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Entries whose locality no node has."""
    for entry in facts.entries:
        if entry.name in facts.misnamed:
            found = facts.misnamed[entry.name]
            yield finding(
                _ENTRY_CODES.get(found.kind if found else "", "EW101"),
                entry.title,
                entry.locality_field,
                message=what_is_wrong(facts, entry.locality, found),
                effect=_effect_of_entry(facts, entry),
                instead=_instead(facts, entry, found),
            )


def entries_cut(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Entries whose locality has more than three parts."""
    for entry in facts.entries:
        parts = entry.locality.split("/")
        if len(parts) > 3 and any(parts[3:]):
            kept = "/".join(parts[:3])
            yield finding(
                "EW104",
                entry.title,
                entry.locality_field,
                message=f"{quoted(entry.locality)} has {len(parts)} parts; "
                "a locality is region/zone/subzone",
                effect=f"istiod silently drops everything after the third part: it is {kept}",
                instead=snippets.block({entry.locality_key: kept}),
            )


def entries_without(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Entries that say nothing of where they are, though rules ask for it."""
    for entry in facts.entries:
        cases = [case for case in _cases_with(facts, entry) if _compares(case)]
        if entry.locality or not cases:
            continue
        yield finding(
            "EW105",
            entry.title,
            entry.locality_field,
            message="it has no locality, and the rule for the service compares localities",
            effect="it counts as outside of every region: a distribute rule gives it nothing "
            f"unless a key is *, and failover to its region does not reach it; {_now(cases)}",
            instead=snippets.block(
                {"locality": _of_network(facts, entry.network)},
                remark="the region and zone of the nodes that it stands for, for example",
            ),
        )


def two_names(facts: AnalysisContext) -> t.Iterator[Finding]:
    """east/zone1 and east/zone1/ are one place to Envoy, but two groups to istiod."""
    for case in first_by_service(
        case for service in facts.services for case in facts.cases(service)
    ):
        texts: dict[str, dict[str, list[str]]] = {}
        for each in case.endpoints:
            names = texts.setdefault(str(parse_locality(each.locality)), {})
            names.setdefault(each.locality, []).append(each.name)
        double = {name: found for name, found in texts.items() if len(found) > 1}
        if not double:
            continue
        plain = [replace(each, locality=_common(texts, each)) for each in case.endpoints]
        united = case.all_healthy.variant(endpoints=[healed(each) for each in plain])
        if same_endpoints(case.all_healthy, united):
            continue
        for entry in facts.entries:
            common = str(parse_locality(entry.locality))
            if entry.name not in double.get(common, {}).get(entry.locality, ()):
                continue
            others = [text for text in double[common] if text != entry.locality]
            yield finding(
                "EW106",
                entry.title,
                entry.locality_field,
                message=f"it is at {quoted(entry.locality)}, other endpoints of "
                f"{case.service.host} are at {listed(map(quoted, others))}: the same place",
                effect="istiod makes two groups of it, and Envoy only takes the weight of one of "
                f"them: for clients in {place(case.origin.client.locality)} the split is "
                f"{outcome(case.all_healthy)} instead of {outcome(united)}",
                instead=snippets.block({entry.locality_key: others[0]}),
            )


def _common(texts: t.Mapping[str, t.Mapping[str, t.Sequence[str]]], endpoint: Endpoint) -> str:
    return min(texts[str(parse_locality(endpoint.locality))])


def _instead(facts: AnalysisContext, entry: Entry, found: Suggestion | None) -> str:
    if found is not None:
        text = str(found.locality)
        label = entry.locality_key != "locality"
        return snippets.block({entry.locality_key: text.replace("/", ".") if label else text})
    return snippets.block(
        {"locality": str(next(iter(facts.localities)))},
        remark=f"one of {listed(facts.localities, 'or', most=12)}, for example",
    )


def _of_network(facts: AnalysisContext, network: str) -> str:
    """A locality on that network, if its nodes are known."""
    clusters = {cluster.name for cluster in facts.clusters if cluster.network == network}
    for locality, names in facts.real_localities.items():
        if clusters & set(names):
            return str(locality)
    return "west/zone3"


def _cases_with(facts: AnalysisContext, entry: Entry) -> list[TrafficCase]:
    return [
        case
        for service in facts.services
        if entry.name in facts.endpoint_names(service)
        for case in facts.cases(service)
        if not case.subset
    ]


def _compares(case: TrafficCase) -> bool:
    """Does anything ask where the endpoints are?"""
    return case.assignment.locality_weighted or any(
        group.priority for group in case.assignment.groups
    )


def _now(cases: t.Sequence[TrafficCase]) -> str:
    return sends(cases[0].all_healthy)


def _effect_of_entry(facts: AnalysisContext, entry: Entry) -> str:
    locality = parse_locality(entry.locality)
    start = f"istiod takes it for {reading(locality)}"
    cases = first_by_service(_cases_with(facts, entry))
    told = [
        mended_together(facts, case, of_rule=False) for case in cases if facts.misnamed[entry.name]
    ]
    return "; ".join((start, *dict.fromkeys(told)))


CHECKS = (entries_elsewhere, entries_cut, entries_without, two_names)
