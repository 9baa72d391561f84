# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Istio's admission webhook refuses, and what should be refused. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.keys import (
    key_defect,
    list_overlaps,
    set_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    DistributeRule,
    FailoverRule,
    LocalityLbSettings,
    read_setting,
    read_zone_aware,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


class Violation(t.NamedTuple):
    """One thing that is wrong with a setting."""

    code: str
    # path below the setting, such as distribute[0].to
    field: str
    message: str
    advice: str
    # the webhook lets it pass, with a warning
    warning: bool = False
    # the webhook takes keys in random order: it refuses this only now and then
    by_chance: bool = False


def check_setting(raw: Raw | None, *, outlier_detection: bool) -> tuple[Violation, ...]:
    """Checks a ``localityLbSetting``; one that is switched off is checked all the same."""
    if raw is None:
        return ()
    setting = read_setting("", raw)
    found = [*_mixed(setting)]
    for index, rule in enumerate(setting.distribute):
        found.extend(_distribute(f"distribute[{index}]", rule))
    found.extend(_sources(setting.distribute))
    if not outlier_detection:
        found.extend(_without_ejection(setting))
    for index, failover in enumerate(setting.failover):
        found.extend(_failover(f"failover[{index}]", failover))
    return tuple(found)


def check_zone_aware(raw: Raw | None) -> tuple[Violation, ...]:
    """Checks a ``zoneAwareLbSetting``."""
    if raw is None:
        return ()
    setting = read_zone_aware("", raw)
    found = [
        Violation(
            "zone-aware-locality-label",
            f"failoverPriority[{index}]",
            f"zone-aware routing compares {label} by itself",
            "leave the label out",
        )
        for index, label in enumerate(setting.failover_priority)
        if label in LOCALITY_LABELS
    ]
    for index, failover in enumerate(setting.failover):
        found.extend(_failover(f"failover[{index}]", failover))
    return tuple(found)


def check_traffic_policy(policy: Raw | None) -> tuple[Violation, ...]:
    """Checks the locality settings of one trafficPolicy or port-level policy."""
    load_balancer: Raw = (policy or {}).get("loadBalancer") or {}
    locality = load_balancer.get("localityLbSetting")
    zone_aware = load_balancer.get("zoneAwareLbSetting")
    ejects = (policy or {}).get("outlierDetection") is not None
    found: list[Violation] = []
    if locality is not None and zone_aware is not None:
        found.append(
            Violation(
                "zone-aware-and-locality",
                "loadBalancer",
                "localityLbSetting and zoneAwareLbSetting exclude each other",
                "keep one of them",
            )
        )
    for name, refusals in (
        ("localityLbSetting", check_setting(locality, outlier_detection=ejects)),
        ("zoneAwareLbSetting", check_zone_aware(zone_aware)),
    ):
        found.extend(_below(f"loadBalancer.{name}", refusals))
    return tuple(found)


def check_destination_rule(rule: Raw) -> tuple[Violation, ...]:
    """Checks every policy in a DestinationRule object, each by itself as the webhook does."""
    found: list[Violation] = []
    for path, policy in traffic_policies(rule):
        found.extend(_below(path, check_traffic_policy(policy)))
    return tuple(found)


def traffic_policies(rule: Raw) -> t.Iterator[tuple[str, Raw]]:
    """Every policy in a DestinationRule: its own, its ports', its subsets', their ports'."""
    spec: Raw = rule.get("spec") or {}
    policies = [("spec.trafficPolicy", spec.get("trafficPolicy"))]
    for index, subset in enumerate(spec.get("subsets") or ()):
        policies.append((f"spec.subsets[{index}].trafficPolicy", subset.get("trafficPolicy")))
    for path, policy in policies:
        if policy is None:
            continue
        yield path, policy
        for index, port in enumerate(policy.get("portLevelSettings") or ()):
            yield f"{path}.portLevelSettings[{index}]", port


def _below(path: str, refusals: t.Iterable[Violation]) -> t.Iterator[Violation]:
    return (refusal._replace(field=f"{path}.{refusal.field}") for refusal in refusals)


def _mixed(setting: LocalityLbSettings) -> t.Iterator[Violation]:
    if setting.distribute and setting.failover:
        yield Violation(
            "distribute-and-failover",
            "failover",
            "distribute and failover exclude each other; istiod would only use distribute",
            "keep one of them",
        )
    for index, label in enumerate(setting.failover_priority):
        if setting.failover and label in LOCALITY_LABELS:
            yield Violation(
                "failover-and-locality-label",
                f"failoverPriority[{index}]",
                f"failover already compares regions, so {label} may not stand beside it",
                "leave the label out, or drop failover",
            )


def _distribute(path: str, rule: DistributeRule) -> t.Iterator[Violation]:
    field = f"{path}.to"
    for target in rule.targets:
        if not 1 <= target.percent <= 100:
            yield Violation(
                "weight-range",
                f"{field}[{target.key}]",
                f"the weight is {target.percent}",
                "write 1 to 100, and leave out what is to get nothing",
            )
    total = sum(target.percent for target in rule.targets)
    if total != 100:
        yield Violation(
            "weight-sum",
            field,
            f"the weights add up to {total}",
            "make them add up to 100",
        )
    keys = [target.key for target in rule.targets]
    yield from _keys(field, keys)
    for first, second, always in set_overlaps(keys):
        yield Violation(
            "keys-overlap",
            f"{field}[{second}]",
            f"{first} and {second} cover the same localities: istiod takes the keys in random "
            "order, so each push may weight them differently",
            "name every locality by one key only",
            by_chance=not always,
        )


def _sources(rules: t.Sequence[DistributeRule]) -> t.Iterator[Violation]:
    sources = [rule.source for rule in rules]
    for index, source in enumerate(sources):
        yield from _keys(f"distribute[{index}].from", [source], listed=False)
    for index, earlier in list_overlaps(sources):
        yield Violation(
            "from-overlap",
            f"distribute[{index}].from",
            f"{sources[index]} overlaps {earlier}, which comes before it and wins",
            "put the more specific rule first, and end the general one with /*",
        )


def _keys(field: str, keys: t.Iterable[str], *, listed: bool = True) -> t.Iterator[Violation]:
    for key in keys:
        defect = key_defect(key)
        if defect:
            where = f"{field}[{key}]" if listed else field
            yield Violation(defect.code, where, f"{key!r} {defect.message}", defect.advice)


def _without_ejection(setting: LocalityLbSettings) -> t.Iterator[Violation]:
    for field, entries in (
        ("failover", setting.failover),
        ("failoverPriority", setting.failover_priority),
    ):
        if entries:
            yield Violation(
                "no-outlier-detection",
                field,
                f"{field} does nothing without outlierDetection in the same policy",
                "add outlierDetection, with maxEjectionPercent: 100",
                warning=True,
            )


def _failover(path: str, rule: FailoverRule) -> t.Iterator[Violation]:
    if rule.source == rule.target:
        yield Violation(
            "failover-same-region",
            path,
            f"from and to are both {rule.source!r}",
            "name another region in 'to'",
        )
    for side, text in (("from", rule.source), ("to", rule.target)):
        if "/" in text:
            yield Violation(
                "failover-not-a-region",
                f"{path}.{side}",
                f"{text} is more than a region",
                f"write {text.split('/')[0]}: inside a region istiod fails over by itself",
            )
        if "*" in text:
            yield Violation(
                "failover-wildcard",
                f"{path}.{side}",
                f"{text} has a wildcard",
                "write one rule for each region",
            )
