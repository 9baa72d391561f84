# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.outages import (
    MOST_OUTAGES,
    outages,
    span,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response
from hypothesis import given
from hypothesis import strategies as st


def answer(start, took=10.0, status=200, error=""):
    return Response(Record(start, took, status, error=error))


ANSWERS = st.lists(
    st.builds(
        answer,
        st.floats(0, 5000),
        st.floats(0, 300),
        st.sampled_from([200, 200, 503, 0]),
        st.just("refused"),
    ),
    max_size=60,
)


def test_an_outage_lasts_until_the_next_good_answer():
    sample = [answer(0), answer(10, 5, 503), answer(20, 5, 503), answer(30, 7), answer(50)]
    assert outages(sample) == [{"from_ms": 10, "to_ms": 37, "failed": 2}]


def test_an_outage_without_an_end_lasts_until_the_last_failure():
    assert outages([answer(0), answer(10, 5, 503), answer(20, 5, 503)]) == [
        {"from_ms": 10, "to_ms": 25, "failed": 2}
    ]


def test_one_failure_is_no_outage():
    assert outages([answer(0), answer(10, 5, 503), answer(20), answer(30, 5, 503)]) == []


def test_the_longest_outages_are_kept_in_their_order():
    sample = []
    for number in range(30):
        start = number * 1000
        sample += [
            answer(start, 1, 503),
            answer(start + 10 + number, 1, 503),
            answer(start + 100 + number),
        ]
    found = outages(sample)
    assert [each["from_ms"] for each in found] == [n * 1000 for n in range(30 - MOST_OUTAGES, 30)]


@given(ANSWERS)
def test_every_failure_that_has_another_beside_it_is_in_an_outage(answers):
    ordered = sorted(answers, key=lambda each: each.record.end_ms)
    runs = [list(run) for failed, run in itertools.groupby(ordered, lambda a: a.failed) if failed]
    found = outages(answers)
    lengths = sorted(len(run) for run in runs if len(run) > 1)
    if len(lengths) <= MOST_OUTAGES:
        assert sorted(outage["failed"] for outage in found) == lengths
    for outage in found:
        assert outage["from_ms"] <= outage["to_ms"]
        # nothing good ended between the ends of its failures
        assert any(
            outage["from_ms"] == round(min(each.record.start_ms for each in run), 3)
            and run[-1].record.end_ms <= outage["to_ms"] + 0.001
            for run in runs
        )


@given(ANSWERS)
def test_the_span_holds_every_request(answers):
    found = span(answers)
    if not answers:
        assert found == []
    else:
        assert found[0] == pytest.approx(min(a.record.start_ms for a in answers), abs=1e-3)
        assert found[1] == pytest.approx(max(a.record.end_ms for a in answers), abs=1e-3)
