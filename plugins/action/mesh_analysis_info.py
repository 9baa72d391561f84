# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module and display its text."""

from __future__ import annotations

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.eastwest.mesh.plugins.modules import mesh_analysis_info
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import (
    Result,
    RunModule,
    show_lines,
)


class ActionModule(RunModule):
    """Run the module of the same name; with ``show`` display its text."""

    MODULE = mesh_analysis_info

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result = super().run(tmp, task_vars)
        if not boolean(self._task.args.get("show", False), strict=False):
            return result
        # without lines there was nothing to analyse
        show_lines(result.pop("lines", [(str(result.get("msg", "")), "red")]))
        if result.get("failed") and not self._task.register:
            # of a failed task Ansible prints all that it returns, and this was printed already
            result = {"failed": True, "changed": False, "msg": result["msg"]}
        # callbacks have nothing to add
        result["told"] = True
        return result
