# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide reports of real runs, and reports made up from anything."""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t

import pytest
from hypothesis import strategies as st

# written by the loopback provider: a failover, one whose outage is expected, and 16 steps of a federation
RUNS = {path.stem: path for path in sorted((pathlib.Path(__file__).parent / "runs").glob("*.json"))}
# of a loopback lab: an explanation with findings of each severity, and a path whose gateway fails
DOCUMENTS = {
    path.stem: path for path in sorted((pathlib.Path(__file__).parent / "documents").glob("*.json"))
}

Report: t.TypeAlias = dict[str, t.Any]


def load(name: str) -> Report:
    """Return the report of a real run."""
    return json.loads((RUNS | DOCUMENTS)[name].read_text(encoding="utf-8"))


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Report:
    """Return each real run in turn."""
    return load(request.param)


@pytest.fixture
def failed() -> Report:
    """Return a real run with a step that failed, one without a sample, and hostile names."""
    return spoilt(load("failover"))


def spoilt(report: Report) -> Report:
    """Return a report that failed, whose names would break pages that do not escape."""
    report = copy.deepcopy(report)
    report["verdict"] = "failed"
    report["scenario"] = HOSTILE
    step = report["steps"][2]
    step["verdict"] = "failed"
    step["reasons"] = ["zone2: 97.0% instead of 100.0%\nzone1: 15 of 500 requests", HOSTILE]
    step["observed"] = {"zone2": 0.97, "zone1": 0.03}
    step["findings"] = load("explanation")["findings"]
    report["steps"].append(
        {
            **{name: [] for name in ("reasons", "because")},
            **{name: {} for name in ("observed", "judged", "latency_ms", "status")},
            **dict.fromkeys(("requests", "errors", "connections", "unidentified"), 0),
            "name": HOSTILE,
            "expected": {HOSTILE: 0.75, "zone1": 0.25},
            "verdict": "failed",
            "expectation": "",
            "requests_per_second": 0.0,
            "reasons": ["no sample was taken"],
        }
    )
    return report


HOSTILE = "</script><script>alert(1)</script> & \"quoted\" 'it' | `a` *b* ]]> \u2028 \x07"

_NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=7, unique=True)
_COUNT = st.integers(0, 400)


@st.composite
def steps(draw: st.DrawFn) -> Report:
    """Return a step as any sample might have given it."""
    names = draw(_NAMES)
    length = draw(st.integers(1, 8))
    columns = {name: draw(st.lists(_COUNT, min_size=length, max_size=length)) for name in names}
    errors = draw(st.lists(_COUNT, min_size=length, max_size=length))
    requests = [sum(column) for column in zip(*columns.values(), errors, strict=True)]
    total = max(1, sum(map(sum, columns.values())))
    moment = st.floats(0, length * 100, allow_nan=False)
    times = draw(st.lists(st.none() | st.floats(0, 9000), min_size=length, max_size=length))
    passed = draw(st.booleans())
    return {
        "name": draw(st.text(min_size=1, max_size=40)),
        "requests": sum(requests),
        "errors": sum(errors),
        "expected": {names[0]: 1.0},
        "observed": {name: sum(counts) / total for name, counts in columns.items()},
        "verdict": "passed" if passed else "failed",
        "reasons": [] if passed else draw(st.lists(st.text(), min_size=1, max_size=3)),
        "expectation": draw(st.sampled_from(["", "statement", "forecast", "both"])),
        "because": draw(st.lists(st.text(), max_size=2)),
        "judged": {"by": "version", "method": "exact", "model": "any", "max_errors": 0},
        "latency_ms": draw(st.sampled_from([{}, {"p50": 0.4, "p95": 2.0, "p99": 7.5, "max": 900.0}])),
        "requests_per_second": 12.5,
        "connections": 1,
        "status": {},
        "unidentified": 0,
        "timeline": {
            "bin_ms": 100.0,
            "counts": columns,
            "requests": requests,
            "errors": errors,
            "p50_ms": times,
            "max_ms": times,
        },
        "events": [
            {
                "name": draw(st.text(max_size=30)),
                "action": "drain",
                "namespace": "sample",
                "workloads": ["a"],
                "at_ms": draw(moment),
                "took_ms": 1.0,
                "failover_ms": draw(st.none() | moment),
            }
            for _unused in range(draw(st.integers(0, 2)))
        ],
        "failures": [
            {"at_ms": draw(moment), "took_ms": 3.0, "reason": draw(st.text())}
            for _unused in range(draw(st.integers(0, 2)))
        ],
    }  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Return a report of any steps."""
    taken = draw(st.lists(steps(), max_size=2))
    passed = bool(taken) and all(step["verdict"] == "passed" for step in taken)
    return {
        "schema": 1,
        "scenario": draw(st.text(max_size=30)),
        "provider": "loopback",
        "versions": {},
        "verdict": "passed" if passed else "failed",
        "started": "2026-01-31T12:00:00.000000Z",
        "duration_s": 9.8,
        "steps": taken,
    }
