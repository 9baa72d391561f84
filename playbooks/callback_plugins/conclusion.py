# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the verdicts and the paths of reports at the end of a run, and what one can do next.

Ansible loads it because it lies next to the playbooks; there is nothing to enable.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import typing as t
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.next_steps import (
    after_interruption,
    look_deeper,
    next_steps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import (
    UNPROVED,
    in_one_line,
)

DOCUMENTATION = r"""
name: conclusion
type: aggregate
short_description: Print the verdicts, the paths of reports and the next steps at the end of a run
version_added: 1.0.0
description:
  - Prints the verdict, the path and the page of each report that M(eastwest.mesh.proof_report) wrote, after the recap, and the
    pages that M(eastwest.mesh.locality_info) and M(eastwest.mesh.mesh_path_info) wrote.
  - Prints what one can do after a playbook of this collection, or where to look when it failed.
author:
  - The eastwest.mesh contributors (@eastwest)
"""

ACTIONS = frozenset({"eastwest.mesh.proof_report", "proof_report"})
PAGE_ACTIONS = frozenset({"eastwest.mesh.locality_info", "eastwest.mesh.mesh_path_info"})
PLAYBOOKS = Path(__file__).resolve().parents[1]


class CallbackModule(CallbackBase):
    """Collect the reports, and print their verdicts and paths after the recap."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "conclusion"

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._reports: dict[str, dict[str, t.Any]] = {}
        # in the order in which they were written
        self._pages: dict[str, None] = {}
        self._unproved: list[str] = []
        # whether a task failed that told all about it
        self._told = False
        self._playbook: Path | None = None

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        path = Path(playbook._file_name).resolve()
        self._playbook = path if path.parent == PLAYBOOKS else None
        atexit.register(self._end_early, os.getpid())

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if result._task.action in ACTIONS and "unproved" in result._result:
            self._unproved.append(str(result._result["unproved"]))
        elif result._task.action in ACTIONS and isinstance(result._result.get("report"), dict):
            # a report that was written again comes last
            path = str(result._result["path"])
            self._reports.pop(path, None)
            self._reports[path] = dict(result._result)
        elif result._task.action in PAGE_ACTIONS and "page" in result._result:
            self._pages[str(result._result["page"])] = None

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:  # noqa: ARG002 (Ansible's)
        self._told = self._told or bool(result._result.get("told"))

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        atexit.unregister(self._end_early)
        for path, written in self._reports.items():
            verdict = in_one_line(written["report"])
            self._display.display(verdict.text, color=verdict.colour)
            self._display.display(f"report: {path}")
            if "page" in written:
                self._display.display(f"page: {written['page']}")
        for page in self._pages:
            self._display.display(f"page: {page}")
        for scenario in self._unproved:
            self._display.display(f"{scenario}: {UNPROVED}", color="yellow")
        for line in self._advice(failed=bool(stats.failures or stats.dark)):
            self._display.display(line)

    def _end_early(self, process: int) -> None:
        """Say what remains, for Ansible tells no callback of an interruption."""
        options = context.CLIARGS
        given = options.get("args", ())
        if options.get("check") or self._playbook is None or len(given) != 1:
            return
        # workers are forked from the process that started
        if os.getpid() == process:
            run = [_program(sys.argv[0]), *sys.argv[1:]]
            for line in after_interruption(run, given[0], self._playbook.stem):
                self._display.display(line)

    def _advice(self, *, failed: bool) -> list[str]:
        options = context.CLIARGS
        partial = options.get("start_at_task") or options.get("subset")
        if (
            self._playbook is None
            or partial
            or tuple(options.get("tags", ())) not in ((), ("all",))
        ):
            return []
        given = options.get("args", ())
        if len(given) != 1:
            return []
        run = [_program(sys.argv[0]), *sys.argv[1:]]
        if failed and self._told:
            return []
        if failed:
            guide = PLAYBOOKS.parent / "docs" / "troubleshooting.md"
            return look_deeper(run, given[0], self._playbook.stem, guide)
        check = bool(options.get("check"))
        return next_steps(run, given[0], self._playbook.stem, check=check)


def _program(path: str) -> str:
    """Return how the program is called: by its name alone where PATH finds it."""
    name = Path(path).name
    return name if shutil.which(name) == path else path
