# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.outlier_detector import (
    MERGE_WINDOW_MS,
    OutlierDetector,
    OutlierPolicy,
)
from hypothesis import given
from hypothesis import strategies as st

# of any priorities
HOSTS = ("a", "b", "c")
POLICY = OutlierPolicy(errors=2, most=3, interval_ms=1000.0, ejection_ms=3000.0)


def detector(policy: OutlierPolicy = POLICY) -> OutlierDetector:
    return OutlierDetector(policy, HOSTS, first_sweep_ms=500.0)


def test_consecutive_errors_eject_at_once() -> None:
    found = detector()
    found.failed("a", 10.0)
    found.succeeded("a")
    found.failed("a", 20.0)
    assert found.unhealthy == frozenset()
    found.failed("a", 30.0)
    assert found.unhealthy == {"a"}
    assert found.ejections == [("a", 30.0)]


def test_a_second_ejection_is_held_back_for_a_second() -> None:
    found = detector()
    for at, host in ((10.0, "a"), (11.0, "a"), (400.0, "b"), (401.0, "b"), (900.0, "c")):
        found.failed(host, at)
    found.failed("c", 901.0)
    assert found.unhealthy == {"a"}
    assert found.held_back == [("b", 401.0), ("c", 901.0)]
    # a second after it, not after the first one, and with it what changed meanwhile
    found.advance(1400.0)
    assert found.unhealthy == {"a"}
    found.advance(1401.0)
    assert found.unhealthy == {"a", "b", "c"}


def test_a_host_comes_back_at_the_first_sweep_after_its_time_and_later_each_time() -> None:
    found = detector()
    for ejected, returned in ((100.0, 3500.0), (4000.0, 10_500.0)):
        found.failed("a", ejected)
        found.failed("a", ejected)
        found.advance(returned - 1)
        assert found.unhealthy == {"a"}
        found.advance(returned)
        assert found.unhealthy == frozenset()
        assert found.returns[-1] == ("a", returned)


@pytest.mark.parametrize(
    ("rule", "ejecting", "errors"),
    [
        ({"consecutive5xxErrors": 3}, {"status": 500}, 3),
        ({"consecutive5xxErrors": 3}, {"local": True}, 3),
        ({}, {"status": 500}, 5),
        ({"consecutive5xxErrors": 0, "consecutiveGatewayErrors": 2}, {"status": 503}, 2),
        ({"consecutive5xxErrors": 0, "consecutiveGatewayErrors": 2}, {"local": True}, 2),
        ({"consecutive5xxErrors": 0, "consecutiveGatewayErrors": 2}, {"status": 500}, None),
        (
            {"splitExternalLocalOriginErrors": True, "consecutiveLocalOriginFailures": 4},
            {"local": True},
            4,
        ),
        ({"splitExternalLocalOriginErrors": True, "consecutive5xxErrors": 2}, {"local": True}, 5),
        ({"splitExternalLocalOriginErrors": True, "consecutive5xxErrors": 2}, {"status": 503}, 2),
        (None, {"status": 503}, None),
    ],
)
def test_the_errors_that_a_rule_counts(rule: dict, ejecting: dict, errors: int | None) -> None:
    found = detector(
        OutlierPolicy.of(None if rule is None else {**rule, "maxEjectionPercent": 100}, 3)
    )
    needed = next(
        (n for n in range(1, 20) if found.failed("a", 1.0, **ejecting) or found.ejections), None
    )
    assert needed == errors


STEPS = st.lists(st.tuples(st.sampled_from(HOSTS), st.floats(0, 2000), st.booleans()), max_size=60)


@given(STEPS, st.integers(0, 3))
def test_workers_know_after_a_second_and_never_of_too_many(steps: list, most: int) -> None:
    found = OutlierDetector(
        OutlierPolicy(errors=2, most=most, interval_ms=700.0, ejection_ms=1000.0), HOSTS, 0.0
    )
    now = 0.0
    for host, pause, fails in steps:
        now += pause
        found.advance(now)
        if fails:
            found.failed(host, now)
        else:
            found.succeeded(host)
        ends = dict(found.returns)
        begins = {name: at for name, at in found.ejections if at > ends.get(name, -1.0)}
        assert len(begins) <= most
        late = {name for name, at in begins.items() if at < now - MERGE_WINDOW_MS}
        gone = {
            name for name, at in ends.items() if name not in begins and at < now - MERGE_WINDOW_MS
        }
        assert late <= found.unhealthy
        assert not gone & found.unhealthy
    assert {*found.held_back} <= {*found.ejections}
