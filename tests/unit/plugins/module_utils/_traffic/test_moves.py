# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long requests are disturbed: where fewer of them are, whatever a busy machine does besides."""

from __future__ import annotations

import random

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.moves import (
    Move,
    Span,
    move,
    observed_moves,
    span,
    windows,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    HELLOWORLD,
    identify_responses,
)
from hypothesis import given
from hypothesis import strategies as st


def spans(disturbed: list[bool], failing: bool = False) -> list[Span]:
    return [
        Span(10.0 * number, 10.0 * number + 5, failing and each, int(each))
        for number, each in enumerate(disturbed)
    ]


@pytest.mark.parametrize(
    ("disturbed", "moved"),
    [
        ([], 0.0),
        ([False] * 100, 0.0),
        ([True] * 20 + [False] * 80, 195.0),
        ([True, False] * 20 + [False] * 100, 385.0),
        ([True] + [False] * 99, 5.0),
        ([True] * 100, None),
        ([True, False] * 50, None),
        ([False] * 50 + [True] * 50, None),
    ],
)
def test_the_end_of_disturbance(disturbed: list[bool], moved: float | None) -> None:
    assert move(spans(disturbed), 0.0, 5000.0) == Move(moved, 0)


@pytest.mark.parametrize(
    ("sure", "failed", "moved"), [(3, (), 1505.0), (1, (), 0.0), (3, (150, 300), 3005.0)]
)
def test_few_requests_that_are_surely_disturbed(
    sure: int, failed: tuple[int, ...], moved: float
) -> None:
    slow = (100, 150, *failed)
    rare = [Span(10.0 * n, 10.0 * n + 5, n in failed, sure * (n in slow)) for n in range(450)]
    assert move(rare, 0.0, 5000.0).moved_ms == moved


def test_failures_of_the_window_count_alone() -> None:
    found = move(spans([True] * 20 + [False] * 80, failing=True), 100.0, 5000.0)
    assert found == Move(95.0, 10)
    assert move(spans([True] * 20, failing=True), 500.0, 900.0) == Move(0.0, 0)


@given(st.integers(5, 60), st.integers(0, 1000))
def test_a_few_slow_requests_make_no_difference(last: int, seed: int) -> None:
    source = random.Random(seed)
    disturbed = [True] * last + [source.random() < 0.03 for _unused in range(300)]
    found = move(spans(disturbed), 0.0, 1e6).moved_ms
    assert found is not None
    assert found - (10.0 * (last - 1) + 5) <= 100


@given(st.integers(0, 400), st.integers(1, 5), st.integers(3, 400))
def test_what_waits_counts_however_many_are_answered_before(
    lead: int, waiting: int, rest: int
) -> None:
    """An event takes its time to happen: until then requests are answered, as many as there are."""
    waits = [lead <= number < lead + waiting for number in range(lead + waiting + rest)]
    found = move([Span(float(n), n + 0.5, False, 3 * each) for n, each in enumerate(waits)], 0, 1e6)
    assert found.moved_ms == lead + waiting - 0.5


@given(st.integers(1, 5), st.integers(0, 1000), st.sampled_from([0.2, 0.9]))
def test_a_machine_that_is_busy_after_the_wait_does_not_prolong_it(
    waiting: int, seed: int, part: float
) -> None:
    source = random.Random(seed)
    busy = [int(source.random() < part) for _unused in range(200)]
    levels = [3] * waiting + busy + [0] * 200
    found = move([Span(float(n), n + 0.5, False, each) for n, each in enumerate(levels)], 0, 1e6)
    assert found.moved_ms is not None
    # where most are slow, it is no noise
    assert (found.moved_ms == waiting - 0.5) == (part < 0.5)


@pytest.mark.parametrize("start", [100.0, 490.0])
def test_a_request_under_way_at_the_end_is_the_next_event_s_unless_it_waited(start: float) -> None:
    found = span(start, 700.0, 20.0, 500.0, failed=True)
    assert (found.failed, found.disturbed) == ((True, 3) if start == 100.0 else (False, 0))


def record(action: str, began: float, **options: object) -> EventRecord:
    undone = options.pop("undone_ms", None)
    event = Event(action, "a", ("b",), **options)
    return EventRecord(event, began, began + 1, (PodRef("a", "b-1"),), undone)


def test_the_requests_of_an_event_end_with_the_next_one_or_its_own_end() -> None:
    events = [
        record("kill", 100.0),
        record("kill", 110.0, together=True),
        record("kill", 500.0),
        record("kill", 900.0, undone_ms=1200.0),
    ]
    ends = [until for _began, until in windows(events, 100_000.0)]
    assert ends == [500.0, 500.0, 900.0, 1200.0]
    assert windows(events[:1], 1500.0) == [(100.0, 1600.0)]


@pytest.mark.parametrize(("action", "moved"), [("drain", 1001.0), ("kill", 0.0)])
def test_what_is_drained_and_answers_disturbs(action: str, moved: float) -> None:
    body = "Hello version: v1, instance: {}"
    records = [
        Record(10.0 * number, 1.0, 200, body.format("b-1" if number < 200 else "c-1"))
        for number in range(400)
    ]
    responses = identify_responses(records, HELLOWORLD)
    assert observed_moves(responses, [record(action, 990.0)]) == [Move(moved, 0)]
    assert observed_moves(responses, []) == []


def test_failures_after_an_ejection_count_to_the_event_and_its_time_does_not_go_on() -> None:
    failing = {100, 101, 620, 621, 622}
    records = [
        Record(10.0 * n, 1.0, 503 if n in failing else 200, "Hello version: v1, instance: a-1")
        for n in range(900)
    ]
    (found,) = observed_moves(identify_responses(records, HELLOWORLD), [record("kill", 990.0)], 5e3)
    assert found == Move(21.0, 5)
