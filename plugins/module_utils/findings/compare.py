# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a defect does, told by computing with it and without it. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils.findings.cases import Case
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.wording import (
    place,
    same_split,
    split,
)


def outcome(case: Case) -> str:
    """Where a client's requests go."""
    if case.now.lost:
        return f"every request fails ({case.now.lost})"
    return split(case.shares)


def same_endpoints(first: Case, second: Case) -> bool:
    """Does every endpoint get the same, whatever its locality is called?"""
    return same_split(first.now.by_name(), second.now.by_name())


def breaks(before: Case, after: Case) -> str:
    """Whether mending something changes where requests go, or would go in a failure."""
    where = place(before.origin.client.locality)
    if not same_endpoints(before, after):
        return (
            f"it breaks the split: for clients in {where} it is {outcome(before)}; "
            f"mended, it would be {outcome(after)}"
        )
    if before.priorities != after.priorities:
        return (
            f"it does not change where requests go now (clients in {where}: {outcome(before)}), "
            f"but who takes over when that fails: {order_of(before)}; mended, {order_of(after)}"
        )
    return (
        f"it does not break the split: for clients in {where} it is {outcome(before)}, "
        "and the same once it is mended"
    )


def order_of(case: Case) -> str:
    """Who serves first, and who takes over."""
    groups: dict[int, list[str]] = {}
    for group in case.assignment.groups:
        if group.endpoints:
            groups.setdefault(group.priority, []).append(place(group.locality))
    return ", then ".join(" and ".join(groups[priority]) for priority in sorted(groups))


def first_by_service(cases: t.Iterable[Case]) -> list[Case]:
    """One case for each service, from the first client."""
    found: dict[str, Case] = {}
    for case in cases:
        found.setdefault(case.service.host, case)
    return list(found.values())
