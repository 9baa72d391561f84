# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An assignment as Envoy holds it: priorities, localities, distinct hosts."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    NO_HOSTS,
    Assignment,
    Endpoint,
    LocalityGroup,
    Summary,
    summarize,
)

Endpoints: t.TypeAlias = tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class LocalityHosts:
    """The hosts of one locality at one priority."""

    locality: Locality
    priority: int
    # 0 where istiod sends none
    weight: int
    counts: Summary
    chunks: tuple[Endpoints, ...]
    reason: str
    unhealthy: frozenset[str] = frozenset()
    dead: bool = False
    # addresses that an earlier locality has already: Envoy leaves them out here
    repeated: int = 0

    def hosts(self, even_unhealthy: bool) -> t.Iterator[Endpoint]:
        """Return the hosts that may be chosen."""
        for chunk in self.chunks:
            for endpoint in chunk:
                if even_unhealthy or not (self.dead or is_unhealthy(endpoint, self.unhealthy)):
                    yield endpoint

    def all_unhealthy(self) -> LocalityHosts:
        """Return the same pool with every host unhealthy."""
        counts = self.counts._replace(healthy=0, healthy_weight=0)
        return replace(self, counts=counts, dead=True)


@dataclass(frozen=True)
class PriorityLevel:
    """One priority."""

    priority: int
    pools: tuple[LocalityHosts, ...]

    @cached_property
    def counts(self) -> Summary:
        """The counts over all localities."""
        total = NO_HOSTS
        for pool in self.pools:
            total = total.plus(pool.counts)
        return total

    def all_unhealthy(self) -> PriorityLevel:
        """Return the same priority with every host unhealthy."""
        return replace(self, pools=tuple(pool.all_unhealthy() for pool in self.pools))


def is_unhealthy(endpoint: Endpoint, unhealthy: frozenset[str]) -> bool:
    """Tell whether its own health or a name in ``unhealthy`` (name, address, address:port) says so."""
    if endpoint.health != HEALTHY:
        return True
    if not unhealthy:
        return False
    return (
        endpoint.address in unhealthy
        or endpoint.name in unhealthy
        or f"{endpoint.address}:{endpoint.port}" in unhealthy
    )


def build_levels(
    assignment: Assignment, unhealthy: t.Collection[str] = ()
) -> tuple[PriorityLevel, ...]:
    """Merge equal localities and drops repeated addresses, as Envoy does."""
    out = frozenset(unhealthy) - {""}
    pools: dict[int, dict[Locality, LocalityHosts]] = {}
    seen: set[tuple[str, int]] = set()
    for group in assignment.groups:
        endpoints = _unseen(group.endpoints, seen) if group.repeats else group.endpoints
        pool = _pool(group, endpoints, out)
        level = pools.setdefault(group.priority, {})
        earlier = level.get(pool.locality)
        level[pool.locality] = _merged(earlier, pool) if earlier else pool
    last = max(pools, default=-1)
    return tuple(
        PriorityLevel(priority, tuple(pools.get(priority, {}).values()))
        for priority in range(last + 1)
    )


def _unseen(endpoints: Endpoints, seen: set[tuple[str, int]]) -> Endpoints:
    kept = []
    for endpoint in endpoints:
        key = (endpoint.address, endpoint.port)
        if key not in seen:
            seen.add(key)
            kept.append(endpoint)
    return endpoints if len(kept) == len(endpoints) else tuple(kept)


def _pool(group: LocalityGroup, endpoints: Endpoints, unhealthy: frozenset[str]) -> LocalityHosts:
    counts = group.counts if endpoints is group.endpoints else summarize(endpoints)
    if unhealthy:
        able = summarize(each for each in endpoints if not is_unhealthy(each, unhealthy))
        counts = counts._replace(healthy=able.hosts, healthy_weight=able.weight)
    return LocalityHosts(
        locality=parse_locality(group.locality),
        priority=group.priority,
        weight=group.weight or 0,
        counts=counts,
        chunks=(endpoints,),
        reason=group.reason,
        unhealthy=unhealthy,
        repeated=len(group.endpoints) - len(endpoints),
    )


def _merged(earlier: LocalityHosts, later: LocalityHosts) -> LocalityHosts:
    """Merge two messages for one locality: the hosts add up, the later weight counts."""
    return replace(
        earlier,
        weight=later.weight or earlier.weight,
        counts=earlier.counts.plus(later.counts),
        chunks=earlier.chunks + later.chunks,
        repeated=earlier.repeated + later.repeated,
    )
