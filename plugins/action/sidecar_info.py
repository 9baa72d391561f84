# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module of the same name."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.modules import sidecar_info
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import RunModule


class ActionModule(RunModule):
    """Run the module inside Ansible's worker where possible."""

    MODULE = sidecar_info
