#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_manifests
short_description: Build the manifests of a role from its variables
version_added: 1.0.0
description:
  - Checks the variables of a role of this collection, and returns the manifests that the role applies.
  - Applies nothing; M(eastwest.mesh.manifest) does.
  - This is implemented as an action plugin.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
    details: Manifests that need what an earlier task would have made are left out.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  role:
    description: The role.
    type: str
    choices: [import_service, locality, metallb, workload]
    required: true
seealso:
  - module: eastwest.mesh.manifest
  - module: eastwest.mesh.preflight
"""

EXAMPLES = r"""
---
- name: Build the DestinationRules of locality_rules
  eastwest.mesh.role_manifests:
    role: locality
  vars:
    locality_rules:
      - name: helloworld
        namespace: sample
        host: helloworld.sample.svc.cluster.local
        failover:
          - {from: east, to: west}
  register: rules
"""

RETURN = r"""
objects:
  description: The manifests.
  returned: success
  type: list
  elements: dict
  sample: []
stand_ins:
  description:
    - The apps that Envoy answers for on loopback, where no image runs, as the inventory describes their responses.
    - The apps that loopback knows by name are not among them.
  returned: with O(role=workload)
  type: list
  elements: str
  sample: [shop]
"""
