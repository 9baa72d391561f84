# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: node_selector
short_description: Say which labels the node of a workload must have
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Joins a workload's region, zone and node selector.
options:
  _input:
    description: A workload, as the variable C(workload_list) lists it.
    type: dict
    required: true
"""

EXAMPLES = r"""
# => {'topology.kubernetes.io/zone': 'zone1'}
selector: "{{ {'name': 'web', 'zone': 'zone1'} | eastwest.mesh.node_selector }}"
"""

RETURN = r"""
_value:
  description: The labels; empty when the workload may run anywhere.
  type: dict
"""

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import placement


def node_selector(workload: dict[str, t.Any]) -> dict[str, str]:
    return placement.node_selector(workload)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"node_selector": node_selector}
