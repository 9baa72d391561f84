# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.summary import (
    count_by,
    latency,
    shares,
    summarise,
    timeline,
)


def answer(start_ms, version="", status=200, latency_ms=1.0, error="", connection=1):
    names = {"version": version} if version else {}
    return Response(Record(start_ms, latency_ms, status, "", error, connection), names)


SAMPLE = [
    answer(0, "v1"),
    answer(10, "v2", latency_ms=3.0, connection=2),
    answer(20, "v1"),
    answer(30, status=503),
    answer(40, status=0, error="refused", latency_ms=100.0, connection=0),
    answer(250),
]


def test_summarise():
    result = summarise(SAMPLE)
    assert result["requests"] == 6
    assert result["errors"] == 2
    assert result["unidentified"] == 1
    assert result["status"] == {"200": 4, "503": 1}
    assert result["connection_errors"] == {"refused": 1}
    assert result["connections"] == 2
    assert result["counts"] == {"version": {"v1": 2, "v2": 1}}
    assert result["shares"] == {"version": {"v1": 2 / 3, "v2": 1 / 3}}
    # the request that got no answer has no latency
    assert result["latency_ms"]["max"] == 3.0
    assert result["duration_s"] == 0.251
    assert result["requests_per_second"] == 23.9


def test_summarise_nothing():
    result = summarise([])
    assert result["requests"] == 0
    assert result["latency_ms"] == result["shares"] == {}


def test_failed_answers_are_not_counted_for_anybody():
    failed = Response(Record(0, 1, 500), {"version": "v1"})
    assert count_by([failed, answer(0, "v2")], "version") == {"v2": 1}
    assert shares({}) == {}


def test_latency_by_nearest_rank():
    assert latency(range(1, 101)) == {
        "min": 1,
        "mean": 50.5,
        "p50": 50,
        "p90": 90,
        "p95": 95,
        "p99": 99,
        "max": 100,
    }
    assert latency([7.0]) == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), 7.0)
    assert latency([1, 2, 3])["p50"] == 2


def test_timeline_has_empty_buckets_too():
    assert timeline(SAMPLE, 100, "version") == [
        {
            "at_ms": 0,
            "requests": 5,
            "errors": 2,
            "counts": {"v1": 2, "v2": 1},
            "latency_ms": {"p50": 1.0, "max": 3.0},
        },
        {"at_ms": 100, "requests": 0, "errors": 0, "counts": {}, "latency_ms": {}},
        {
            "at_ms": 200,
            "requests": 1,
            "errors": 0,
            "counts": {},
            "latency_ms": {"p50": 1.0, "max": 1.0},
        },
    ]
    assert timeline([], 100, "version") == []
