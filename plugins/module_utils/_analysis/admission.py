# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Istio's admission webhook refuses, and what it should refuse. Private to this collection."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    outcome,
    same_endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes import (
    fair_weights,
    specific_first,
    without_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    settings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import place
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import ANY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.validate import (
    Violation,
    check_setting,
    check_zone_aware,
)

_REFUSED = "Istio's webhook refuses it, so the rule that was there before stays in force"
_BY_CHANCE = ", and the webhook refuses the rule on some tries and lets it pass on others"
_ORDER = "istiod takes the keys in random order, so each push may give another split"

_CODES: t.Final[t.Mapping[str, str]] = {
    "weight-range": "EW201",
    "weight-sum": "EW202",
    "keys-overlap": "EW203",
    "distribute-and-failover": "EW204",
    "from-overlap": "EW205",
    "key-wildcard": "EW206",
    "key-empty-part": "EW207",
    "failover-same-region": "EW301",
    "failover-not-a-region": "EW302",
    "failover-wildcard": "EW303",
    "failover-and-locality-label": "EW305",
    "zone-aware-locality-label": "EW307",
}
_KEYED = re.compile(r"\.to\[(.*)\]$")
_INDEXED = re.compile(r"\[(\d+)\]")


def refused(facts: AnalysisContext) -> t.Iterator[Finding]:
    for at in settings(facts):
        if at.unreadable:
            yield finding(
                "EW201",
                at.object,
                f"{at.path}.distribute",
                message=at.unreadable,
                effect="the API server refuses the rule: a weight is a whole number",
                instead=snippets.block({"to": {"east/zone1": 20, "west/zone3": 80}}),
            )
            continue
        if at.zone_aware:
            refusals = check_zone_aware(at.raw)
        else:
            # outlier detection is judged elsewhere, with what the policy inherits
            refusals = check_setting(at.raw, outlier_detection=True)
        for refusal in refusals:
            yield finding(
                _CODES[refusal.code],
                at.object,
                f"{at.path}.{_KEYED.sub(_quote_key, refusal.field)}",
                message=_message(refusal),
                effect=_effect(facts, at, refusal),
                instead=_instead(facts, at, refusal),
            )


def both_kinds(facts: AnalysisContext) -> t.Iterator[Finding]:
    """localityLbSetting and zoneAwareLbSetting exclude each other."""
    for rule in facts.rules:
        for policy in rule.policies:
            load_balancer = policy.raw.get("loadBalancer") or {}
            if {"localityLbSetting", "zoneAwareLbSetting"} <= load_balancer.keys():
                yield finding(
                    "EW306",
                    rule.title,
                    f"{policy.path}.loadBalancer",
                    message="localityLbSetting and zoneAwareLbSetting stand side by side",
                    effect=f"{_REFUSED}; istiod alone would only look at zoneAwareLbSetting",
                    instead=snippets.block(
                        {"loadBalancer": {"localityLbSetting": policy.own_locality_lb}},
                        remark="keep one of them, for example",
                    ),
                )


CHECKS = (refused, both_kinds)


def _quote_key(match: re.Match[str]) -> str:
    return f'.to["{match[1]}"]'


def _message(refusal: Violation) -> str:
    if refusal.code == "keys-overlap":
        # why that is bad comes with the effect
        return refusal.message.partition(":")[0]
    return refusal.message


def _effect(facts: AnalysisContext, at: LocatedSetting, refusal: Violation) -> str:
    if refusal.code != "keys-overlap":
        return _REFUSED
    text = _ORDER + _BY_CHANCE if refusal.by_chance else f"{_REFUSED}; {_ORDER}"
    return text + _both_orders(facts, at)


def _both_orders(facts: AnalysisContext, at: LocatedSetting) -> str:
    """The split with the keys in one order and in the other."""
    if at.rule is None or at.policy is None:
        return ""
    backwards = [
        {**rule, "to": dict(reversed(list((rule.get("to") or {}).items())))}
        for rule in at.raw.get("distribute") or ()
    ]
    for case in facts.cases_of(at.rule, at.policy):
        other = case.all_healthy.variant(locality_lb={**at.raw, "distribute": backwards})
        if not same_endpoints(case.all_healthy, other):
            where = place(case.origin.client.locality)
            return (
                f": now {outcome(case.all_healthy)}, then {outcome(other)} for clients in {where}"
            )
    return ""


def _instead(facts: AnalysisContext, at: LocatedSetting, refusal: Violation) -> str:
    index = int(match[1]) if (match := _INDEXED.search(refusal.field)) else 0
    if refusal.code in ("weight-range", "weight-sum"):
        return snippets.block({"to": fair_weights(at.raw["distribute"][index].get("to") or {})})
    if refusal.code == "keys-overlap":
        to = at.raw["distribute"][index]["to"]
        return snippets.block({"to": without_overlap(to, facts.localities)})
    if refusal.code == "distribute-and-failover":
        return snippets.block(
            {"distribute": at.raw["distribute"]},
            remark="distribute alone; where one locality dies, the others take its share",
        )
    if refusal.code == "from-overlap":
        return snippets.block({"distribute": specific_first(at.raw["distribute"])})
    if refusal.code.startswith("failover-") and refusal.code != "failover-and-locality-label":
        return _other_region(facts, at.raw["failover"][index])
    if refusal.code in ("failover-and-locality-label", "zone-aware-locality-label"):
        left = [each for each in at.raw["failoverPriority"] if each not in LOCALITY_LABELS]
        if left:
            return snippets.block({"failoverPriority": left})
        return snippets.remark("leave failoverPriority out")
    if refusal.code in ("key-wildcard", "key-empty-part"):
        return _well_formed(at, refusal, index)
    return snippets.remark(refusal.advice)


def _well_formed(at: LocatedSetting, refusal: Violation, index: int) -> str:
    """The key cut before what is wrong with it."""
    entry = at.raw["distribute"][index]
    keyed = _KEYED.search(refusal.field)
    key = keyed[1] if keyed else str(entry.get("from") or "")
    parts = key.split("/")
    good = list(itertools.takewhile(lambda part: part and ANY not in part, parts))
    cut = "/".join([*good, ANY]) if len(good) < len(parts) or not good else key
    if not keyed:
        return snippets.block({"from": cut})
    return snippets.block({"to": {cut: entry["to"][key]}})


def _other_region(facts: AnalysisContext, entry: t.Mapping[str, t.Any]) -> str:
    source, target = (
        str(entry.get(side) or "").partition("/")[0].replace("*", "") for side in ("from", "to")
    )
    regions = facts.regions
    source = source or next((each for each in regions if each != target), "east")
    if target in ("", source):
        target = next((each for each in regions if each != source), "another-region")
    return snippets.block({"failover": [{"from": source, "to": target}]})
