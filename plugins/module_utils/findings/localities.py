# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localities that do not exist, in rules and in entries. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils.findings import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.cases import Case, healed
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.compare import (
    breaks,
    first_by_service,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.entries import Entry
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.facts import Facts
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.places import (
    MISPLACED,
    SLIP,
    Guess,
    reading,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.rule_names import (
    Named,
    covers_something,
    meant,
    mended_endpoints,
    mended_setting,
    mended_text,
    named,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.settings import (
    SettingAt,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.types import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import (
    listed,
    place,
    quoted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import parse_locality
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import Endpoint

_ENTRY_CODES = {MISPLACED: "EW102", SLIP: "EW103"}
_RULE_CODES = {MISPLACED: "EW112", SLIP: "EW113"}


def entries_elsewhere(facts: Facts) -> t.Iterator[Finding]:
    """Entries whose locality no node has."""
    for entry in facts.entries:
        if entry.name in facts.misnamed:
            found = facts.misnamed[entry.name]
            yield finding(
                _ENTRY_CODES.get(found.kind if found else "", "EW101"),
                entry.title,
                entry.locality_field,
                message=_message(facts, entry.locality, found),
                effect=_effect_of_entry(facts, entry),
                instead=_instead(facts, entry, found),
            )


def entries_cut(facts: Facts) -> t.Iterator[Finding]:
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


def entries_without(facts: Facts) -> t.Iterator[Finding]:
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


def two_names(facts: Facts) -> t.Iterator[Finding]:
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
        united = case.intact.variant(endpoints=[healed(each) for each in plain])
        if same_endpoints(case.intact, united):
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
                f"{outcome(case.intact)} instead of {outcome(united)}",
                instead=snippets.block({entry.locality_key: others[0]}),
            )


def _common(texts: t.Mapping[str, t.Mapping[str, t.Sequence[str]]], endpoint: Endpoint) -> str:
    return min(texts[str(parse_locality(endpoint.locality))])


def unknown_in_rules(facts: Facts) -> t.Iterator[Finding]:
    """Names in rules that no node, pod or entry is at."""
    if not facts.localities:
        return
    for at in readable(facts):
        for name in named(at.raw):
            if covers_something(name, facts.trusted_localities):
                continue
            found = meant(facts, name)
            yield finding(
                _RULE_CODES.get(found.kind if found else "", "EW111"),
                at.object,
                f"{at.path}.{name.field}",
                message=_message(facts, name.text, found, region=name.part == "failover"),
                effect=_effect_of_name(facts, at, name),
                instead=_instead_of_name(facts, at, name, found),
            )


def cut_in_rules(facts: Facts) -> t.Iterator[Finding]:
    """Keys of more than three parts."""
    for at in readable(facts):
        for name in named(at.raw):
            parts = name.text.split("/")
            if name.part == "failover" or len(parts) <= 3:
                continue
            kept = "/".join(parts[:3])
            yield finding(
                "EW114",
                at.object,
                f"{at.path}.{name.field}",
                message=f"{quoted(name.text)} has {len(parts)} parts; the webhook lets it pass, "
                "but a locality is region/zone/subzone",
                effect=f"istiod drops {quoted('/'.join(parts[3:]))} and looks for "
                f"{reading(parse_locality(kept))}; {_effect_of_cut(facts, at, kept, name)}",
                instead=_replace_name(at, name, mended_text(facts, name)),
            )


CHECKS = (
    entries_elsewhere,
    entries_cut,
    entries_without,
    two_names,
    unknown_in_rules,
    cut_in_rules,
)


def _message(facts: Facts, text: str, found: Guess | None, *, region: bool = False) -> str:
    if region:
        there = listed(facts.regions) or "none"
        what = f"no node or workload is in a region {quoted(text)}; the regions are {there}"
    else:
        what = f"no node or workload is at {quoted(text)} ({reading(parse_locality(text))})"
    if found is None:
        return what
    return f"{what}: {found.why}"


def _instead(facts: Facts, entry: Entry, found: Guess | None) -> str:
    if found is not None:
        text = str(found.locality)
        label = entry.locality_key != "locality"
        return snippets.block({entry.locality_key: text.replace("/", ".") if label else text})
    return snippets.block(
        {"locality": str(next(iter(facts.localities)))},
        remark=f"one of {listed(facts.localities, 'or', most=12)}, for example",
    )


def _of_network(facts: Facts, network: str) -> str:
    """A locality on that network, if its nodes are known."""
    clusters = {cluster.name for cluster in facts.clusters if cluster.network == network}
    for locality, names in facts.real_localities.items():
        if clusters & set(names):
            return str(locality)
    return "west/zone3"


def _cases_with(facts: Facts, entry: Entry) -> list[Case]:
    return [
        case
        for service in facts.services
        for case in facts.cases(service)
        if any(each.name == entry.name for each in case.endpoints)
    ]


def _compares(case: Case) -> bool:
    """Does anything ask where the endpoints are?"""
    return case.assignment.locality_weighted or any(
        group.priority for group in case.assignment.groups
    )


def _now(cases: t.Sequence[Case]) -> str:
    return sends(cases[0].intact)


def _effect_of_entry(facts: Facts, entry: Entry) -> str:
    locality = parse_locality(entry.locality)
    start = f"istiod takes it for {reading(locality)}"
    cases = first_by_service(_cases_with(facts, entry))
    told = [_both(facts, case, of_rule=False) for case in cases if facts.misnamed[entry.name]]
    return "; ".join((start, *dict.fromkeys(told)))


def _effect_of_name(facts: Facts, at: SettingAt, name: Named) -> str:
    if name.part == "distribute.from":
        start = "the rule is for no client, unless one turns up there"
    elif name.part == "distribute.to":
        start = "as no endpoint is there, its part goes to the others"
        if _covers_misnamed(facts, name):
            start = "it covers endpoints only because their locality is wrong in the same way"
    else:
        start = "the failover rule has no effect"
    told = []
    if at.rule is not None and at.policy is not None:
        cases = first_by_service(facts.cases_of(at.rule, at.policy))
        if mended_text(facts, name) == name.text:
            told = [_as_it_is(case) for case in cases]
        else:
            told = [_both(facts, case, of_rule=True) for case in cases]
    return "; ".join((start, *dict.fromkeys(told)))


def _as_it_is(case: Case) -> str:
    return sends(case.intact)


def _covers_misnamed(facts: Facts, name: Named) -> bool:
    wrong = [
        parse_locality(entry.locality) for entry in facts.entries if entry.name in facts.misnamed
    ]
    return covers_something(name, wrong)


def _both(facts: Facts, case: Case, *, of_rule: bool) -> str:
    """With rule and entries mended together, and a warning where one alone would do harm."""
    case = case.intact
    raw = case.policy.locality_lb
    setting = None if raw is None else mended_setting(facts, raw)
    endpoints = mended_endpoints(facts, case)
    both = case.variant(locality_lb=setting, endpoints=endpoints)
    alone = case.variant(locality_lb=setting) if of_rule else case.variant(endpoints=endpoints)
    text = breaks(case, both)
    if not same_endpoints(both, alone):
        this, other = ("rule", "workload") if of_rule else ("workload", "rule")
        text += (
            f"; mend {this} and {other} in one go: with the {this} alone mended, it would be "
            f"{outcome(alone)}"
        )
    return text


def _effect_of_cut(facts: Facts, at: SettingAt, kept: str, name: Named) -> str:
    """Does the cut itself matter?"""
    if at.rule is None or at.policy is None:
        return "the rest of it has no effect"
    for case in facts.cases_of(at.rule, at.policy):
        renamed = _renamed(at.raw, name.text, kept)
        return breaks(case.intact, case.intact.variant(locality_lb=renamed))
    return "the rest of it has no effect"


def _renamed(raw: t.Mapping[str, t.Any], text: str, kept: str) -> dict[str, t.Any]:
    rules = [
        {
            "from": kept if rule.get("from") == text else rule.get("from"),
            "to": {(kept if k == text else k): v for k, v in (rule.get("to") or {}).items()},
        }
        for rule in raw.get("distribute") or ()
    ]
    return {**raw, "distribute": rules}


def _instead_of_name(facts: Facts, at: SettingAt, name: Named, found: Guess | None) -> str:
    if found is not None:
        return _replace_name(at, name, str(found.locality))
    known = facts.regions if name.part == "failover" else [*facts.localities]
    return snippets.remark(f"write one of {listed(known, 'or', most=12)}")


def _replace_name(at: SettingAt, name: Named, text: str) -> str:
    key = name.field.rpartition(".")[2]
    if name.part != "distribute.to":
        return snippets.block({key: text})
    index = int(name.field.split("[")[1].split("]")[0])
    value = at.raw["distribute"][index]["to"][name.text]
    return snippets.block({"to": {text: value}})
