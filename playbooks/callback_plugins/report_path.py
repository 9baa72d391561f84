# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the verdicts and the paths of reports at the end of a run.

Ansible loads it because it lies next to the playbooks; there is nothing to enable.
"""

from __future__ import annotations

import typing as t

from ansible.plugins.callback import CallbackBase
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import (
    UNPROVED,
    in_one_line,
)

DOCUMENTATION = r"""
name: report_path
type: aggregate
short_description: Print the verdicts and the paths of reports at the end of a run
version_added: 1.0.0
description:
  - Prints the verdict and the path of each report that M(eastwest.mesh.proof_report) wrote, after the recap.
author:
  - The eastwest.mesh contributors (@eastwest)
"""

ACTIONS = frozenset({"eastwest.mesh.proof_report", "proof_report"})


class CallbackModule(CallbackBase):
    """Collect the reports, and print their verdicts and paths after the recap."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "report_path"

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._reports: dict[str, dict[str, t.Any]] = {}
        self._unproved: list[str] = []

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if result._task.action in ACTIONS and "unproved" in result._result:
            self._unproved.append(str(result._result["unproved"]))
        elif result._task.action in ACTIONS and isinstance(result._result.get("report"), dict):
            # a report that was written again comes last
            path = str(result._result["path"])
            self._reports.pop(path, None)
            self._reports[path] = result._result["report"]

    def v2_playbook_on_stats(self, stats: t.Any) -> None:  # noqa: ARG002
        for path, report in self._reports.items():
            verdict = in_one_line(report)
            self._display.display(verdict.text, color=verdict.colour)
            self._display.display(f"report: {path}")
        for scenario in self._unproved:
            self._display.display(f"{scenario}: {UNPROVED}", color="yellow")
