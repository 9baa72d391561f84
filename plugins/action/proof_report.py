# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module and display its report."""

from __future__ import annotations

import shutil
from pathlib import Path

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.eastwest.mesh.plugins.module_utils._report.table import UNPROVED, render
from ansible_collections.eastwest.mesh.plugins.modules import proof_report
from ansible_collections.eastwest.mesh.plugins.plugin_utils.collection_version import (
    collection_version,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import (
    Result,
    RunModule,
    show_lines,
)

_COLLECTION = Path(__file__).parents[2]


class ActionModule(RunModule):
    """Run the module of the same name and display its report."""

    MODULE = proof_report

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        versions = {"eastwest.mesh": collection_version(_COLLECTION)}
        versions |= self._task.args.get("versions") or {}
        self._task.args = {**self._task.args, "versions": versions}
        result = super().run(tmp, task_vars)
        if boolean(self._task.args.get("partial", False)):
            return result
        if "report" in result:
            # 0 where there is no terminal: a log is as wide as what it holds
            width = shutil.get_terminal_size(fallback=(0, 0)).columns
            lines = render(result["report"], width)
            show_lines((line.text, line.colour) for line in lines)
        elif "unproved" in result:
            show_lines([(f"{result['unproved']}: {UNPROVED}", "yellow")])
        return result
