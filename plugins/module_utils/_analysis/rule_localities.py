# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localities in rules that do not exist, or not like that. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.combined_fixes import (
    mended_together,
    what_is_wrong,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    effect_of_fix,
    first_by_service,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    MISPLACED,
    SLIP,
    Suggestion,
    reading,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, quoted
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rule_names import (
    LocalityRef,
    covers_something,
    intended_locality,
    mended_text,
    named,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

_RULE_CODES = {MISPLACED: "EW112", SLIP: "EW113"}


def unknown_in_rules(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Names in rules that no node, pod or entry is at."""
    if not facts.localities:
        return
    for at in readable(facts):
        for name in named(at.raw):
            if covers_something(name, facts.trusted_localities):
                continue
            found = intended_locality(facts, name)
            yield finding(
                _RULE_CODES.get(found.kind if found else "", "EW111"),
                at.object,
                f"{at.path}.{name.field}",
                message=what_is_wrong(facts, name.text, found, region=name.part == "failover"),
                effect=_effect_of_name(facts, at, name),
                instead=_instead_of_name(facts, at, name, found),
            )


def cut_in_rules(facts: AnalysisContext) -> t.Iterator[Finding]:
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


def _effect_of_name(facts: AnalysisContext, at: LocatedSetting, name: LocalityRef) -> str:
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
            told = [mended_together(facts, case, of_rule=True) for case in cases]
    return "; ".join((start, *dict.fromkeys(told)))


def _as_it_is(case: TrafficCase) -> str:
    return sends(case.all_healthy)


def _covers_misnamed(facts: AnalysisContext, name: LocalityRef) -> bool:
    wrong = [
        parse_locality(entry.locality) for entry in facts.entries if entry.name in facts.misnamed
    ]
    return covers_something(name, wrong)


def _effect_of_cut(facts: AnalysisContext, at: LocatedSetting, kept: str, name: LocalityRef) -> str:
    """Does the cut itself matter?"""
    if at.rule is None or at.policy is None:
        return "the rest of it has no effect"
    for case in facts.cases_of(at.rule, at.policy):
        renamed = _renamed(at.raw, name.text, kept)
        return effect_of_fix(case.all_healthy, case.all_healthy.variant(locality_lb=renamed))
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


def _instead_of_name(
    facts: AnalysisContext, at: LocatedSetting, name: LocalityRef, found: Suggestion | None
) -> str:
    if found is not None:
        return _replace_name(at, name, str(found.locality))
    known = facts.regions if name.part == "failover" else [*facts.localities]
    return snippets.remark(f"write one of {listed(known, 'or', most=12)}")


def _replace_name(at: LocatedSetting, name: LocalityRef, text: str) -> str:
    key = name.field.rpartition(".")[2]
    if name.part != "distribute.to":
        return snippets.block({key: text})
    index = int(name.field.split("[")[1].split("]")[0])
    value = at.raw["distribute"][index]["to"][name.text]
    return snippets.block({"to": {text: value}})


CHECKS = (unknown_in_rules, cut_in_rules)
