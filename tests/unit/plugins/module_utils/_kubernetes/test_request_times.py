# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import request_times
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.curl_output import (
    Connection,
    CurlResponse,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile


def answer(
    latency: float, arrived: float, *, status: int = 200, connected: bool = False
) -> CurlResponse:
    return CurlResponse(status, "", "" if status else "failed", False, connected, latency, arrived)


@pytest.mark.parametrize(
    ("outcomes", "way", "expected"),
    [
        # each outcome arrived by itself: latency and the way back before that
        ([(10, 112), (20, 142)], 2, [100, 120]),
        # all arrived together: each ended before the next began
        ([(10, 200), (20, 200), (30, 200)], 0, [140, 150, 170]),
        # the first two were kept back until the third
        ([(10, 300), (10, 300), (10, 320)], 0, [280, 290, 310]),
        # a pause between requests stays
        ([(5, 105), (5, 205), (5, 305)], 0, [100, 200, 300]),
        # nothing begins before it may
        ([(50, 140)], 0, [95]),
        ([], 0, []),
    ],
)
def test_when_requests_began(outcomes, way, expected):
    answers = [answer(*outcome) for outcome in outcomes]
    assert request_times.starts(answers, 95, way) == expected


def records(*connections: list[CurlResponse], **options):
    profile = LoadProfile("http://a/", **{"requests": 9, **options})
    return request_times.records(
        [Connection(responses=each) for each in connections], profile, 0, 0
    )


def test_connections_are_merged_in_the_order_of_time():
    made = records([answer(1, 10, connected=True), answer(1, 30)], [answer(1, 20, connected=True)])
    assert [(record.start_ms, record.connection) for record in made] == [(9, 1), (19, 2), (29, 1)]


@pytest.mark.parametrize(
    ("answers", "options", "numbers"),
    [
        ([(200, True), (200, False), (200, True)], {}, [1, 1, 2]),
        # it could not be opened
        ([(0, False), (200, True)], {}, [0, 1]),
        # it broke under way: the next request needs another
        ([(200, True), (0, False), (0, False), (200, True)], {}, [1, 1, 0, 2]),
        ([(200, True), (200, True)], {"keepalive": False}, [1, 2]),
    ],
)
def test_a_number_stands_for_one_connection(answers, options, numbers):
    made = records(
        [
            answer(1, 10 * at, status=status, connected=connected)
            for at, (status, connected) in enumerate(answers, 1)
        ],
        **options,
    )
    assert [record.connection for record in made] == numbers


def test_times_count_from_the_plans_origin():
    (record,) = records([answer(1, 5000)], origin=2.0)
    assert record.start_ms == 2999


def test_a_duration_leaves_out_what_began_later():
    made = records([answer(1, 400), answer(1, 501), answer(1, 502.5)], duration_s=0.501)
    assert [record.start_ms for record in made] == [399, 500]
