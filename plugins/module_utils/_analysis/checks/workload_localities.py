# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the localities of imported workloads."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.localities import (
    fixed_outcome,
    locality_problem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    MISPLACED,
    MISSPELT,
    Suggestion,
    describe_parts,
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
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.workload_entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

MISPLACED_PARTS = FindingType(
    "EW102",
    WARNING,
    "a workload's locality has its parts in the wrong places",
    explanation=(
        "The names exist, but in other places: `us/west/zone3` is region `us`, zone `west`, "
        "subzone `zone3`, while the nodes are in region `west`, zone `zone3`. Where the rule is "
        "written in the same wrong way, both agree and the split comes out right; the finding "
        "says whether it does, computed with and without the defect, and whether the rule has "
        "to be mended in the same step."
    ),
    cure="`locality: west/zone3`",
)


MISSPELT_LOCALITY = FindingType(
    "EW103",
    WARNING,
    "a workload's locality is an existing one, misspelt",
    explanation=(
        "It differs from an existing locality by upper or lower case, by spaces, by an empty "
        "part, or by dots in place of slashes. (Dots separate the parts in *labels* only, as a "
        "label value cannot hold a slash.)"
    ),
    cure="`locality: west/zone3`",
)


_TYPES = {MISPLACED: MISPLACED_PARTS, MISSPELT: MISSPELT_LOCALITY}


UNKNOWN = FindingType(
    "EW101",
    WARNING,
    "a workload's locality does not exist",
    explanation=(
        "No node and no pod is where the WorkloadEntry or ServiceEntry endpoint says it is, though "
        "the nodes of its network are known, or it is spelt almost like a locality that exists. "
        "Rules for the real place do not cover it, and to failover it is one more foreign region."
    ),
    cure=(
        "Write the region and zone of the nodes that the endpoint stands for, letter by letter. "
        "The finding names the nearest that exists."
    ),
)


def unknown_entry_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """Entries whose locality no node has."""
    for entry in context.entries:
        if entry.name in context.unknown_localities:
            found = context.unknown_localities[entry.name]
            yield _TYPES.get(found.kind if found else "", UNKNOWN).finding(
                entry.title,
                entry.locality_field,
                message=locality_problem(context, entry.locality, found),
                effect=_effect_of_entry(context, entry),
                instead=_instead(context, entry, found),
            )


TOO_MANY_PARTS = FindingType(
    "EW104",
    WARNING,
    "a workload's locality has more than three parts",
    explanation="The fourth part and all after it are dropped in silence.",
    cure="At most `region/zone/subzone`.",
)


def entry_localities_with_too_many_parts(context: AnalysisContext) -> t.Iterator[Finding]:
    """Entries whose locality has more than three parts."""
    for entry in context.entries:
        parts = entry.locality.split("/")
        if len(parts) > 3 and any(parts[3:]):
            kept = "/".join(parts[:3])
            yield TOO_MANY_PARTS.finding(
                entry.title,
                entry.locality_field,
                message=f"{quoted(entry.locality)} has {len(parts)} parts; "
                "a locality is region/zone/subzone",
                effect=f"istiod silently drops everything after the third part: it is {kept}",
                instead=snippets.block({entry.locality_key: kept}),
            )


NO_LOCALITY_WRITTEN = FindingType(
    "EW105",
    WARNING,
    "an imported workload has no locality",
    explanation=(
        "The endpoint has no locality, while the rule in effect compares localities. It counts "
        "as outside of every region; to a client without a locality it is the nearest of all."
    ),
    cure="`locality:` of the nodes that it stands for.",
)


def entries_without_locality(context: AnalysisContext) -> t.Iterator[Finding]:
    """Entries that say nothing of where they are, though rules ask for it."""
    for entry in context.entries:
        cases = [case for case in _cases_with(context, entry) if _compares(case)]
        if entry.locality or not cases:
            continue
        yield NO_LOCALITY_WRITTEN.finding(
            entry.title,
            entry.locality_field,
            message="it has no locality, and the rule for the service compares localities",
            effect="it counts as outside of every region: a distribute rule gives it nothing "
            f"unless a key is *, and failover to its region does not reach it; {_first_split(cases)}",
            instead=snippets.block(
                {"locality": _of_network(context, entry.network)},
                remark="the region and zone of the nodes that it stands for, for example",
            ),
        )


