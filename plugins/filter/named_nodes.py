# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: named_nodes
short_description: Complete a cluster's list of nodes
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Gives every node a name, a role and its complete labels, the way kind names its nodes.
positional: cluster
options:
  _input:
    description: The nodes; each may have C(name), C(role), C(region), C(zone), C(subzone) and C(labels).
    type: list
    elements: dict
    required: true
  cluster:
    description: The cluster's name, with which the nodes' names begin.
    type: str
    required: true
"""

EXAMPLES = r"""
# => [{'name': 'east-worker', 'role': 'worker', 'region': 'east', 'zone': 'zone1', 'subzone': '',
#      'labels': {'topology.kubernetes.io/region': 'east', 'topology.kubernetes.io/zone': 'zone1'}}]
nodes: "{{ [{'region': 'east', 'zone': 'zone1'}] | eastwest.mesh.named_nodes('east') }}"
"""

RETURN = r"""
_value:
  description: The nodes with all fields.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.eastwest.mesh.plugins.module_utils._common import nodes as topology
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError


def named_nodes(nodes: list[dict[str, t.Any]], cluster: str) -> list[dict[str, t.Any]]:
    try:
        return topology.named_nodes(nodes, cluster)
    except MeshError as exc:
        raise AnsibleFilterError(f"named_nodes: {exc}") from exc


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"named_nodes": named_nodes}
