# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: overlapping_addresses
short_description: Find addresses that two owners claim
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Compares every subnet, range and address with every other and describes the pairs that overlap.
options:
  _input:
    description: A dictionary of the owners' names and of their subnets, ranges and addresses.
    type: dict
    required: true
"""

EXAMPLES = r"""
# => ['10.10.0.0/16 of east and 10.10.128.0/24 of west']
clashes: "{{ {'east': ['10.10.0.0/16'], 'west': ['10.10.128.0/24']} | eastwest.mesh.overlapping_addresses }}"
"""

RETURN = r"""
_value:
  description: One sentence part for each overlap, to be used in an error message.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.address_overlaps import overlaps
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError


def overlapping_addresses(claims: dict[str, list[str]]) -> list[str]:
    try:
        return overlaps(claims)
    except MeshError as exc:
        raise AnsibleFilterError(f"overlapping_addresses: {exc}") from exc


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"overlapping_addresses": overlapping_addresses}
