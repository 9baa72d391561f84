# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for settings that Istio's admission webhook refuses, or should refuse."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    outcome,
    same_endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.fixes.weights import (
    fair_weights,
    specific_first,
    without_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    settings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    place,
    refused,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import ANY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
    zone_aware_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    load_balancer_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Violation,
)

_BY_CHANCE = ", and the webhook refuses the rule on some tries and lets it pass on others"
_ORDER = "istiod takes the keys in random order, so each push may give another split"

WEIGHT_RANGE = FindingType(
    "EW201",
    ERROR,
    "a weight of distribute is not 1 to 100",
    explanation=(
        "A weight is 0, greater than 100 or not a number. The webhook refuses the rule, so the "
        "one that was there before stays in force."
    ),
    cure=(
        "1 to 100; leave out what is to get nothing. The finding gives the same proportions "
        "with a sum of 100."
    ),
    refusal=True,
)


WEIGHT_SUM = FindingType(
    "EW202",
    ERROR,
    "the weights of distribute do not add up to 100",
    explanation=("The weights of one `to` add up to something else. The webhook refuses the rule."),
    cure="The same proportions with a sum of 100, as the finding gives them.",
    refusal=True,
)


OVERLAPPING_KEYS = FindingType(
    "EW203",
    ERROR,
    "keys of distribute cover the same localities",
    explanation=(
        "Two keys of one `to` cover a common locality (`east/*` and `east/zone1`). istiod goes "
        "through the keys in random order, and the first takes the locality: each push may give "
        "another split. The webhook sees the keys in random order, too, and refuses the rule "
        "only now and then."
    ),
    cure=(
        "Name every locality by one key only. The finding replaces the general key by the "
        "localities that no other key names."
    ),
    refusal=True,
)


DISTRIBUTE_AND_FAILOVER = FindingType(
    "EW204",
    ERROR,
    "distribute and failover in one setting",
    explanation="`distribute` and `failover` exclude each other; the webhook refuses the rule.",
    cure=(
        "Keep one. With `distribute`, a locality that dies gives its share to the others anyway."
    ),
    refusal=True,
)


OVERLAPPING_SOURCES = FindingType(
    "EW205",
    ERROR,
    "two distribute rules are for the same clients",
    explanation=(
        "A `from` covers what an earlier one covers: the first that matches is used, so this "
        "one never is, or in part. The webhook refuses it."
    ),
    cure="The specific rule first, the general one last and with `/*` at its end.",
    refusal=True,
)


MISPLACED_ASTERISK = FindingType(
    "EW206",
    ERROR,
    "a key has an asterisk in the wrong place",
    explanation=(
        "An asterisk stands for a whole part, and only at the end. `east/z*` would be compared "
        "literally."
    ),
    cure="`east/*`, `east/zone1/*` or `*`",
    refusal=True,
)


EMPTY_PART = FindingType(
    "EW207",
    ERROR,
    "a key has an empty part",
    explanation="A key has a part without a name, often a slash too many at its end.",
    cure="`east/zone1`",
    refusal=True,
)


FAILOVER_TO_ITSELF = FindingType(
    "EW301",
    ERROR,
    "failover from a region to itself",
    explanation="`from` and `to` are equal; the webhook refuses the rule.",
    cure="Another region in `to`.",
    refusal=True,
)


FAILOVER_BELOW_REGIONS = FindingType(
    "EW302",
    ERROR,
    "failover names more than a region",
    explanation=(
        "`failover` is between regions; the webhook refuses `east/zone1`. Inside a region Istio "
        "fails over by itself: same zone first, then same region."
    ),
    cure="`failover: [{from: east, to: west}]`",
    refusal=True,
)


FAILOVER_ASTERISK = FindingType(
    "EW303",
    ERROR,
    "failover has an asterisk",
    explanation=(
        "`failover` knows no asterisk; the webhook refuses it. Regions without a rule fail over "
        "to all other regions alike."
    ),
    cure="A rule for each region.",
    refusal=True,
)


FAILOVER_AND_LOCALITY_LABEL = FindingType(
    "EW305",
    ERROR,
    "failover beside failoverPriority with a locality label",
    explanation=(
        "`failover` compares regions already; a label for region, zone or subzone may not stand "
        "in `failoverPriority` beside it. The webhook refuses it."
    ),
    cure="Leave that label out, or `failover`.",
    refusal=True,
)


ZONE_AWARE_LOCALITY_LABEL = FindingType(
    "EW307",
    ERROR,
    "zoneAwareLbSetting compares a locality label",
    explanation=(
        "Zone-aware routing compares region and zone by itself; a label for them in its "
        "`failoverPriority` is refused."
    ),
    cure="Leave the label out.",
    refusal=True,
)


_TYPES: t.Final[t.Mapping[str, FindingType]] = {
    "weight-range": WEIGHT_RANGE,
    "weight-sum": WEIGHT_SUM,
    "keys-overlap": OVERLAPPING_KEYS,
    "distribute-and-failover": DISTRIBUTE_AND_FAILOVER,
    "from-overlap": OVERLAPPING_SOURCES,
    "key-wildcard": MISPLACED_ASTERISK,
    "key-empty-part": EMPTY_PART,
    "failover-same-region": FAILOVER_TO_ITSELF,
    "failover-not-a-region": FAILOVER_BELOW_REGIONS,
    "failover-wildcard": FAILOVER_ASTERISK,
    "failover-and-locality-label": FAILOVER_AND_LOCALITY_LABEL,
    "zone-aware-locality-label": ZONE_AWARE_LOCALITY_LABEL,
}
# of the violations that have findings here
CODES = frozenset({*_TYPES, "zone-aware-and-locality"})
_KEYED = re.compile(r"\.to\[(.*)\]$")
_INDEXED = re.compile(r"\[(\d+)\]")


