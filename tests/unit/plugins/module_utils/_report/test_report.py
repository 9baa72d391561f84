# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    Header,
    build,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    to_json,
    write_text,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import render

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
HEADER = Header("failover", "loopback", BEGAN.isoformat())


def sample(expected, observed, errors=0, passed=True, **more):
    judgement = {
        "passed": passed,
        "by": "version",
        "expectation": "forecast",
        "because": ["it is near"],
        "method": "exact",
        "model": "all requests go to one name",
        "expected": expected,
        "observed": observed,
        "counts": {},
        "reasons": [] if passed else ["zone1: 1 of 500 requests, none was expected"],
        "max_errors": 0,
    }
    return {
        "requests": 500,
        "errors": errors,
        "unidentified": 0,
        "status": {"200": 500},
        "latency_ms": {"min": 0.1, "mean": 0.2, "p50": 0.5, "p90": 0.7, "p95": 0.9, "p99": 1.4, "max": 3.0},
        "judgement": judgement,
        "failed": not passed,
    } | more  # fmt: skip


NEAR = {"name": "near", "sample": sample({"zone1": 1.0}, {"zone1": 1.0})}
MOVED = {
    "name": "zone1 drained",
    "sample": sample(
        {"zone2": 1.0},
        {"zone2": 1.0},
        failover_ms=2.25,
        events=[{"name": "drain helloworld-zone1"}],
        before={"requests": 100, "errors": 0},
        transition={"requests": 40, "errors": 0},
    ),
}
WRONG = {
    "name": "back",
    "sample": sample({"zone2": 1.0}, {"zone1": 0.002, "zone2": 0.998}, passed=False, errors=2),
}
NOT_TAKEN = {"name": "broken", "expect": {"zone1": 3, "zone2": 1}, "sample": {"failed": True, "msg": "no client"}}  # fmt: skip
SKIPPED = {"name": "skipped"}


def report(*steps):
    return build(HEADER, steps, BEGAN + timedelta(seconds=7.25))


def test_the_document():
    document = report(NEAR, MOVED)
    assert document["scenario"] == "failover"
    assert document["provider"] == "loopback"
    assert document["verdict"] == "passed"
    assert document["started"] == "2026-01-31T12:00:00+00:00"
    assert document["duration_s"] == 7.25
    near, moved = document["steps"]
    assert near == {
        "name": "near",
        "requests": 500,
        "errors": 0,
        "expected": {"zone1": 1.0},
        "observed": {"zone1": 1.0},
        "verdict": "passed",
        "reasons": [],
        "expectation": "forecast",
        "because": ["it is near"],
        "judged": {
            "by": "version",
            "method": "exact",
            "model": "all requests go to one name",
            "max_errors": 0,
        },
        "latency_ms": {"p50": 0.5, "p95": 0.9, "p99": 1.4, "max": 3.0},
        "requests_per_second": 0.0,
        "connections": 0,
        "status": {"200": 500},
        "unidentified": 0,
    }
    assert moved["failover_ms"] == 2.25
    assert moved["transition"] == {"requests": 40, "errors": 0}
    assert moved["events"][0]["name"] == "drain helloworld-zone1"


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        (NEAR, "passed"),
        (WRONG, "failed"),
        (NOT_TAKEN, "failed"),
        (SKIPPED, "failed"),
        ({"name": "a", "sample": {"skipped": True}}, "failed"),
        # nothing is expected but answers
        ({"name": "a", "sample": sample({}, {}, judgement=None)}, "passed"),
        ({"name": "a", "sample": sample({}, {}, judgement=None, errors=1)}, "failed"),
        # as does a sample in which no request was judged
        ({"name": "a", "sample": sample({}, {}, judgement=None, requests=0)}, "failed"),
        ({"name": "a", "sample": NEAR["sample"] | {"requests": 0}}, "failed"),
        ({"name": "a", "sample": sample({}, {}, judgement=None, unidentified=1)}, "failed"),
        ({"name": "a", "sample": NEAR["sample"] | {"failed": True, "msg": "x"}}, "failed"),
    ],
)
def test_one_failed_step_fails_the_proof(step, verdict):
    document = report(NEAR, step)
    assert document["verdict"] == verdict
    assert document["steps"][1]["verdict"] == verdict
    assert bool(document["steps"][1]["reasons"]) == (verdict == "failed")


def test_a_proof_without_steps_proves_nothing():
    assert report()["verdict"] == "failed"


def test_a_step_that_was_not_taken_says_why():
    step = report(NOT_TAKEN)["steps"][0]
    assert step["expected"] == {"zone1": 0.75, "zone2": 0.25}
    assert step["observed"] == {}
    assert step["reasons"] == ["no client"]
    assert report({"name": "a", "expect": {"b": "much"}})["steps"][0]["expected"] == {}


