# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifests of a role, built from its variables where all hosts are known."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

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

BUILDERS: dict[str, t.Callable[[Lab, str], list[Object]]] = {
    "import_service": import_manifests,
    "locality": rule_manifests,
    "metallb": pool_manifests,
    "workload": workload_manifests,
}


@dataclass(frozen=True, slots=True)
class RoleObjects:
    """What a role applies to the cluster of the task's host."""

    objects: list[Object]
    # of the role workload: the apps that Envoy answers for on loopback
    stand_ins: list[str]


def role_objects(action: ActionBase, role: str, task_vars: dict[str, t.Any]) -> RoleObjects:
    """Check the variables of a role and build its manifests. Raises MeshError with all that is wrong."""
    lab = read_lab(action, task_vars)
    own = str(task_vars["inventory_hostname"])
    if problems := role_problems(lab, own, role):
        raise MeshError("\n".join(problems))
    objects = BUILDERS[role](lab, own)
    if role != "workload":
        return RoleObjects(objects, [])
    names = stand_ins(own_workloads(lab.clusters[own]))
    if provider(lab.clusters[own]) == "loopback":
        show_lines((line, None) for line in stand_in_notice(own, names))
    return RoleObjects(objects, names)
