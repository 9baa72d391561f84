# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: carve_subnet
short_description: Take one cluster's load balancer addresses out of a shared network
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Cuts the first IPv4 subnet of a list into equal parts and returns one of them.
  - The first part is left to nodes and gateways, the last one because it holds the broadcast address.
    With two clusters V(172.18.0.0/16) gives V(172.18.64.0/18) and V(172.18.128.0/18).
  - The part depends on O(index) and O(count) alone, so that it is the same in every run.
positional: index, count
options:
  _input:
    description: The network's subnets, in any order; IPv6 ones are passed over.
    type: list
    elements: str
    required: true
  index:
    description: Which of the clusters it is, counted from 0.
    type: int
    required: true
  count:
    description: How many clusters share the network.
    type: int
    required: true
  avoid:
    description:
      - Addresses that must not be handed out, such as those of gateways and nodes.
      - A prefix length behind an address is ignored, and so are IPv6 addresses.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
# => ['172.18.64.0/18']
pool: "{{ ['fc00:f853:ccd:e793::/64', '172.18.0.0/16'] | eastwest.mesh.carve_subnet(0, 2) }}"

# => ['172.18.0.64-172.18.0.69', '172.18.0.71-172.18.0.127']
pool_with_a_hole: "{{ ['172.18.0.0/24'] | eastwest.mesh.carve_subnet(0, 2, avoid=['172.18.0.70']) }}"
"""

RETURN = r"""
_value:
  description: The addresses as MetalLB takes them, one subnet or several ranges.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.subnets import carve


def carve_subnet(
    subnets: list[str], index: int, count: int, avoid: list[str] | None = None
) -> list[str]:
    try:
        return carve(subnets, int(index), int(count), avoid or ())
    except MeshError as exc:
        raise AnsibleFilterError(f"carve_subnet: {exc}") from exc


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"carve_subnet": carve_subnet}
