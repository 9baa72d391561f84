# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A benchmark's measurements beside its goals and the run before."""

from __future__ import annotations

import importlib.util
import typing as t
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "_results.py"
GOALS = {"time": 10.0, "rate": 1000.0}


@pytest.fixture
def results(tmp_path: Path) -> t.Callable[[], t.Any]:
    spec = importlib.util.spec_from_file_location("_results", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda: module.Results("lab", GOALS, tmp_path / "kept")


def test_a_run_is_compared_with_the_one_before(
    results: t.Callable[[], t.Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first = results()
    first.add("time", "8 s", 8.0)
    first.add("gone", "1 s", 1.0)
    assert first.finish() == 0
    assert "last run" not in capsys.readouterr().out
    second = results()
    second.add("time", "6 s", 6.0)
    second.add("new", "3 s", 3.0)
    assert second.finish() == 0
    assert capsys.readouterr().out.splitlines() == [
        "time            6 s; 0.75 of the last run's; goal: at most 10, met",
        "new             3 s",
    ]
    # a measurement that a run leaves out is compared with the last one that had it
    third = results()
    third.add("gone", "2 s", 2.0)
    assert "2.00 of the last run's" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "least", "met"),
    [("time", 10.0, False, True), ("time", 11.0, False, False), ("rate", 999.0, True, False)],
)
def test_a_goal_that_is_missed_is_the_status(
    results: t.Callable[[], t.Any], name: str, value: float, *, least: bool, met: bool
) -> None:
    one = results()
    one.add(name, "x", value, least=least)
    one.add("text", "no value")
    assert one.finish() == int(not met)
    assert one.missed == ([] if met else [name])