def refused_settings(context: AnalysisContext) -> t.Iterator[Finding]:
    for at in settings(context):
        if at.unreadable:
            yield WEIGHT_RANGE.finding(
                at.object,
                f"{at.path}.distribute",
                message=at.unreadable,
                effect="the API server refuses the rule: a weight is a whole number",
                instead=snippets.block({"to": {"east/zone1": 20, "west/zone3": 80}}),
            )
            continue
        if at.zone_aware:
            refusals = zone_aware_violations(at.raw, outlier_detection=True)
        else:
            # outlier detection is judged elsewhere, with what the policy inherits
            refusals = locality_violations(at.raw, outlier_detection=True)
        for refusal in refusals:
            yield _TYPES[refusal.code].finding(
                at.object,
                f"{at.path}.{_KEYED.sub(_quote_key, refusal.field)}",
                message=_message(refusal),
                effect=_effect(context, at, refusal),
                instead=_instead(context, at, refusal),
            )


TWO_SETTINGS = FindingType(
    "EW306",
    ERROR,
    "localityLbSetting beside zoneAwareLbSetting",
    explanation=(
        "`localityLbSetting` and `zoneAwareLbSetting` exclude each other; the webhook refuses "
        "the rule."
    ),
    cure="Keep one.",
    refusal=True,
)


def conflicting_settings(context: AnalysisContext) -> t.Iterator[Finding]:
    """localityLbSetting and zoneAwareLbSetting exclude each other."""
    for rule in context.rules:
        for policy in rule.policies:
            for violation in load_balancer_violations(policy.raw, f"{policy.path}.loadBalancer"):
                if violation.code == "zone-aware-and-locality":
                    yield TWO_SETTINGS.finding(
                        rule.title,
                        violation.field,
                        message="localityLbSetting and zoneAwareLbSetting stand side by side",
                        effect=f"{refused(rule.obj)}; istiod alone would only look at zoneAwareLbSetting",
                        instead=snippets.block(
                            {"loadBalancer": {"zoneAwareLbSetting": None}},
                            remark="keep one of them, for example",
                        ),
                    )


CHECKS = (refused_settings, conflicting_settings)


def _quote_key(match: re.Match[str]) -> str:
    return f'.to["{match[1]}"]'


def _message(refusal: Violation) -> str:
    if refusal.code == "keys-overlap":
        # why that is bad comes with the effect
        return refusal.message.partition(":")[0]
    return refusal.message


def _effect(context: AnalysisContext, at: LocatedSetting, refusal: Violation) -> str:
    why = refused(at.rule.obj if at.rule else {})
    if refusal.code != "keys-overlap":
        return why
    text = _ORDER + _BY_CHANCE if refusal.by_chance else f"{why}; {_ORDER}"
    return text + _both_orders(context, at)


def _both_orders(context: AnalysisContext, at: LocatedSetting) -> str:
    """The split with the keys in one order and in the other."""
    if at.rule is None or at.policy is None:
        return ""
    backwards = [
        {**rule, "to": dict(reversed(list((rule.get("to") or {}).items())))}
        for rule in at.raw.get("distribute") or ()
    ]
    for case in context.cases_of(at.rule, at.policy):
        other = case.all_healthy.variant(locality_lb={**at.raw, "distribute": backwards})
        if not same_endpoints(case.all_healthy, other):
            where = place(case.origin.client.locality)
            return (
                f": now {outcome(case.all_healthy)}, then {outcome(other)} for clients in {where}"
            )
    return ""


def _instead(context: AnalysisContext, at: LocatedSetting, refusal: Violation) -> str:
    index = int(match[1]) if (match := _INDEXED.search(refusal.field)) else 0
    if refusal.code in ("weight-range", "weight-sum"):
        return snippets.block({"to": fair_weights(at.raw["distribute"][index].get("to") or {})})
    if refusal.code == "keys-overlap":
        to = at.raw["distribute"][index]["to"]
        return snippets.block({"to": without_overlap(to, context.localities)})
    if refusal.code == "distribute-and-failover":
        return snippets.block(
            {"localityLbSetting": {k: v for k, v in at.raw.items() if k != "failover"}},
            remark="distribute alone; where one locality dies, the others take its share",
        )
    if refusal.code == "from-overlap":
        return snippets.block({"distribute": specific_first(at.raw["distribute"])})
    if refusal.code.startswith("failover-") and refusal.code != "failover-and-locality-label":
        return _other_region(context, at.raw["failover"][index])
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


def _other_region(context: AnalysisContext, entry: t.Mapping[str, t.Any]) -> str:
    source, target = (
        str(entry.get(side) or "").partition("/")[0].replace("*", "") for side in ("from", "to")
    )
    regions = context.regions
    source = source or next((each for each in regions if each != target), "east")
    if target in ("", source):
        target = next((each for each in regions if each != source), "another-region")
    return snippets.block({"failover": [{"from": source, "to": target}]})
