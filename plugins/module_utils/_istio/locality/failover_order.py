# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens as one priority after the other dies."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import (
    Ejection,
    ejection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    PriorityLevel,
    build_levels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.share_reasons import (
    counted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    Shares,
    shares_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Assignment


@dataclass(frozen=True, slots=True)
class FailoverStep:
    """The shares once every host of these priorities is out."""

    dead: tuple[int, ...]
    shares: Shares
    # can outlier detection bring it about, or only endpoints that become not ready or vanish?
    by_ejection: bool
    reason: str


@dataclass(frozen=True, slots=True)
class FailoverOrder:
    """The steps from now until nobody is left."""

    steps: tuple[FailoverStep, ...]
    ejection: Ejection


def failover_order(assignment: Assignment, *, unhealthy: t.Collection[str] = ()) -> FailoverOrder:
    """Let the priorities die from the first on; the last step has none left."""
    levels = build_levels(assignment, unhealthy)
    hosts = sum(level.counts.hosts for level in levels)
    limit = ejection(assignment.outlier_detection, hosts)
    steps = [FailoverStep((), shares_of(assignment, levels), True, "now")]
    populated = [level.priority for level in levels if level.counts.hosts]
    if assignment.load_balancer == "PASSTHROUGH":
        populated = []
    steps.extend(
        _step(assignment, levels, tuple(populated[: number + 1]), limit)
        for number in range(len(populated))
    )
    return FailoverOrder(tuple(steps), limit)


def _step(
    assignment: Assignment,
    levels: t.Sequence[PriorityLevel],
    dead: tuple[int, ...],
    limit: Ejection,
) -> FailoverStep:
    changed = [level.all_unhealthy() if level.priority in dead else level for level in levels]
    shares = shares_of(assignment, changed)
    must_go = sum(level.counts.healthy for level in levels if level.priority in dead)
    by_ejection = must_go <= limit.most
    which = _priorities(dead)
    if shares.lost:
        what = f"{which} dead: {shares.lost}"
    else:
        takers = [each for each in shares.localities if each.share]
        names = ", ".join(f"{_name(each.locality)} {each.share:.0%}" for each in takers)
        what = f"{which} dead: {names}"
    if not by_ejection:
        what += f"; not by ejection: {counted(must_go)} would have to go, {limit.reason}"
    return FailoverStep(dead, shares, by_ejection, what)


def _priorities(dead: t.Sequence[int]) -> str:
    if len(dead) == 1:
        return f"priority {dead[0]}"
    return f"priorities {', '.join(map(str, dead))}"


def _name(locality: str) -> str:
    return locality or "(no locality)"


def without_each_locality(
    assignment: Assignment, localities: t.Iterable[str], *, unhealthy: t.Collection[str] = ()
) -> dict[str, Shares]:
    """Return the shares when one locality alone dies, for each of these."""
    levels = build_levels(assignment, unhealthy)
    return {
        name: shares_of(assignment, [_without(level, name) for level in levels])
        for name in sorted(localities)
    }


def _without(level: PriorityLevel, locality: str) -> PriorityLevel:
    pools = tuple(
        pool.all_unhealthy() if str(pool.locality) == locality else pool for pool in level.pools
    )
    return PriorityLevel(level.priority, pools)
