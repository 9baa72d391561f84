# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules inside Ansible's worker.

A module usually gets a Python of its own, which has to start, to unpack the module and to compile
all that it imports. Where that Python, its machine and its user are those that run Ansible, the
worker can do without: it is a process of the task's own as well, so the outcome is the same.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import sys
import types
import typing as t

from ansible import constants
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import printable
from ansible_collections.eastwest.mesh.plugins.plugin_utils.lab_hosts import resolve_peers
from ansible_collections.eastwest.mesh.plugins.plugin_utils.parent_watch import end_with_parent

Result: t.TypeAlias = dict[str, t.Any]

# Actions are loaded once, workers are forked: what is loaded with an action is there in all of them.
# Nearly every module imports this only when it runs.
importlib.import_module("ansible_collections.eastwest.mesh.plugins.module_utils._clusters.loopback")


class InWorkerAction(ActionBase):
    """An action whose module may run without a Python of its own."""

    TRANSFERS_FILES = False
    MODULE: types.ModuleType

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        end_with_parent()
        result: Result = super().run(tmp, task_vars)
        return result

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: Result | None = None,
        task_vars: Result | None = None,
        **options: t.Any,
    ) -> Result:
        task_vars = task_vars or {}
        name = module_name or self._task.action
        module = self._own_module(_last(name))
        if module is None or not self._would_run_here(task_vars):
            result: Result = super()._execute_module(
                module_name=module_name, module_args=module_args, task_vars=task_vars, **options
            )
            return _with_cure(result)
        arguments = dict(self._task.args if module_args is None else module_args)
        self._update_module_args(name, arguments, task_vars)
        return _with_cure(run_module(module, arguments))

    def _own_module(self, name: str) -> types.ModuleType | None:
        """Return the module of this name, without its collection; None where it needs a Python of its own."""
        return self.MODULE if name == _last(self.MODULE.__name__) else None

    def _would_run_here(self, task_vars: Result) -> bool:
        task = self._task
        python = self._templar.template(task_vars.get("ansible_python_interpreter"))
        return (
            self._connection.transport == "local"
            and python == sys.executable
            and not self._connection.become
            and not any(task.environment or [])
            and not task.delegate_to
            and not task.async_val
            # Kept files are meant to be looked at
            and not constants.DEFAULT_KEEP_REMOTE_FILES
        )


class RunModule(InWorkerAction):
    """Run the module of the same name and nothing else."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        result.update(
            self._execute_module(
                module_args=resolve_peers(self, self._task.args, task_vars or {}),
                task_vars=task_vars,
                wrap_async=bool(self._task.async_val),
            )
        )
        return result


def show_lines(lines: t.Iterable[tuple[str, str | None]]) -> None:
    """Display the lines of a module's text, each with its colour."""
    display = Display()
    for text, colour in lines:
        display.display(printable(text), color=colour)


def _with_cure(result: Result) -> Result:
    """Add the usual cause to the message of a module that does not know which cluster is meant."""
    message = str(result.get("msg", ""))
    if result.get("failed") and message.startswith("provider is ") and " missing: " in message:
        result["msg"] = (
            f'{message}; give the play module_defaults: {{group/eastwest.mesh.mesh: "{{{{ mesh_connection }}}}"}},'
            " or the task these options"
        )
    return result


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def run_module(module: types.ModuleType, arguments: Result) -> Result:
    """Return what the module prints, which is the same in a Python of its own."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, default=str).encode()
    vars(basic).update(_ANSIBLE_ARGS=given, _ANSIBLE_PROFILE="legacy")
    # The modules that Ansible has loaded stay: they need no garbage collection
    gc.freeze()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    result: Result = json.loads(printed.getvalue())
    return result
