# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is printed of a report, and when."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.eastwest.mesh.plugins.action import proof_report
from ansible_collections.eastwest.mesh.plugins.plugin_utils import in_worker
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import RunModule

REPORT = {
    "scenario": "failover",
    "provider": "loopback",
    "duration_s": 8.4,
    "verdict": "failed",
    "steps": [],
}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    display = SimpleNamespace(display=lambda text, color=None: lines.append(text))
    monkeypatch.setattr(in_worker, "Display", lambda: display)
    return lines


def run(
    monkeypatch: pytest.MonkeyPatch, result: dict[str, t.Any], **args: t.Any
) -> dict[str, t.Any]:
    monkeypatch.setattr(RunModule, "run", lambda *_args: dict(result))
    action = object.__new__(proof_report.ActionModule)
    action._task = SimpleNamespace(args=args)
    action.run()
    return t.cast("dict[str, t.Any]", action._task.args)


def test_a_report_is_printed(monkeypatch: pytest.MonkeyPatch, printed: list[str]) -> None:
    given = run(monkeypatch, {"report": REPORT}, versions={"Istio": "1.27.0"})
    assert printed[-1] == "✘ failed: 0 of 0 steps"
    assert given["versions"].keys() == {"eastwest.mesh", "Istio"}


def test_check_mode_proves_nothing(monkeypatch: pytest.MonkeyPatch, printed: list[str]) -> None:
    run(monkeypatch, {"unproved": "failover"})
    assert printed == ["failover: nothing is proved, since check mode sends no request"]


@pytest.mark.parametrize("partial", [True, "yes"])
def test_a_report_of_a_part_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, printed: list[str], partial: t.Any
) -> None:
    run(monkeypatch, {"report": REPORT}, partial=partial)
    assert printed == []


def test_what_a_terminal_obeys_is_not_printed(printed: list[str]) -> None:
    in_worker.show_lines([("Pod a\x1b[2J\x07b", "red")])
    assert printed == ["Pod a\ufffd[2J\ufffdb"]