def test_the_time_must_have_a_zone():
    for started in ("yesterday", "2026-01-31T12:00:00", ""):
        with pytest.raises(InvalidInput, match="started"):
            build(Header("a", "b", started), [], BEGAN)
    assert build(Header("a", "b", "2026-01-31T11:59:59Z"), [], BEGAN)["duration_s"] == 1


def test_the_file_is_whole_and_private(tmp_path):
    path = tmp_path / "lab" / "report" / "failover.json"
    write_text(path, to_json(report(NEAR)))
    write_text(path, to_json(report(NEAR, MOVED)))
    assert json.loads(path.read_text(encoding="utf-8")) == report(NEAR, MOVED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_directory_that_exists_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    write_text(tmp_path / "a.json", "{}")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MeshError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.json", "{}")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(MeshError, match="cannot be written"):
        write_text(tmp_path / "a.json", "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "file"]


def text(*steps):
    return "\n".join(line.text for line in render(report(*steps)))


def test_the_table():
    assert (
        text(NEAR, MOVED, WRONG)
        == """
failover on loopback, 7.2 s
step           requests        zone1         zone2  errors  failover  expected by  verdict
───────────────────────────────────────────────────────────────────────────────────────────
near                500  100% / 100%             –       0         –  forecast     ✔ passed
zone1 drained       500            –   100% / 100%       0   2.25 ms  forecast     ✔ passed
back                500    0% / 0.2%  100% / 99.8%       2         –  forecast     ✘ failed
zones: expected / observed share
✘ back: zone1: 1 of 500 requests, none was expected

✘ failed: 1 of 3 steps"""
    )


def test_the_colours():
    colours = {line.text.split("  ")[0]: line.colour for line in render(report(NEAR, WRONG))}
    assert colours["near"] == "green"
    assert colours["back"] == "red"
    assert colours["step"] is None
    assert colours["✘ failed: 1 of 2 steps"] == "red"
    assert render(report(NEAR))[-1].colour == "green"


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_screen_has_two_lines_a_step(width):
    shares = {"zone1": 1 / 3, "zone2": 2 / 3}
    lines = [
        line.text
        for line in render(
            report(
                {"name": "near", "sample": sample(shares, shares)},
                {"name": "gone", "sample": sample({"zone1": 1.0}, {}, failover_ms=9.74)},
            ),
            width,
        )
    ]
    assert lines[2:7] == [
        "✔ passed  near: 500 requests, 0 errors",
        "    zone1 33.3% / 33.3%, zone2 66.7% / 66.7%",
        "✔ passed  gone: 500 requests, 0 errors, failover 9.74 ms",
        "    zone1 100% / 0%",
        "zones: expected / observed share",
    ]


def test_a_wide_screen_has_columns():
    shares = {"zone1": 1.0}
    near = report({"name": "near", "sample": sample(shares, shares)})
    assert render(near, 200) == render(near)


def test_many_zones_are_stacked():
    shares = {f"c{number}z1": 0.125 for number in range(1, 9)}
    step = {"name": "all", "sample": sample(shares, shares, failover_ms=46_000)}
    assert text(step) == "\n".join(
        [
            "",
            "failover on loopback, 7.2 s",
            "✔ passed  all: 500 requests, 0 errors, failover 46.0 s, expected by forecast",
            *(f"    c{number}z1  12.5% / 12.5%" for number in range(1, 9)),
            "zones: expected / observed share",
            "",
            "✔ passed: 1 of 1 step",
        ]
    )


@pytest.mark.parametrize(("share", "shown"), [(0.99999, "99.9%"), (0.00001, "0.1%"), (1 / 3, "33.3%")])  # fmt: skip
def test_nearly_all_does_not_look_like_all(share, shown):
    assert f"100% / {shown}" in text({"name": "a", "sample": sample({"z": 1.0}, {"z": share})})


def test_a_table_without_zones():
    assert "zones" not in text({"name": "a", "sample": sample({}, {}, judgement=None)})
    assert "failed: 0 of 0 steps" in text()


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("statement", "statement"),
        ("forecast", "forecast"),
        ("both", "statement, forecast"),
        (None, "–"),
    ],
)
def test_where_the_expectation_comes_from(source, shown):
    step = {"name": "a", "sample": sample({"z": 1.0}, {"z": 1.0})}
    step["sample"]["judgement"]["expectation"] = source
    row = text(step).splitlines()[4]
    assert re.split(r"\s{2,}", row)[-2] == shown
