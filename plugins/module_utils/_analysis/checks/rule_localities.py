# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the localities that rules name."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    effect_of_fix,
    first_by_service,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
    first_index,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.localities import (
    fixed_outcome,
    fixed_text,
    intended_locality,
    locality_problem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    MISPLACED,
    MISSPELT,
    Suggestion,
    describe_parts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_references import (
    LocalityRef,
    covers_something,
    locality_references,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    readable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, quoted
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

MISPLACED_PARTS = FindingType(
    "EW112",
    WARNING,
    "a rule's locality has its parts in the wrong places",
    explanation="As EW102, but in a rule: `us/west/zone3/*` is meant to be `west/zone3`.",
    cure=(
        "The key that the finding gives. Mend the workload in the same step where it is wrong "
        "in the same way."
    ),
)


MISSPELT_LOCALITY = FindingType(
    "EW113",
    WARNING,
    "a rule's locality is an existing one, misspelt",
    explanation="As EW103, but in a rule: `East/zone1` is not `east/zone1`.",
    cure="The key that the finding gives.",
)


_TYPES = {MISPLACED: MISPLACED_PARTS, MISSPELT: MISSPELT_LOCALITY}


UNKNOWN = FindingType(
    "EW111",
    WARNING,
    "a rule names a locality that does not exist",
    explanation=(
        "A key, a `from` or a region covers no node, pod or endpoint. As a target of "
        "`distribute`, its percentage goes to the others."
    ),
    cure="One of the localities that the finding lists.",
)


def unknown_rule_localities(context: AnalysisContext) -> t.Iterator[Finding]:
    """Names in rules that no node, pod or entry is at."""
    if not context.localities:
        return
    for at in readable(context):
        for name in locality_references(at.raw):
            if covers_something(name, context.trusted_localities):
                continue
            found = intended_locality(context, name)
            yield _TYPES.get(found.kind if found else "", UNKNOWN).finding(
                at.object,
                f"{at.path}.{name.field}",
                message=locality_problem(context, name.text, found, region=name.part == "failover"),
                effect=_effect_of_name(context, at, name),
                instead=_instead_of_name(context, at, name, found),
            )


TOO_MANY_PARTS = FindingType(
    "EW114",
    WARNING,
    "a rule's locality has more than three parts",
    explanation=(
        "The webhook accepts keys of four parts (`us/west/zone3/*`); istiod drops the fourth. "
        "By itself that changes little, but it shows that the parts are cut wrongly."
    ),
    cure="At most `region/zone/subzone`; `west/zone3` and `west/zone3/*` mean the same.",
)


def rule_localities_with_too_many_parts(context: AnalysisContext) -> t.Iterator[Finding]:
    """Keys of more than three parts."""
    for at in readable(context):
        for name in locality_references(at.raw):
            parts = name.text.split("/")
            if name.part == "failover" or len(parts) <= 3:
                continue
            kept = "/".join(parts[:3])
            yield TOO_MANY_PARTS.finding(
                at.object,
                f"{at.path}.{name.field}",
                message=f"{quoted(name.text)} has {len(parts)} parts; the webhook lets it pass, "
                "but a locality is region/zone/subzone",
                effect=f"istiod drops {quoted('/'.join(parts[3:]))} and looks for "
                f"{describe_parts(parse_locality(kept))}; {_effect_of_cut(context, at, kept, name)}",
                instead=_replace_name(at, name, fixed_text(context, name)),
            )


def _effect_of_name(context: AnalysisContext, at: LocatedSetting, name: LocalityRef) -> str:
    if name.part == "distribute.from":
        start = "the rule is for no client, unless one turns up there"
    elif name.part == "distribute.to":
        start = "as no endpoint is there, its part goes to the others"
        if _covers_misnamed(context, name):
            start = "it covers endpoints only because their locality is wrong in the same way"
    else:
        start = "the failover rule has no effect"
    outcomes = []
    if at.rule is not None and at.policy is not None:
        cases = first_by_service(context.cases_of(at.rule, at.policy))
        if fixed_text(context, name) == name.text:
            outcomes = [_as_it_is(case) for case in cases]
        else:
            outcomes = [fixed_outcome(context, case, of_rule=True) for case in cases]
    return "; ".join((start, *dict.fromkeys(outcomes)))


def _as_it_is(case: TrafficCase) -> str:
    return sends(case.all_healthy)


def _covers_misnamed(context: AnalysisContext, name: LocalityRef) -> bool:
    wrong = [
        parse_locality(entry.locality)
        for entry in context.entries
        if entry.name in context.unknown_localities
    ]
    return covers_something(name, wrong)


def _effect_of_cut(
    context: AnalysisContext, at: LocatedSetting, kept: str, name: LocalityRef
) -> str:
    """Does the cut itself matter?"""
    if at.rule is None or at.policy is None:
        return "the rest of it has no effect"
    for case in context.cases_of(at.rule, at.policy):
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
    context: AnalysisContext, at: LocatedSetting, name: LocalityRef, found: Suggestion | None
) -> str:
    region = _zones_of(context, at, name)
    if region:
        return snippets.remark(
            f"leave this failover out: within {region} Istio fails over by itself, from zone to zone, where "
            "there is outlierDetection; failover is between regions"
        )
    if found is not None:
        return _replace_name(at, name, str(found.locality))
    known = context.regions if name.part == "failover" else [*context.localities]
    return snippets.remark(f"write one of {listed(known, 'or', most=12)}")


def _zones_of(context: AnalysisContext, at: LocatedSetting, name: LocalityRef) -> str:
    """The region of which both sides of a failover are zones; empty where they are not."""
    if name.part != "failover":
        return ""
    index = first_index(name.field)
    names = [
        each for each in locality_references(at.raw) if each.field.startswith(f"failover[{index}].")
    ]
    meant = [intended_locality(context, each) for each in names]
    regions = {each.locality.region for each in meant if each and each.kind == MISPLACED}
    both = len(names) == 2 and all(meant) and len(regions) == 1
    return regions.pop() if both else ""


def _replace_name(at: LocatedSetting, name: LocalityRef, text: str) -> str:
    key = name.field.rpartition(".")[2]
    if name.part != "distribute.to":
        return snippets.block({key: text})
    index = first_index(name.field)
    value = at.raw["distribute"][index]["to"][name.text]
    return snippets.block({"to": {text: value}})


CHECKS = (unknown_rule_localities, rule_localities_with_too_many_parts)
