# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes and releases a lab's lock for the process that runs the playbook."""

from __future__ import annotations

import dataclasses
import os
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_lock import LabLock, Run

Result: t.TypeAlias = dict[str, t.Any]


class ActionModule(ActionBase):
    """Does all of the work; the module of the same name has the documentation."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("lab_directory", "scenario", "state"))

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            {
                "lab_directory": {"type": "path", "required": True},
                "scenario": {"type": "str", "default": ""},
                "state": {
                    "type": "str",
                    "choices": ["held", "released", "observed"],
                    "default": "held",
                },
            }
        )
        lock = LabLock(Path(options["lab_directory"]).expanduser().absolute())
        is_new = not lock.directory.exists()
        try:
            interrupted = self._change(lock, options)
        except MeshError as exc:
            return {**result, "failed": True, "msg": str(exc)}
        return {
            **result,
            "changed": False,
            "lab_directory": str(lock.directory),
            "new": is_new,
            "interrupted": dataclasses.asdict(interrupted) if interrupted else {},
        }

    def _change(self, lock: LabLock, options: Result) -> Run | None:
        if self._connection.transport != "local" or not Path("/proc/self/stat").exists():
            # of another machine, or another system, there are no processes to look at
            return None
        if options["state"] == "observed":
            return lock.interrupted()
        # a worker is a child of the process that runs the playbook
        run = Run.of(os.getppid(), options["scenario"])
        if options["state"] == "held":
            return lock.acquire(run, check_mode=self._task.check_mode)
        if not self._task.check_mode:
            lock.release(run)
        return None
