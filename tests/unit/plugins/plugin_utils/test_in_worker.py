# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules inside the worker: what they return, and when they had better get a Python of their own."""

from __future__ import annotations

import sys
import types
import typing as t

import pytest
from ansible import constants
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.modules import locality_info
from ansible_collections.eastwest.mesh.plugins.plugin_utils import in_worker
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import RunModule, run_module

Values = dict[str, t.Any]

ENDPOINTS = [{"locality": "east/zone1"}, {"locality": "west/zone3"}]


@pytest.fixture(autouse=True)
def _leave_no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers end with their task; tests do not."""
    for name in ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE"):
        monkeypatch.setattr(basic, name, None, raising=False)


class Text(str):
    """As Ansible's: text that knows more about itself."""

    __slots__ = ()


class Secret:
    """Neither text nor anything else that JSON knows."""

    def __str__(self) -> str:
        return "east/zone1"


@pytest.mark.parametrize("locality", ["east/zone1", Text("east/zone1"), Secret()])
def test_a_module_returns_what_it_prints(
    capsys: pytest.CaptureFixture[str], locality: object
) -> None:
    result = run_module(
        locality_info, {"endpoints": ENDPOINTS, "clients": [{"locality": locality}]}
    )
    assert result["forecasts"][0]["shares"]["locality"] == {"east/zone1": 0.5, "west/zone3": 0.5}
    assert result["changed"] is False
    assert capsys.readouterr().out == ""


def test_a_module_fails_with_its_message() -> None:
    result = run_module(locality_info, {"endpoints": ENDPOINTS, "no_such_option": 1})
    assert result["failed"] is True
    assert "no_such_option" in result["msg"]


def test_arguments_do_not_stay_for_the_next_item() -> None:
    run_module(locality_info, {"endpoints": ENDPOINTS, "no_such_option": 1})
    given = {"endpoints": ENDPOINTS, "clients": [{"locality": "east/zone1"}]}
    assert "failed" not in run_module(locality_info, given)


class Task(types.SimpleNamespace):
    """As much of a task as counts."""


class Action(RunModule):
    """The action of locality_info, in the middle of a task."""

    MODULE = locality_info

    def __init__(self, task: Values, connection: Values) -> None:
        self._task = Task(
            **{
                "action": "eastwest.mesh.locality_info",
                "args": {"endpoints": ENDPOINTS},
                "environment": [{}],
                "delegate_to": None,
                "async_val": 0,
                **task,
            }
        )
        self._connection = types.SimpleNamespace(
            **{"transport": "local", "become": None, **connection}
        )
        self._templar = types.SimpleNamespace(template=lambda value: value)

    def _update_module_args(self, *given: t.Any, **_options: t.Any) -> None:
        given[1]["_ansible_check_mode"] = False


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that got a Python of their own."""
    names: list[str] = []

    def run(_self: t.Any, module_name: str | None = None, **_options: t.Any) -> Values:
        names.append(module_name or "the task's own")
        return {}

    monkeypatch.setattr(ActionBase, "_execute_module", run)
    return names


@pytest.mark.parametrize("name", [None, "eastwest.mesh.locality_info", "locality_info"])
def test_it_runs_in_the_worker_where_that_is_the_same(
    elsewhere: list[str], name: str | None
) -> None:
    action = Action({}, {})
    given = dict(action._task.args)
    result = action._execute_module(
        module_name=name, task_vars={"ansible_python_interpreter": sys.executable}
    )
    assert "forecasts" in result
    assert elsewhere == []
    assert action._task.args == given


@pytest.mark.parametrize(
    ("task", "connection", "python"),
    [
        ({}, {"transport": "ssh"}, sys.executable),
        ({}, {"become": "sudo"}, sys.executable),
        ({}, {}, "/usr/bin/another-python"),
        ({}, {}, None),
        ({"environment": [{}, {"KUBECONFIG": "/elsewhere"}]}, {}, sys.executable),
        ({"delegate_to": "another-host"}, {}, sys.executable),
        ({"async_val": 60}, {}, sys.executable),
    ],
    ids=["host", "user", "python", "any python", "environment", "delegated", "async"],
)
def test_it_gets_a_python_of_its_own_where_that_would_differ(
    elsewhere: list[str], task: Values, connection: Values, python: str | None
) -> None:
    Action(task, connection)._execute_module(task_vars={"ansible_python_interpreter": python})
    assert elsewhere == ["the task's own"]


def test_other_modules_get_a_python_of_their_own(elsewhere: list[str]) -> None:
    name = "eastwest.mesh.objects_ready"
    Action({}, {})._execute_module(
        module_name=name, task_vars={"ansible_python_interpreter": sys.executable}
    )
    assert elsewhere == [name]


def test_kept_files_are_of_a_python_of_its_own(
    elsewhere: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_KEEP_REMOTE_FILES", True)
    Action({}, {})._execute_module(task_vars={"ansible_python_interpreter": sys.executable})
    assert elsewhere == ["the task's own"]


@pytest.mark.parametrize("python", [sys.executable, "/usr/bin/another-python"])
def test_a_task_without_a_cluster_is_told_of_module_defaults(
    monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    message = "provider is loopback but all of the following are missing: lab_directory, cluster"
    failure = {"failed": True, "msg": message}
    monkeypatch.setattr(ActionBase, "_execute_module", lambda *_args, **_options: dict(failure))
    monkeypatch.setattr(in_worker, "run_module", lambda *_args: dict(failure))
    result = Action({}, {})._execute_module(task_vars={"ansible_python_interpreter": python})
    assert result["msg"] == (
        f'{message}; give the play module_defaults: {{group/eastwest.mesh.mesh: "{{{{ mesh_connection }}}}"}},'
        " or the task these options"
    )
