# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The share of requests that Envoy gives to each endpoint."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    LocalityHosts,
    PriorityLevel,
    build_levels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_load import (
    OVERPROVISIONING,
    Load,
    priority_loads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.share_reasons import (
    load_reason,
    loss_reason,
    share_reason,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
)

EXACT = "exact"
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class PriorityShare:
    """One priority: what it can carry (``health``) and gets (``load``), in percent."""

    priority: int
    hosts: int
    healthy: int
    health: int
    load: int
    panic: bool
    reason: str


@dataclass(frozen=True, slots=True)
class LocalityShare:
    """One locality at one priority; ``share`` is of all requests."""

    locality: str
    priority: int
    weight: int
    hosts: int
    healthy: int
    share: float
    reason: str


class EndpointShare(t.NamedTuple):
    """One endpoint; ``share`` is of all requests."""

    endpoint: Endpoint
    locality: str
    priority: int
    share: float
    reason: str


@dataclass(frozen=True)
class Shares:
    """What to expect of one client. All shares add up to 1, or to 0 and then ``lost`` says why."""

    priorities: tuple[PriorityShare, ...]
    localities: tuple[LocalityShare, ...]
    # why requests fail; empty while they don't
    lost: str
    # how to judge samples: "exact" (a weighted scheduler) or "random" (independent draws)
    model: str
    locality_model: str
    load_balancer: str
    pools: tuple[tuple[LocalityHosts, LocalityShare, bool], ...]

    @cached_property
    def endpoints(self) -> tuple[EndpointShare, ...]:
        """Every endpoint, also those that get nothing."""
        uniform = self.load_balancer == "RANDOM"
        return tuple(
            each
            for pool, locality, panic in self.pools
            for each in _endpoint_shares(pool, locality, panic, uniform)
        )

    def by_address(self) -> dict[str, float]:
        """Return the share of each address; a gateway's address may stand for many endpoints."""
        return _summed((each.endpoint.address, each.share) for each in self.endpoints)

    def by_name(self) -> dict[str, float]:
        """Return the share of each endpoint's name, or its address where it has none."""
        return _summed(
            (each.endpoint.name or each.endpoint.address, each.share) for each in self.endpoints
        )

    def by_locality(self) -> dict[str, float]:
        """Return the share of each locality over all priorities."""
        return _summed((each.locality, each.share) for each in self.localities)


def expected_shares(assignment: Assignment, *, unhealthy: t.Collection[str] = ()) -> Shares:
    """Predict the long-run share of every locality and endpoint.

    ``unhealthy`` names endpoints (name, address or address:port) that do not answer, in addition
    to those whose health says so.
    """
    return shares_of(assignment, build_levels(assignment, unhealthy))


def shares_of(assignment: Assignment, levels: t.Sequence[PriorityLevel]) -> Shares:
    """Return the same from levels that were built before."""
    counts = [level.counts for level in levels]
    loads = priority_loads(
        [(count.healthy, count.hosts) for count in counts], assignment.panic_threshold
    )
    lost = loss_reason(assignment, levels, loads)
    split = _Split(assignment)
    pools: list[tuple[LocalityHosts, LocalityShare, bool]] = []
    for level, load in zip(levels, loads, strict=True):
        pools.extend(split.level(level, load, bool(lost)))
    model, locality_model = _models(assignment, pools)
    return Shares(
        priorities=tuple(
            _priority_share(level, load, loads, bool(lost))
            for level, load in zip(levels, loads, strict=True)
        ),
        localities=tuple(pool[1] for pool in pools),
        lost=lost,
        model=model,
        locality_model=locality_model,
        load_balancer=assignment.load_balancer,
        pools=tuple(pools),
    )


class _Split:
    """Divide a priority's load over its localities."""

    def __init__(self, assignment: Assignment) -> None:
        self._weighted = assignment.locality_weighted
        self._uniform = assignment.load_balancer == "RANDOM"
        self._hashing = assignment.load_balancer == "CONSISTENT_HASH"

    def level(
        self, level: PriorityLevel, load: Load, lost: bool
    ) -> t.Iterator[tuple[LocalityHosts, LocalityShare, bool]]:
        parts = [0.0] * len(level.pools)
        by_locality = False
        if load.load and not lost:
            if self._weighted and not load.panic:
                parts = [self._effective_weight(pool) for pool in level.pools]
                by_locality = any(parts)
            if not by_locality:
                parts = [self._host_weight(pool, load.panic) for pool in level.pools]
        total = sum(parts)
        for pool, part in zip(level.pools, parts, strict=True):
            share = part / total * load.load / 100 if total else 0.0
            yield pool, _locality_share(pool, share, by_locality, load), load.panic

    def _effective_weight(self, pool: LocalityHosts) -> float:
        hosts, healthy = pool.counts.hosts, pool.counts.healthy
        if not healthy:
            return 0.0
        if self._hashing:
            return float(pool.weight)
        return pool.weight * min(1.0, OVERPROVISIONING / 100 * healthy / hosts)

    def _host_weight(self, pool: LocalityHosts, panic: bool) -> float:
        counts = pool.counts
        if self._uniform:
            return float(counts.hosts if panic else counts.healthy)
        return float(counts.weight if panic else counts.healthy_weight)


def _locality_share(
    pool: LocalityHosts, share: float, by_locality: bool, load: Load
) -> LocalityShare:
    counts = pool.counts
    return LocalityShare(
        str(pool.locality),
        pool.priority,
        pool.weight,
        counts.hosts,
        counts.healthy,
        share,
        "; ".join(filter(None, (pool.reason, share_reason(pool, by_locality, load)))),
    )


def _priority_share(
    level: PriorityLevel, load: Load, loads: t.Sequence[Load], lost: bool
) -> PriorityShare:
    counts = level.counts
    return PriorityShare(
        level.priority,
        counts.hosts,
        counts.healthy,
        load.health,
        0 if lost else load.load,
        load.panic,
        load_reason(level, load, loads, lost),
    )


def _models(
    assignment: Assignment, pools: t.Sequence[tuple[LocalityHosts, LocalityShare, bool]]
) -> tuple[str, str]:
    """Tell how the counts of endpoints and of localities vary from one sample to the next."""
    busy = [each for each in pools if each[1].share]
    if len({each[0].priority for each in busy}) > 1:
        # which priority serves a request is drawn at random
        return RANDOM, RANDOM
    scheduled = assignment.load_balancer == "ROUND_ROBIN"
    single = all((p.counts.hosts if panic else p.counts.healthy) == 1 for p, _share, panic in busy)
    by_locality = assignment.locality_weighted and not any(each[2] for each in busy)
    if assignment.load_balancer == "CONSISTENT_HASH":
        by_locality = False
    localities = EXACT if by_locality or scheduled or len(busy) <= 1 else RANDOM
    endpoints = EXACT if scheduled or (single and localities == EXACT) else RANDOM
    return endpoints, localities


def _endpoint_shares(
    pool: LocalityHosts, locality: LocalityShare, panic: bool, uniform: bool
) -> t.Iterator[EndpointShare]:
    name, priority = locality.locality, pool.priority
    chosen = list(pool.hosts(panic)) if locality.share else []
    total = len(chosen) if uniform else sum(each.weight or 1 for each in chosen)
    picked = {id(each) for each in chosen} if len(chosen) < pool.counts.hosts else None
    each_reason = f"one of {len(chosen)} in {name or 'no locality'}" if len(chosen) > 1 else ""
    part = locality.share / total if total else 0.0
    for endpoint in pool.hosts(even_unhealthy=True):
        if picked is None or id(endpoint) in picked:
            share = part if uniform else part * (endpoint.weight or 1)
            yield EndpointShare(endpoint, name, priority, share, each_reason or locality.reason)
        else:
            why = "it is not healthy" if locality.share else locality.reason
            yield EndpointShare(endpoint, name, priority, 0.0, why)


def _summed(items: t.Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for key, share in items:
        sums[key] += share
    return dict(sums)
