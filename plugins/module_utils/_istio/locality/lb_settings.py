# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which locality setting is in effect, and what of it applies."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from enum import Enum

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    HOSTNAME,
    NETWORK,
    REGION,
    SUBZONE,
    ZONE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Policy

TRAFFIC_DISTRIBUTION: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "PreferClose": (NETWORK, REGION, ZONE),
    "PreferSameZone": (NETWORK, REGION, ZONE),
    "PreferSameNode": (NETWORK, REGION, ZONE, SUBZONE, HOSTNAME),
}


class Mode(Enum):
    """What decides about priorities and weights."""

    NOTHING = "nothing"
    DISTRIBUTE = "distribute"
    FAILOVER = "failover"
    FAILOVER_PRIORITY = "failoverPriority"
    ZONE_AWARE = "zone-aware"


@dataclass(frozen=True, slots=True)
class Target:
    """One entry of ``distribute.to``."""

    key: str
    pattern: Locality
    percent: int


@dataclass(frozen=True, slots=True)
class DistributeRule:
    """One entry of ``distribute``."""

    source: str
    pattern: Locality
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class FailoverRule:
    """One entry of ``failover``."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class LocalityLbSettings:
    """The one setting that is in effect; settings of several levels are never merged."""

    origin: str
    enabled: bool = True
    distribute: tuple[DistributeRule, ...] = ()
    failover: tuple[FailoverRule, ...] = ()
    failover_priority: tuple[str, ...] = ()
    # priorities are set though nothing ejects hosts
    force_failover: bool = False
    zone_aware: bool = False


@dataclass(frozen=True, slots=True)
class LbMode:
    """What the setting comes to for this policy."""

    mode: Mode
    setting: LocalityLbSettings
    # region failover after the label priorities
    region_failover: bool
    locality_weighted: bool
    reasons: tuple[str, ...]


def effective_setting(policy: Policy) -> LocalityLbSettings:
    """Return the first level that says something wins: rule, Service, mesh."""
    if policy.zone_aware_lb is not None:
        return read_zone_aware("the DestinationRule's zoneAwareLbSetting", policy.zone_aware_lb)
    if policy.locality_lb is not None:
        return read_setting("the DestinationRule's localityLbSetting", policy.locality_lb)
    labels = TRAFFIC_DISTRIBUTION.get(policy.traffic_distribution)
    if labels:
        origin = f"the Service's trafficDistribution {policy.traffic_distribution}"
        return LocalityLbSettings(origin, failover_priority=labels, force_failover=True)
    if policy.mesh_zone_aware_lb is not None:
        return read_zone_aware("the mesh's zoneAwareLbSetting", policy.mesh_zone_aware_lb)
    if policy.mesh_locality_lb is not None:
        return read_setting("the mesh's localityLbSetting", policy.mesh_locality_lb)
    return LocalityLbSettings("no locality setting at all", enabled=False)


def read_setting(origin: str, raw: t.Mapping[str, t.Any]) -> LocalityLbSettings:
    """Read a ``localityLbSetting`` as written in YAML."""
    return LocalityLbSettings(
        origin,
        enabled=raw.get("enabled") is not False,
        distribute=tuple(_distribute_rule(rule) for rule in raw.get("distribute") or ()),
        failover=_failover_rules(raw),
        failover_priority=tuple(raw.get("failoverPriority") or ()),
    )


def read_zone_aware(origin: str, raw: t.Mapping[str, t.Any]) -> LocalityLbSettings:
    """Read a ``zoneAwareLbSetting`` as written in YAML."""
    enabled = raw.get("enabled") is not False
    return LocalityLbSettings(
        origin,
        enabled=enabled,
        failover=_failover_rules(raw),
        failover_priority=tuple(raw.get("failoverPriority") or ()),
        force_failover=enabled,
        zone_aware=True,
    )


def resolve_mode(policy: Policy) -> LbMode:
    """Decide between weights, priorities by region, priorities by labels, and nothing."""
    setting = effective_setting(policy)
    origin = setting.origin
    if not setting.enabled:
        why = f"{origin} switches it off" if setting.origin.startswith("the ") else origin
        return _applied(Mode.NOTHING, setting, f"locality routing is off: {why}")
    if setting.distribute:
        return _applied(
            Mode.DISTRIBUTE, setting, f"{origin} has distribute: weights, no priorities"
        )
    if policy.outlier_detection is None and not setting.force_failover:
        found = _applied(
            Mode.NOTHING,
            setting,
            f"{origin} sets no priorities, because no rule has outlierDetection for this host",
        )
        # the mesh's default ejects hosts, so Envoy weighs localities, but sets no priorities
        rules = bool(setting.failover or setting.failover_priority) and not setting.zone_aware
        ejecting = policy.mesh_outlier_detection is not None
        return replace(found, locality_weighted=rules and ejecting)
    if setting.zone_aware:
        return _applied(Mode.ZONE_AWARE, setting, f"{origin} is zone-aware")
    if setting.failover_priority:
        listed = ", ".join(setting.failover_priority)
        return _applied(Mode.FAILOVER_PRIORITY, setting, f"{origin} compares labels: {listed}")
    if setting.failover:
        return _applied(Mode.FAILOVER, setting, f"{origin} has failover")
    return _applied(
        Mode.FAILOVER,
        setting,
        f"{origin} has no rules: outlierDetection alone turns on failover by nearness",
    )


def _applied(mode: Mode, setting: LocalityLbSettings, reason: str) -> LbMode:
    label_mode = mode is Mode.FAILOVER_PRIORITY
    weighted = mode is Mode.DISTRIBUTE or label_mode
    weighted = weighted or (mode is Mode.FAILOVER and bool(setting.failover))
    reasons = [reason]
    if mode is Mode.DISTRIBUTE and (setting.failover or setting.failover_priority):
        reasons.append("failover and failoverPriority are ignored beside distribute")
    return LbMode(mode, setting, label_mode and bool(setting.failover), weighted, tuple(reasons))


def _failover_rules(raw: t.Mapping[str, t.Any]) -> tuple[FailoverRule, ...]:
    return tuple(
        FailoverRule(rule.get("from") or "", rule.get("to") or "")
        for rule in raw.get("failover") or ()
    )


def _distribute_rule(raw: t.Mapping[str, t.Any]) -> DistributeRule:
    source = raw.get("from") or ""
    targets = (raw.get("to") or {}).items()
    return DistributeRule(
        source,
        parse_locality(source),
        tuple(
            # YAML reads a key such as 10 as a number
            Target(str(key), parse_locality(str(key)), _percent(str(key), value))
            for key, value in targets
        ),
    )


def _percent(key: str, value: t.Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"distribute: the weight of {key!r} is {value!r}; write a whole number from 1 to 100"
        ) from None
