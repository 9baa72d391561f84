# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the variables of a role and builds its manifests from them, here, where all hosts are known."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.plugin_utils.role_objects import (
    BUILDERS,
    role_objects,
)

Result: t.TypeAlias = dict[str, t.Any]


class ActionModule(ActionBase):
    """Does all of the work; the module of the same name has the documentation."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("role",))

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            {"role": {"type": "str", "required": True, "choices": [*BUILDERS]}}
        )
        try:
            found = role_objects(self, options["role"], task_vars or {})
        except MeshError as exc:
            return {**result, "failed": True, "msg": str(exc)}
        built: Result = {"changed": False, "objects": found.objects}
        if options["role"] == "workload":
            built["stand_ins"] = found.stand_ins
        return {**result, **built}
