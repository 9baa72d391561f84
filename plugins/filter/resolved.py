# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: resolved
short_description: Look up the addresses of a host name
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Asks the resolver of the machine that the playbook runs on. An IP address stands for itself.
  - Load balancers of some clouds have a host name in place of an address, and its addresses change.
options:
  _input:
    description: A host name or an IP address.
    type: str
    required: true
"""

EXAMPLES = r"""
# => ['192.168.40.10']
addresses: "{{ 'gateway.example.com' | eastwest.mesh.resolved }}"
"""

RETURN = r"""
_value:
  description: The IPv4 addresses, sorted, else the IPv6 addresses; empty when there are none (yet).
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import name_resolution


def resolved(host: str) -> list[str]:
    return name_resolution.addresses(host)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"resolved": resolved}
