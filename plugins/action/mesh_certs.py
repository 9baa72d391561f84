# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module and display the root that it replaced."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.root_replacement import (
    root_replacement,
)
from ansible_collections.eastwest.mesh.plugins.modules import mesh_certs
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import (
    Result,
    RunModule,
    show_lines,
)


class ActionModule(RunModule):
    """Run the module inside Ansible's worker where possible."""

    MODULE = mesh_certs

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result = super().run(tmp, task_vars)
        show_lines((line, None) for line in root_replacement(result))
        return result
