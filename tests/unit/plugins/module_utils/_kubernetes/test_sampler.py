# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import sampler
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile

URL = "http://helloworld.sample:5000/hello"
BODY = "Hello version: zone1, instance: helloworld-zone1-67f849545-mrt5p\n"
READY = "0123456789abcdef ready\n"


def version(number: str = "7.88.1") -> str:
    return f"0123456789abcdef version curl {number} (x86_64-pc-linux-gnu) libcurl/{number}\n"


def start(number: str = "7.88.1") -> list[tuple[float, str]]:
    """100 ms until the script runs, then 4 ms there and back."""
    return [(100, version(number)), (104, READY), (108, READY), (112, READY)]


class StopAt:
    """An event that is set when the clock shows a time."""

    def __init__(self, clock, milliseconds: float) -> None:
        self.clock = clock
        self.due = clock.now + milliseconds / 1000

    def is_set(self) -> bool:
        return self.clock.now >= self.due


def run(session, progress=lambda _count: None, **options):
    options = {"url": URL, **options}
    return sampler.run_profile(
        LoadProfile(**options), lambda _command: session, "east: app", progress
    )


def test_one_connection_carries_all_requests(session):
    counts: list[int] = []
    replayed = session("keepalive")
    records = run(replayed, counts.append, requests=4)
    assert [(r.status, r.body, r.error, r.connection) for r in records] == [(200, BODY, "", 1)] * 4
    assert [r.latency_ms for r in records] == pytest.approx([22.938, 6.178, 5.035, 3.935])
    assert counts == [1, 2, 3, 4]
    assert replayed.closed


def test_requests_follow_each_other_and_begin_when_they_could(session):
    records = run(session("keepalive"), requests=4)
    # the pod took 11.7 ms to say that it begins
    assert 10 < records[0].start_ms < 11.7
    for earlier, later in itertools.pairwise(records):
        assert later.start_ms >= earlier.end_ms - 0.001
    # the last outcome arrived 59 ms after the third line was sent
    assert 0 < 59 - records[-1].end_ms < 2


def test_two_connections_are_told_apart_and_no_number_is_used_twice(session):
    records = run(session("two_connections"), requests=5, concurrency=2, keepalive=False)
    assert sorted(r.connection for r in records) == [1, 2, 3, 4, 5]
    assert [r.start_ms for r in records] == sorted(r.start_ms for r in records)
    assert {r.body for r in records} == {BODY}


def test_a_stop_ends_every_connection_and_what_arrived_by_then_counts(session, clock):
    replayed = session("stopped")
    records = run(replayed, stop=StopAt(clock, 430), rate=10)
    assert len(records) == 5
    assert replayed.written[-1] == b"\n"
    assert all(90 < b.start_ms - a.start_ms < 115 for a, b in itertools.pairwise(records))


def test_a_stop_waits_for_the_requests_under_way(session, clock):
    late = [(600, "1 200 0 1 0.450000 0.450000 \n"), (601, "1 end\n")]
    replayed = session([*start(), *late])
    records = run(replayed, stop=StopAt(clock, 200))
    assert [round(r.latency_ms) for r in records] == [450]
    assert len(replayed.written) == 4


def test_what_began_after_the_duration_is_left_out(session):
    answers = [
        (212, "1-a\n1 200 0 1 0.100000 0.100000 \n"),
        (313, "1-b\n1 200 0 0 0.100000 0.100000 \n"),
        (414, "1-c\n1 200 0 0 0.100000 0.100000 \n1 end\n"),
    ]
    records = run(session([*start(), *answers]), duration_s=0.15)
    assert [r.body for r in records] == ["a", "b"]


def test_the_callers_clock_may_begin_earlier(session, clock):
    answers = [(150, "1-a\n1 200 0 1 0.010000 0.010000 \n1 end\n")]
    records = run(session([*start(), *answers]), requests=1, origin=clock.now - 2)
    # arrived after 150 ms, 2 ms on the way, 10 ms under way
    assert records[0].start_ms == pytest.approx(2138)


def test_a_name_that_does_not_resolve_is_an_outcome(session):
    (record,) = run(session("no_host"), url="http://nosuch.sample:5000/", requests=1, timeout_s=1)
    assert record.status == 0
    assert record.failed
    assert record.error
    assert record.connection == 0


def test_a_timeout_reads_as_on_every_provider(session):
    words = "Operation timed out after 1001 milliseconds with 0 bytes received"
    answers = [(1150, f"1-\n1 000 28 1 1.001000 0.000000 {words}\n1 end\n")]
    (record,) = run(session([*start(), *answers]), requests=1, timeout_s=1)
    assert (record.status, record.error) == (0, "no answer within 1 s")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no_curl", "east: app has no curl; a client needs a POSIX shell (sh) and curl"),
        ("no_shell", 'exec: "sh": executable file not found in $PATH'),
        ("no_shell", "a client needs a POSIX shell (sh) and curl"),
    ],
)
def test_a_container_that_cannot_send_is_told(session, source, said):
    replayed = session(source)
    with pytest.raises(MeshError) as raised:
        run(replayed, requests=1)
    assert said in str(raised.value)
    assert replayed.closed


@pytest.mark.parametrize(
    ("number", "options", "said"),
    [
        ("7.74.0", {}, "curl 7.75 or newer is needed"),
        ("7.61.1", {"rate": 5}, "curl 7.75 or newer is needed"),
        ("7.83.1", {"rate": 5}, "curl 7.84 or newer is needed to send at a rate"),
    ],
)
def test_an_old_curl_is_refused_before_anything_is_sent(session, number, options, said):
    replayed = session(start(number))
    with pytest.raises(InvalidInput, match=said):
        run(replayed, requests=1, **options)
    assert replayed.written == []


@pytest.mark.parametrize(("number", "options"), [("7.76.1", {}), ("8.11.1", {"rate": 5})])
def test_a_curl_that_is_new_enough_is_used(session, number, options):
    answers = [(150, "1-a\n1 200 0 1 0.010000 0.010000 \n1 end\n")]
    assert len(run(session([*start(number), *answers]), requests=1, **options)) == 1


@pytest.mark.parametrize(
    ("output", "status", "said"),
    [
        (
            [(150, "1-curl: option --nosuch: is unknown\n1 end\n")],
            '{"status": "Success"}',
            "east: app: curl ended after 0 responses: curl: option --nosuch: is unknown",
        ),
        (
            [(150, "1-a\n1 200 0 1 0.010000 0.010000 \n")],
            '{"status": "Failure", "details": {"causes":'
            ' [{"reason": "ExitCode", "message": "137"}]}}',
            "ended after 1 responses, with status 137: it was killed; was the pod deleted?",
        ),
        ([(150, "1-a\n1 200 0 1 0.010000 0.010000 \n")], "", "the connection was lost"),
    ],
)
def test_a_sample_that_breaks_off_is_an_error(session, output, status, said):
    with pytest.raises(MeshError) as raised:
        run(session([*start(), *output], status=status), requests=2)
    assert said in str(raised.value)


def test_silence_does_not_last_for_ever(session):
    with pytest.raises(MeshError, match=r"no response arrived for 3[67] s"):
        run(session([*start(), (1e9, "1 end\n")]), requests=1, timeout_s=6)
