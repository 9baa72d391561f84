# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unplaced_workloads
short_description: Find workloads that no node can run
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Compares the zone, region and node selector of each workload with the labels of the cluster's workers.
  - A cluster without a list of nodes cannot be judged, so nothing is found there.
positional: nodes, cluster
options:
  _input:
    description: The workloads, as the variable C(workload_list) lists them.
    type: list
    elements: dict
    required: true
  nodes:
    description: The cluster's nodes, as the variable C(cluster_nodes) lists them.
    type: list
    elements: dict
    required: true
  cluster:
    description: The cluster's name.
    type: str
    required: true
"""

EXAMPLES = r"""
# => ["workload sample/web: no node of cluster east is in zone 'z2'; its zones: r1/z1"]
findings: >-
  {{ [{'name': 'web', 'namespace': 'sample', 'zone': 'z2'}]
     | eastwest.mesh.unplaced_workloads([{'region': 'r1', 'zone': 'z1'}], 'east') }}
"""

RETURN = r"""
_value:
  description: One sentence for each workload.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import placement


def unplaced_workloads(
    workloads: list[dict[str, t.Any]], nodes: list[dict[str, t.Any]], cluster: str
) -> list[str]:
    try:
        return placement.unplaced_workloads(workloads, nodes, cluster)
    except MeshError as exc:
        raise AnsibleFilterError(f"unplaced_workloads: {exc}") from exc


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"unplaced_workloads": unplaced_workloads}
