# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses about locality settings, and what it should refuse."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    DistributeRule,
    FailoverRule,
    LocalityLbSettings,
    read_setting,
    read_zone_aware,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_keys import (
    key_defect,
    list_overlaps,
    set_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
)


def locality_violations(raw: Raw | None, *, outlier_detection: bool) -> Violations:
    """Check a ``localityLbSetting``; one that is switched off is checked all the same."""
    if raw is None:
        return
    try:
        setting = read_setting("", raw)
    except InvalidInput as exc:
        yield Violation("weight-range", "distribute", *str(exc).rpartition("; ")[::2])
        return
    yield from _mixed(setting)
    for index, rule in enumerate(setting.distribute):
        yield from _distribute(f"distribute[{index}]", rule)
    yield from _sources(setting.distribute)
    yield from _regions(setting, outlier_detection=outlier_detection)


def zone_aware_violations(raw: Raw | None, *, outlier_detection: bool) -> Violations:
    """Check a ``zoneAwareLbSetting``."""
    if raw is None:
        return
    setting = read_zone_aware("", raw)
    for index, label in enumerate(setting.failover_priority):
        if label in LOCALITY_LABELS:
            yield Violation(
                "zone-aware-locality-label",
                f"failoverPriority[{index}]",
                f"zone-aware routing compares {label} by itself",
                "leave the label out",
            )
    yield from _regions(setting, outlier_detection=outlier_detection)


def _regions(setting: LocalityLbSettings, *, outlier_detection: bool) -> Violations:
    if not outlier_detection:
        yield from _without_ejection(setting)
    for index, failover in enumerate(setting.failover):
        yield from _failover(f"failover[{index}]", failover)


def _mixed(setting: LocalityLbSettings) -> Violations:
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


def _distribute(path: str, rule: DistributeRule) -> Violations:
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


def _sources(rules: t.Sequence[DistributeRule]) -> Violations:
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


def _keys(field: str, keys: t.Iterable[str], *, listed: bool = True) -> Violations:
    for key in keys:
        defect = key_defect(key)
        if defect:
            where = f"{field}[{key}]" if listed else field
            yield Violation(defect.code, where, f"{key!r} {defect.message}", defect.advice)


def _without_ejection(setting: LocalityLbSettings) -> Violations:
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


def _failover(path: str, rule: FailoverRule) -> Violations:
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
