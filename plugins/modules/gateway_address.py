#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gateway_address
short_description: Find the address at which other clusters reach a gateway
version_added: 1.0.0
description:
  - Reads the address from the gateway's Service. A host name, as load balancers of some clouds have it, is looked up on the
    machine that the playbook runs on, until it resolves.
  - This is implemented as an action plugin.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
    details: The address is empty where an earlier task would have made the gateway.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  objects:
    description: The gateway's objects as M(eastwest.mesh.manifest) returns them, with a Service among them.
    type: list
    elements: dict
    required: true
  port:
    description: The port of the Service that other clusters connect to.
    type: int
    required: true
  node_addresses:
    description: The nodes' addresses. The first one is used for a Service of type NodePort.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: How many seconds a host name may take until it resolves.
    type: int
    default: 180
"""

EXAMPLES = r"""
---
- name: Find the gateway's address
  eastwest.mesh.gateway_address:
    objects: "{{ gateway.objects }}"
    port: 15443
"""

RETURN = r"""
address:
  description: The IP address or host name; empty for a Service of type ClusterIP.
  returned: success
  type: str
  sample: gateway.example.com
addresses:
  description: The IP addresses that it stands for, IPv4 ones if there are any.
  returned: success
  type: list
  elements: str
  sample: [192.168.40.10]
port:
  description: The port there.
  returned: success
  type: int
  sample: 15443
"""
