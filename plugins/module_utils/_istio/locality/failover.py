# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Priorities by region, zone and subzone, and zone-aware ones."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    FailoverRule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    LocalityGroup,
)

Ranked: t.TypeAlias = tuple[int, LocalityGroup]


def fail_over(
    groups: t.Iterable[LocalityGroup], client: Locality, rules: t.Iterable[FailoverRule]
) -> tuple[LocalityGroup, ...]:
    """Return the nearer the lower; a rule makes one other region nearer than the rest.

    Priorities that the groups have already come first; nearness orders what is equal there.
    """
    rule = _rule_for(client, rules)
    return compact(_nearness(group, client, rule) for group in groups)


def zone_aware(
    groups: t.Iterable[LocalityGroup], client: Locality, rules: t.Iterable[FailoverRule]
) -> tuple[LocalityGroup, ...]:
    """Rank the client's region, the rule's region and the rest, as zone-aware routing does."""
    rule = _rule_for(client, rules)
    return compact(_region_only(group, client, rule) for group in groups)


def compact(ranked: t.Iterable[Ranked]) -> tuple[LocalityGroup, ...]:
    """Number the ranks that occur from 0 on, without gaps."""
    found = list(ranked)
    numbers = {
        rank: number for number, rank in enumerate(sorted({rank for rank, _unused in found}))
    }
    return tuple(replace(group, priority=numbers[rank]) for rank, group in found)


def _rule_for(client: Locality, rules: t.Iterable[FailoverRule]) -> FailoverRule | None:
    return next((rule for rule in rules if rule.source == client.region), None)


def _nearness(group: LocalityGroup, client: Locality, rule: FailoverRule | None) -> Ranked:
    locality = parse_locality(group.locality)
    if locality == client:
        rank, why = 0, "in the client's own region, zone and subzone"
        if not client.zone:
            why = "in the client's own region" if client.region else "without locality, as it is"
    elif locality[:2] == client[:2]:
        rank, why = 1, "in the client's region and zone"
    elif locality.region == client.region:
        rank, why = 2, "in the client's region"
    elif rule is None:
        rank, why = 3, "in another region"
    elif locality.region == rule.target:
        rank, why = 3, f"in the region that failover from {rule.source} names"
    else:
        rank, why = 4, f"in a region that failover from {rule.source} does not name"
    if not any(locality) and any(client):
        why = "without locality: it counts as another region"
    return group.priority * 5 + rank, _explained(group, why)


def _region_only(group: LocalityGroup, client: Locality, rule: FailoverRule | None) -> Ranked:
    region = parse_locality(group.locality).region
    if region == client.region:
        rank, why = 0, "in the client's region"
    elif rule is not None and region == rule.target:
        rank, why = 1, f"in the region that failover from {rule.source} names"
    else:
        rank, why = 2, "in another region"
    return group.priority * 3 + rank, _explained(group, why)


def _explained(group: LocalityGroup, why: str) -> LocalityGroup:
    return replace(group, reason=f"{group.reason}; {why}" if group.reason else why)
