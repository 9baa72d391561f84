# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that want one pod to be two things at a time, of which no forecast says what comes of it."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import PROXY_FAULTS
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DRAIN,
    FAULTS,
    RESTART,
    Event,
)

# what a sidecar is until the event is taken back
_STATES = (DRAIN, *FAULTS, *PROXY_FAULTS)
PodName: t.TypeAlias = str


def check_pods(events: t.Iterable[tuple[Event, t.Collection[PodName]]]) -> None:
    """Refuse events, in their order and with their pods, that surely contradict; raises InvalidInput."""
    for (first, pods), (second, others) in itertools.combinations(events, 2):
        if _surely_meet(first, second):
            check_pair(first, pods, second, others)


def check_pair(
    first: Event, pods: t.Collection[PodName], second: Event, others: t.Collection[PodName]
) -> None:
    """Refuse the second event while the first is in force; raises InvalidInput that names both."""
    common = sorted(set(pods) & set(others))
    if common and _contradict(first, second):
        raise InvalidInput(_problem(first, second, f"of {', '.join(common)}"))


def check_names(events: t.Iterable[Event]) -> None:
    """Refuse events whose names tell, without any lab, that they contradict; raises InvalidInput."""
    for first, second in itertools.combinations(events, 2):
        same = _same_place(first, second)
        if same and _surely_meet(first, second) and _contradict(first, second):
            raise InvalidInput(_problem(first, second, same))


def _contradict(first: Event, second: Event) -> bool:
    pair = {first.action, second.action}
    if pair == set(FAULTS) or (pair == {DRAIN} and not (first.for_ms or second.for_ms)):
        # late errors there are, and what is drained stays so
        return False
    if first.action in PROXY_FAULTS and second.action == RESTART:
        return True
    return first.action in _STATES and second.action in _STATES


def _surely_meet(first: Event, second: Event) -> bool:
    """Return whether the first is in force when the second happens, whatever the sample's pace."""
    at_once = second.together and second.at <= first.at and second.after_ms <= first.after_ms
    return first.for_ms is None or at_once


def _same_place(first: Event, second: Event) -> str:
    """Return the words for what both concern; nothing where only the lab tells."""
    if first.cluster != second.cluster:
        return ""
    common = [each for each in first.workloads if each in second.workloads]
    if common and first.namespace == second.namespace:
        return f"of {', '.join(common)}"
    if first.workloads or second.workloads:
        return ""
    same = (first.zone, first.node, first.gateway) == (second.zone, second.node, second.gateway)
    return "there" if same else ""


def _problem(first: Event, second: Event, where: str) -> str:
    return (
        f"events: '{first.title}' and '{second.title}' are both to change the sidecars {where} at a time,"
        " and a sidecar is in one state: leave one of the two out, name other workloads, or let the first"
        " end by for_ms before the second begins"
    )
