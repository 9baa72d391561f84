# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[3] / "playbooks" / "callback_plugins" / "report_path.py"


@pytest.fixture
def callback():
    spec = importlib.util.spec_from_file_location("report_path", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plugin = module.CallbackModule()
    plugin.printed = []
    plugin._display = SimpleNamespace(
        display=lambda text, color=None: plugin.printed.append((text, color))
    )
    return plugin


def proved(scenario, *verdicts):
    return {
        "scenario": scenario,
        "provider": "loopback",
        "duration_s": 8.44,
        "verdict": "failed" if "failed" in verdicts else "passed",
        "steps": [{"verdict": verdict} for verdict in verdicts],
    }


def done(path, action="eastwest.mesh.proof_report", **result):
    return SimpleNamespace(_task=SimpleNamespace(action=action), _result={"path": path, **result})


def test_the_last_lines_are_the_verdict_and_the_path_of_the_last_report(callback):
    for path, report in (
        ("/lab/a.json", proved("failover", "passed")),
        ("/lab/b.json", proved("distribute", "passed", "failed")),
        ("/lab/a.json", proved("failover", "passed", "passed")),
    ):
        callback.v2_runner_on_ok(done(path, report=report))
    callback.v2_playbook_on_stats(None)
    assert callback.printed == [
        ("distribute on loopback, 8.4 s: ✘ failed: 1 of 2 steps", "red"),
        ("report: /lab/b.json", None),
        ("failover on loopback, 8.4 s: ✔ passed: 2 of 2 steps", "green"),
        ("report: /lab/a.json", None),
    ]


def test_other_tasks_and_reports_that_were_not_written_are_not_mentioned(callback):
    callback.v2_runner_on_ok(done("/etc/passwd", action="ansible.builtin.copy", report={}))
    callback.v2_runner_on_ok(done("/lab/a.json"))
    callback.v2_playbook_on_stats(None)
    assert callback.printed == []


def test_check_mode_proves_nothing(callback):
    callback.v2_runner_on_ok(done("/lab/a.json", unproved="failover"))
    callback.v2_playbook_on_stats(None)
    assert callback.printed == [
        ("failover: nothing is proved, since check mode sends no request", "yellow")
    ]
