# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Effects of defects, computed with the defect and without it."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    place,
    same_split,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode

Item = t.TypeVar("Item")


def outcome(case: TrafficCase) -> str:
    """Where a client's requests go."""
    if case.now.lost:
        return f"that every request fails ({case.now.lost}){_supposition(case)}"
    return f"{split(case.shares)}{_supposition(case)}"


def sends(case: TrafficCase) -> str:
    """The same as a sentence about the client."""
    where = place(case.origin.client.locality)
    if case.now.lost:
        return f"every request of clients in {where} fails ({case.now.lost}){_supposition(case)}"
    return f"clients in {where} send {split(case.shares)}{_supposition(case)}"


def _supposition(case: TrafficCase) -> str:
    """What numbers are of that are not those of now, which the forecast has."""
    return " with all endpoints ready" if case.healed else ""


def same_endpoints(first: TrafficCase, second: TrafficCase) -> bool:
    """Does every endpoint get the same, whatever its locality is called?"""
    return same_split(first.now.by_name(), second.now.by_name())


def effect_of_fix(before: TrafficCase, after: TrafficCase) -> str:
    """Whether mending something changes where requests go, or would go in a failure."""
    where = place(before.origin.client.locality)
    if not same_endpoints(before, after):
        was, would_be = outcome(before), outcome(after)
        if was == would_be:
            was, would_be = split(before.now.by_name()), split(after.now.by_name())
        return (
            f"it {verb(before)}: for clients in {where} it is {was}; mended, it would be {would_be}"
        )
    if before.priorities != after.priorities:
        return (
            f"it does not change where requests go now ({sends(before)}), but who takes over "
            f"when that fails: the order is {order_of(before)}; mended, {order_of(after)}"
        )
    return (
        f"it does not {verb(before, infinitive=True)}: for clients in {where} it is "
        f"{outcome(before)}, and the same once it is mended"
    )


def verb(case: TrafficCase, *, infinitive: bool = False) -> str:
    """What a difference does: to weights that somebody gave, or to the way requests take."""
    end = "" if infinitive else "s"
    if case.applied.mode is Mode.DISTRIBUTE:
        return f"break{end} the split"
    return f"change{end} where requests go"


def order_of(case: TrafficCase) -> str:
    """Who serves first, and who takes over."""
    groups: dict[int, list[str]] = {}
    for group in case.assignment.groups:
        if group.endpoints:
            groups.setdefault(group.priority, []).append(place(group.locality))
    return ", then ".join(" and ".join(groups[priority]) for priority in sorted(groups))


def first_where(
    items: t.Iterable[Item],
    key: t.Callable[[Item], t.Hashable],
    holds: t.Callable[[Item], object],
) -> list[Item]:
    """Of the items with the same key, the first of which it holds."""
    found: dict[t.Hashable, Item] = {}
    for item in items:
        name = key(item)
        if name not in found and holds(item):
            found[name] = item
    return list(found.values())


def first_by_service(
    cases: t.Iterable[TrafficCase], holds: t.Callable[[TrafficCase], object] = bool
) -> list[TrafficCase]:
    """For each service, the case of the first client and port of which it holds."""
    return first_where(cases, lambda case: case.service.host, holds)
