# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses of one client, with hosts that fail in each of the ways there are."""

from __future__ import annotations

import dataclasses
import math
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.outlier_detector import (
    OutlierPolicy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import (
    ProxyModel,
    Retries,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.request_simulation import (
    Load,
    Simulation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.symptoms import (
    ERRS,
    LATE,
    REFUSES,
    SILENT,
    Symptom,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
    LocalityGroup,
)

NEAR, FAR = "10.0.0.1:80", "10.0.0.2:80"
LOAD = Load(10.0, 1, 1.0, 5000.0, 0.0, 4000.0)
RETRIES = Retries.of(None, None)


def proxy(
    *, errors: int = 1, most: int = 2, priorities: tuple[int, int] = (0, 1), **options: t.Any
) -> ProxyModel:
    groups = tuple(
        LocalityGroup(f"r/z{number}", priority, None, (Endpoint(f"10.0.0.{number}", 80),))
        for number, priority in enumerate(priorities, start=1)
    )
    found = ProxyModel(
        assignment=Assignment(groups, load_balancer="ROUND_ROBIN"),
        policy=OutlierPolicy(errors=errors, most=most),
        retries=RETRIES,
        connect_timeout_ms=300.0,
        timeout_ms=None,
        one_request_a_connection=True,
        pods={NEAR: frozenset(), FAR: frozenset()},
        plain=frozenset(),
        ejected=frozenset(),
        refusing=frozenset(),
        behind_gateways=frozenset(),
    )
    return dataclasses.replace(found, **options)


def course(model: ProxyModel, *symptoms: Symptom, load: Load = LOAD, seed: int = 1) -> Simulation:
    return Simulation(model, {NEAR: symptoms}, load, seed).run()


def wrong(kind: str, to_ms: float = math.inf, **options: t.Any) -> Symptom:
    return Symptom(kind, 1000.0, to_ms, **options)


def failed(found: Simulation) -> int:
    return sum(request.failed for request in found.requests)


def longest(found: Simulation) -> float:
    return max(request.end_ms - request.start_ms for request in found.requests)


def test_nothing_fails_where_nothing_is_wrong() -> None:
    found = course(proxy())
    assert len(found.requests) == pytest.approx(400, abs=1)
    assert (failed(found), longest(found)) == (0, pytest.approx(1.0))


@pytest.mark.parametrize(("errors", "lost"), [(1, 0), (3, 1), (5, 1), (6, 2)])
def test_each_of_three_attempts_counts_an_error(errors: int, lost: int) -> None:
    found = course(proxy(errors=errors), wrong(REFUSES))
    assert failed(found) == lost
    ((host, at),) = found.ejections
    assert host == NEAR
    assert 1000 <= at < 1000 + 200


def test_an_answer_with_an_error_is_not_tried_again() -> None:
    found = course(proxy(errors=4), wrong(ERRS))
    assert failed(found) == 4
    assert found.ejections[0][1] == pytest.approx(1040, abs=15)


def test_a_client_that_waits_for_one_connection_after_the_other() -> None:
    found = course(proxy(errors=3), wrong(SILENT))
    assert found.ejections[0][1] == pytest.approx(1900, abs=120)
    assert failed(found) == 1


def test_all_that_wait_for_a_connection_fail_with_the_first() -> None:
    found = course(proxy(errors=3), wrong(SILENT), load=dataclasses.replace(LOAD, workers=4))
    assert found.ejections[0][1] == pytest.approx(1300, abs=30)


def test_a_client_that_gives_up_leaves_its_connection_to_the_next_request() -> None:
    found = course(proxy(), wrong(SILENT), load=dataclasses.replace(LOAD, timeout_ms=200.0))
    # the attempt goes on, and fails the request that waits for it then
    assert found.ejections[0][1] == pytest.approx(1300, abs=15)
    assert failed(found) == 1
    rare = dataclasses.replace(LOAD, timeout_ms=200.0, interval_ms=400.0, to_ms=20_000.0)
    found = course(proxy(), wrong(SILENT), load=rare)
    assert found.ejections == []
    assert failed(found) > 40


@pytest.mark.parametrize("breaks", [True, False])
def test_on_connections_that_there_are_no_time_limit_counts(breaks: bool) -> None:
    model = proxy(one_request_a_connection=False)
    found = course(
        model, wrong(SILENT, breaks=breaks), load=dataclasses.replace(LOAD, timeout_ms=900.0)
    )
    # the first one is sent on the connection, and its client gives up
    assert failed(found) == (0 if breaks else 1)
    assert len(found.ejections) == 1


def test_what_is_drained_serves_on_on_connections_that_there_are() -> None:
    found = course(proxy(one_request_a_connection=False), wrong(REFUSES, breaks=False))
    assert (failed(found), found.ejections) == (0, [])
    assert sum(request.stale for request in found.requests) == pytest.approx(300, abs=2)


def test_a_host_that_answers_late() -> None:
    found = course(proxy(), wrong(LATE, delay_ms=50.0))
    assert (failed(found), longest(found)) == (0, pytest.approx(51.0))
    limited = proxy(timeout_ms=20.0, errors=2)
    found = course(limited, wrong(LATE, delay_ms=50.0))
    assert (failed(found), longest(found)) == (2, pytest.approx(20.0))


def test_what_cannot_be_ejected_is_tried_again_elsewhere_or_fails() -> None:
    both = proxy(most=0, priorities=(0, 0))
    assert failed(course(both, wrong(REFUSES))) == 0
    assert failed(
        course(dataclasses.replace(both, retries=Retries()), wrong(REFUSES))
    ) == pytest.approx(150, abs=3)


def test_requests_fail_while_all_are_out() -> None:
    alone = proxy(
        assignment=Assignment(proxy().assignment.groups[:1]), pods={NEAR: frozenset()}, most=1
    )
    found = course(alone, wrong(ERRS))
    # with nothing healthy in any priority, Envoy sends to all, or to none
    assert failed(found) > 290


def test_a_host_comes_back() -> None:
    model = proxy(policy=OutlierPolicy(errors=1, most=2, interval_ms=100.0, ejection_ms=1000.0))
    found = course(model, wrong(REFUSES, to_ms=1500.0))
    assert [host for host, _at in found.returns] == [NEAR]
    assert 2000 <= found.returns[0][1] <= 2150


def test_a_course_ends_when_nothing_will_be_wrong_and_everybody_has_an_answer() -> None:
    found = course(proxy(errors=3), wrong(REFUSES))
    assert found.requests[-1].start_ms < 2000
    # one of two clients waits on a connection that there is
    two = dataclasses.replace(LOAD, workers=2, timeout_ms=2500.0)
    found = course(proxy(one_request_a_connection=False), wrong(SILENT, breaks=False), load=two)
    assert longest(found) == pytest.approx(2500.0)
    # what cannot be ejected goes on
    found = course(proxy(most=0, priorities=(0, 0)), wrong(REFUSES))
    assert found.requests[-1].start_ms > 3900


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, Retries(2, connections=True, other_hosts=True)),
        ({"attempts": 0}, Retries()),
        (
            {"attempts": 1, "retryOn": "503,reset", "perTryTimeout": "200ms"},
            Retries(1, True, frozenset({503}), True, True, try_timeout_ms=200.0),
        ),
        (
            {
                "attempts": 3,
                "retryOn": "gateway-error",
                "backoff": "50ms",
                "retryIgnorePreviousHosts": False,
            },
            Retries(3, True, frozenset({502, 503, 504}), True, False, 50.0),
        ),
        ({"attempts": 2, "retryOn": "unavailable"}, Retries(2, other_hosts=True)),
    ],
)
def test_retries_as_a_route_has_them(policy: dict | None, expected: Retries) -> None:
    assert Retries.of(policy, None) == expected
    assert Retries.of(None, policy) == expected
