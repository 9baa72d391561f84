# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the variables of a role and builds its manifests from them, here, where all hosts are known."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.address_pools import (
    pool_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.apps import (
    stand_in_notice,
    stand_ins,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.imports import (
    import_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Object,
    provider,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.locality_rules import (
    rule_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.preflight import (
    role_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.workloads import (
    own_workloads,
    workload_manifests,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import show_lines
from ansible_collections.eastwest.mesh.plugins.plugin_utils.lab_hosts import read_lab

Result: t.TypeAlias = dict[str, t.Any]

BUILDERS: dict[str, t.Callable[[Lab, str], list[Object]]] = {
    "import_service": import_manifests,
    "locality": rule_manifests,
    "metallb": pool_manifests,
    "workload": workload_manifests,
}


class ActionModule(ActionBase):
    """Does all of the work; the module of the same name has the documentation."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("role",))

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validated, options = self.validate_argument_spec(
            {"role": {"type": "str", "required": True, "choices": [*BUILDERS]}}
        )
        lab = read_lab(self, task_vars)
        own, role = str(task_vars["inventory_hostname"]), options["role"]
        if problems := role_problems(lab, own, role):
            return {**result, "failed": True, "msg": "\n".join(problems)}
        try:
            objects = BUILDERS[role](lab, own)
        except MeshError as exc:
            return {**result, "failed": True, "msg": str(exc)}
        found: Result = {"changed": False, "objects": objects}
        if role == "workload":
            found["stand_ins"] = stand_ins(own_workloads(lab.clusters[own]))
            if provider(lab.clusters[own]) == "loopback":
                show_lines((line, None) for line in stand_in_notice(own, found["stand_ins"]))
        return {**result, **found}
