# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.contradictions import (
    check_names,
    check_pair,
    check_pods,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import ACTIONS, Event

STATES = {"drain", "fail", "delay", "kill", "hang", "blackhole"}
PROXY = {"kill", "hang", "blackhole"}


def event(action: str, **options: t.Any) -> Event:
    own = {"delay": {"delay_ms": 5}, "scale": {"replicas": 0}}.get(action, {})
    place = {} if options.keys() & {"zone", "gateway", "cluster"} else {"workloads": ("web",)}
    return Event(action, namespace="shop", **{**place, **own, **options})


def refused(check: t.Callable[[], None]) -> bool:
    try:
        check()
    except InvalidInput:
        return True
    return False


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ACTIONS, repeat=2)))
def test_a_sidecar_is_in_one_state(first: str, second: str) -> None:
    events = [event(first), event(second)]
    expected = {first, second} <= STATES and ({first, second} not in ({"fail", "delay"}, {"drain"}))
    # nothing starts a sidecar that an event has out of order
    expected = expected or (first in PROXY and second == "restart")
    pods = ["east/shop/web-1", "east/shop/web-2"]
    assert refused(lambda: check_names(events)) == expected
    assert refused(lambda: check_pods(zip(events, (pods, pods[1:]), strict=True))) == expected
    assert refused(lambda: check_pair(events[0], pods, events[1], pods[:1])) == expected
    # other pods of the same place
    assert not refused(lambda: check_pods(zip(events, (pods[:1], pods[1:]), strict=True)))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, True),
        ({}, {"after_ms": 900.0}, True),
        # whether it is over then, only the sample shows
        ({"for_ms": 500.0}, {}, False),
        ({"for_ms": 500.0}, {"together": True}, True),
        ({"for_ms": 500.0}, {"together": True, "after_ms": 600.0}, False),
        ({"for_ms": 500.0, "at": 10}, {"together": True, "at": 20}, False),
    ],
)
def test_only_events_that_surely_meet_are_refused_beforehand(
    first: dict[str, t.Any], second: dict[str, t.Any], expected: bool
) -> None:
    events = [event("kill", **first), event("hang", **second)]
    assert refused(lambda: check_names(events)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"zone": "a"}, {"zone": "a"}, "there"),
        ({"zone": "a"}, {"zone": "b"}, ""),
        ({"gateway": True}, {"gateway": True}, "there"),
        ({"zone": "a", "cluster": "east"}, {"zone": "a", "cluster": "west"}, ""),
        ({"cluster": "east"}, {"cluster": "east"}, "there"),
        ({"workloads": ("a", "b")}, {"workloads": ("b", "c")}, "of b"),
        ({"workloads": ("a", "b")}, {"workloads": ("c",)}, ""),
        ({"zone": "a"}, {"workloads": ("c",)}, ""),
    ],
)
def test_what_names_tell(first: dict[str, t.Any], second: dict[str, t.Any], expected: str) -> None:
    events = [event("kill", name="one", **first), event("drain", name="two", **second)]
    if not expected:
        check_names(events)
        return
    message = f"events: 'one' and 'two' are both to change the sidecars {expected} at a time"
    with pytest.raises(InvalidInput, match=message):
        check_names(events)


def test_both_events_and_the_pods_are_named() -> None:
    events = [
        event("kill", gateway=True, cluster="west"),
        event("drain", zone="z3", cluster="west"),
    ]
    pods = ["west/istio-system/gateway-1"]
    message = (
        "^events: 'kill the gateway of west' and 'drain zone z3 of west' are both to change the"
        " sidecars of west/istio-system/gateway-1 at a time"
    )
    with pytest.raises(InvalidInput, match=message):
        check_pods([(events[0], pods), (events[1], [*pods, "west/shop/web-1"])])
