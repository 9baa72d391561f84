# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible import context
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.next_steps import NEXT

STATS = SimpleNamespace(failures={}, dark={})
SOURCE = Path(__file__).parents[3] / "playbooks" / "callback_plugins" / "conclusion.py"


class AtExit:
    """What is called at the end of the process, in place of the module of that name."""

    def __init__(self):
        self.calls = []

    def register(self, *call):
        self.calls.append(call)

    def unregister(self, function):
        self.calls = [call for call in self.calls if call[0] != function]


@pytest.fixture
def at_exit():
    return AtExit()


@pytest.fixture
def callback(at_exit):
    spec = importlib.util.spec_from_file_location("conclusion", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.atexit = at_exit
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


def test_the_last_lines_are_the_verdict_and_the_paths_of_the_last_report(callback):
    for path, report in (
        ("/lab/a.json", proved("failover", "passed")),
        ("/lab/b.json", proved("distribute", "passed", "failed")),
        ("/lab/a.json", proved("failover", "passed", "passed")),
    ):
        callback.v2_runner_on_ok(done(path, report=report, page=path.replace(".json", ".html")))
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == [
        ("distribute on loopback, 8.4 s: ✘ failed: 1 of 2 steps", "red"),
        ("report: /lab/b.json", None),
        ("page: /lab/b.html", None),
        ("failover on loopback, 8.4 s: ✔ passed: 2 of 2 steps", "green"),
        ("report: /lab/a.json", None),
        ("page: /lab/a.html", None),
    ]


def test_other_tasks_and_reports_that_were_not_written_are_not_mentioned(callback):
    callback.v2_runner_on_ok(done("/etc/passwd", action="ansible.builtin.copy", report={}))
    callback.v2_runner_on_ok(done("/lab/a.json"))
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == []


def test_pages_of_explanations_are_named(callback):
    for _time in range(2):
        callback.v2_runner_on_ok(
            done("/x", "eastwest.mesh.locality_info", page="/lab/explain.html")
        )
    callback.v2_runner_on_ok(done("/x", "ansible.builtin.uri", page="/other.html"))
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == [("page: /lab/explain.html", None)]


def test_check_mode_proves_nothing(callback):
    callback.v2_runner_on_ok(done("/lab/a.json", unproved="failover"))
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == [
        ("failover: nothing is proved, since check mode sends no request", "yellow")
    ]


def start(callback, monkeypatch, playbook, *options, **cli):
    command = ["/opt/ansible-playbook", playbook, "-i", "lab hosts", *options]
    monkeypatch.setattr(sys, "argv", command)
    monkeypatch.setattr(context, "CLIARGS", {"args": (playbook,), "tags": ("all",), **cli})
    callback.v2_playbook_on_start(SimpleNamespace(_file_name=str(SOURCE.parents[1] / playbook)))


def test_a_run_ends_with_what_one_can_do_next(callback, monkeypatch):
    start(callback, monkeypatch, "up.yml", "-e", "mesh_lab=other", "-vv")
    callback.v2_playbook_on_stats(STATS)
    assert [text for text, _colour in callback.printed] == [
        "next: prove failover: /opt/ansible-playbook failover.yml -i 'lab hosts' -e mesh_lab=other",
        "next: say where requests go, and why: /opt/ansible-playbook explain.yml -i 'lab hosts' -e mesh_lab=other",
    ]


def test_after_check_mode_comes_the_real_run(callback, monkeypatch):
    start(callback, monkeypatch, "up.yml", "--check", check=True)
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == [("next: do it: /opt/ansible-playbook up.yml -i 'lab hosts'", None)]


def test_a_failure_says_how_to_look_deeper(callback, monkeypatch):
    start(callback, monkeypatch, "failover.yml")
    callback.v2_playbook_on_stats(SimpleNamespace(failures={"east": 1}, dark={}))
    command = "/opt/ansible-playbook {} -i 'lab hosts'"
    assert [text for text, _colour in callback.printed] == [
        f"look deeper: every result: {command.format('failover.yml')} -v",
        f"look deeper: say where requests go, and why: {command.format('explain.yml')} -e explain_scenario=failover",
        f"look deeper: {SOURCE.parents[2] / 'docs' / 'troubleshooting.md'}",
    ]


@pytest.mark.parametrize(("playbook", "said"), [("failover.yml", True), ("new_lab.yml", False)])
def test_an_interruption_says_what_remains(callback, monkeypatch, at_exit, playbook, said):
    start(callback, monkeypatch, playbook)
    ((function, process),) = at_exit.calls
    function(process + 1)
    assert callback.printed == []
    function(process)
    lines = [text for text, _colour in callback.printed]
    assert [line.startswith("interrupted: what this run made remains") for line in lines] == (
        [True, False] if said else []
    )
    assert not said or lines[1].endswith("/opt/ansible-playbook down.yml -i 'lab hosts'")


def test_a_run_that_ends_says_nothing_of_interruptions(callback, monkeypatch, at_exit):
    start(callback, monkeypatch, "failover.yml")
    callback.v2_playbook_on_stats(STATS)
    assert at_exit.calls == []


def test_an_interrupted_check_left_nothing(callback, monkeypatch, at_exit):
    start(callback, monkeypatch, "failover.yml", "--check", check=True)
    ((function, process),) = at_exit.calls
    function(process)
    assert callback.printed == []


@pytest.mark.parametrize(
    "options",
    [{"subset": "east"}, {"start_at_task": "x"}, {"tags": ("a",)}, {"args": ("up.yml", "b.yml")}],
)
def test_a_part_of_a_playbook_gives_no_advice(callback, monkeypatch, options):
    start(callback, monkeypatch, "up.yml", **options)
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == []


def test_playbooks_of_others_get_no_advice(callback, monkeypatch):
    start(callback, monkeypatch, "up.yml")
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="/home/me/up.yml"))
    callback.v2_playbook_on_stats(STATS)
    assert callback.printed == []


def test_every_playbook_has_next_steps():
    playbooks = {path.stem for path in SOURCE.parents[1].glob("*.yml")}
    assert playbooks == NEXT.keys()
    assert playbooks >= {other for steps in NEXT.values() for _purpose, other in steps}
