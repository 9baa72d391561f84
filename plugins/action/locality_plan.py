# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the module compute and prints what it found, where somebody looks."""

from __future__ import annotations

import typing as t

from ansible.utils.display import Display
from ansible_collections.eastwest.mesh.plugins.modules import locality_plan
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import InWorkerAction


class ActionModule(InWorkerAction):
    """Runs the module of the same name; with ``show`` prints its text."""

    MODULE = locality_plan

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        result.update(
            self._execute_module(
                module_name="eastwest.mesh.locality_plan",
                module_args=self._task.args,
                task_vars=task_vars,
            )
        )
        display = Display()
        for text, colour in result.pop("lines", ()):
            display.display(text, color=colour)
        return result