TWO_SPELLINGS = FindingType(
    "EW106",
    WARNING,
    "one place goes by two names",
    explanation=(
        "`east/zone1` and `east/zone1/` are one place to Envoy and two groups to istiod (pods "
        "always have the form with all three parts). With weights, each group gets a part and "
        "Envoy takes only the part of the last. Reported where the split really differs."
    ),
    cure="Write the locality as the pods have it: `locality: east/zone1/`",
)


def localities_with_two_names(context: AnalysisContext) -> t.Iterator[Finding]:
    """east/zone1 and east/zone1/ are one place to Envoy, but two groups to istiod."""
    for case in first_by_service(_cases_with_entries(context), _loses_weights):
        double = _spellings(case)
        for entry in context.entries:
            common = str(parse_locality(entry.locality))
            if entry.name not in double.get(common, {}).get(entry.locality, ()):
                continue
            others = [text for text in double[common] if text != entry.locality]
            yield TWO_SPELLINGS.finding(
                entry.title,
                entry.locality_field,
                message=f"it is at {quoted(entry.locality)}, other endpoints of "
                f"{case.service.host} are at {listed(map(quoted, others))}: the same place",
                effect="istiod makes two groups of it, and Envoy only takes the weight of one of "
                f"them: for clients in {place(case.origin.client.locality)} the split is "
                f"{outcome(case.all_healthy)} instead of {outcome(_united(case))}",
                instead=snippets.block({entry.locality_key: others[0]}),
            )


def _cases_with_entries(context: AnalysisContext) -> t.Iterator[TrafficCase]:
    """The cases of services with an imported workload; pods spell their localities alike."""
    names = {entry.name for entry in context.entries}
    for service in context.services if names else ():
        if names & context.endpoint_names(service):
            yield from context.cases(service)


def _spellings(case: TrafficCase) -> dict[str, dict[str, list[str]]]:
    """The localities with several spellings, and the names of the endpoints of each spelling."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in case.endpoints:
        names = found.setdefault(str(parse_locality(each.locality)), {})
        names.setdefault(each.locality, []).append(each.name)
    return {name: spellings for name, spellings in found.items() if len(spellings) > 1}


def _loses_weights(case: TrafficCase) -> bool:
    """Do several spellings of a locality change where requests go?"""
    return bool(_spellings(case)) and not same_endpoints(case.all_healthy, _united(case))


def _united(case: TrafficCase) -> TrafficCase:
    """The same with one spelling of each locality, and all endpoints serving."""
    spellings = _spellings(case)
    same = {name: min(found) for name, found in spellings.items()}
    return case.all_healthy.variant(
        endpoints=[
            replace(
                healed(each), locality=same.get(str(parse_locality(each.locality)), each.locality)
            )
            for each in case.endpoints
        ]
    )


def _instead(context: AnalysisContext, entry: Entry, found: Suggestion | None) -> str:
    if found is not None:
        text = str(found.locality)
        label = entry.locality_key != "locality"
        return snippets.block({entry.locality_key: text.replace("/", ".") if label else text})
    return snippets.block(
        {"locality": str(next(iter(context.localities)))},
        remark=f"one of {listed(context.localities, 'or', most=12)}, for example",
    )


def _of_network(context: AnalysisContext, network: str) -> str:
    """A locality on that network, if its nodes are known."""
    clusters = {cluster.name for cluster in context.clusters if cluster.network == network}
    for locality, names in context.observed_localities.items():
        if clusters & set(names):
            return str(locality)
    return "west/zone3"


def _cases_with(context: AnalysisContext, entry: Entry) -> list[TrafficCase]:
    return [
        case
        for service in context.services
        if entry.name in context.endpoint_names(service)
        for case in context.cases(service)
        if not case.subset
    ]


def _compares(case: TrafficCase) -> bool:
    """Does anything ask where the endpoints are?"""
    return case.assignment.locality_weighted or any(
        group.priority for group in case.assignment.groups
    )


def _first_split(cases: t.Sequence[TrafficCase]) -> str:
    return sends(cases[0].all_healthy)


def _effect_of_entry(context: AnalysisContext, entry: Entry) -> str:
    locality = parse_locality(entry.locality)
    start = f"istiod takes it for {describe_parts(locality)}"
    cases = first_by_service(_cases_with(context, entry))
    outcomes = [
        fixed_outcome(context, case, of_rule=False)
        for case in cases
        if context.unknown_localities[entry.name]
    ]
    return "; ".join((start, *dict.fromkeys(outcomes)))


CHECKS = (
    unknown_entry_localities,
    entry_localities_with_too_many_parts,
    entries_without_locality,
    localities_with_two_names,
)
