# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Envoy spreads load over priorities."""

from __future__ import annotations

import typing as t

# Envoy's default in percent; istiod never changes it
OVERPROVISIONING = 140


class Load(t.NamedTuple):
    """What one priority can carry and what it gets, both in percent."""

    health: int
    load: int
    panic: bool


def enough_healthy(hosts: int) -> int:
    """Return the number of healthy hosts below which a priority spills over."""
    return -(-100 * hosts // OVERPROVISIONING)


def priority_loads(counts: t.Sequence[tuple[int, int]], panic_threshold: float) -> list[Load]:
    """Compute whole percents, as Envoy does, from each priority's healthy hosts and hosts."""
    if not counts:
        return []
    threshold = min(100, round(panic_threshold))
    health = [_health(healthy, hosts) for healthy, hosts in counts]
    total = min(100, sum(health))
    if total == 0 and threshold == 0:
        # nobody can answer; Envoy tries the first priority and fails there
        return [Load(0, 0 if index else 100, False) for index in range(len(counts))]
    panic = [total < 100 and _in_panic(*count, threshold) for count in counts]
    if all(panic):
        shares = _by_hosts([hosts for _unused, hosts in counts])
    else:
        shares = _by_health(health, total)
    return [Load(*each) for each in zip(health, shares, panic, strict=True)]


def _health(healthy: int, hosts: int) -> int:
    return min(100, OVERPROVISIONING * healthy // hosts) if hosts else 0


def _in_panic(healthy: int, hosts: int, threshold: int) -> bool:
    return (100 * healthy / hosts if hosts else 0) < threshold


def _by_health(health: t.Sequence[int], total: int) -> list[int]:
    remaining = 100
    loads = []
    for own in health:
        load = min(remaining, own * 100 // total)
        loads.append(load)
        remaining -= load
    return _with_rest(loads, remaining, health)


def _by_hosts(hosts: t.Sequence[int]) -> list[int]:
    total = sum(hosts)
    if not total:
        return [100] + [0] * (len(hosts) - 1)
    loads = [100 * own // total for own in hosts]
    return _with_rest(loads, 100 - sum(loads), hosts)


def _with_rest(loads: list[int], rest: int, able: t.Sequence[int]) -> list[int]:
    """Give what rounding leaves to the first priority that can take it."""
    first = next((index for index, own in enumerate(able) if own), 0)
    loads[first] += rest
    return loads
