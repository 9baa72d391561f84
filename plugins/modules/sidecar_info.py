#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sidecar_info
short_description: List the sidecars of a cluster and which of them are drained
version_added: 1.0.0
description:
  - Asks each sidecar for its state. After a run that was interrupted, this tells what it left drained.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  namespace:
    description: The namespace of the workloads; without it all namespaces.
    type: str
  workloads:
    description: The names of the workloads; without them all workloads with sidecars.
    type: list
    elements: str
    default: []
seealso:
  - module: eastwest.mesh.sidecar
"""

EXAMPLES = r"""
---
- name: See what is drained
  eastwest.mesh.sidecar_info:
    lab_directory: ~/labs/east-west
    cluster: east
  register: result

- name: Restore it
  eastwest.mesh.sidecar:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: "{{ item.namespace }}"
    workloads: ["{{ item.workload }}"]
    state: serving
  loop: "{{ result.sidecars | selectattr('state', 'equalto', 'drained') }}"
"""

RETURN = r"""
sidecars:
  description: The sidecars, and the proxies of gateways.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: The namespace of the pod.
      type: str
      sample: sample
    workload:
      description: The Deployment or other workload that owns the pod.
      type: str
      sample: helloworld-zone1
    pod:
      description: The pod.
      type: str
      sample: helloworld-zone1-5d8f7c9b44-x2x7q
    address:
      description: The pod's address.
      type: str
      sample: 127.10.1.2
    state:
      description:
        - V(serving), V(drained), V(unreachable) where the proxy does not answer, or V(unknown) where the credentials do
          not permit to ask it.
      type: str
      sample: drained
"""

import dataclasses

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "namespace": {"type": "str"},
            "workloads": {"type": "list", "elements": "str", "default": []},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    params = module.params
    try:
        found = sidecars.read_status(connect(params), params["namespace"], params["workloads"])
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, sidecars=[dataclasses.asdict(each) for each in found])


if __name__ == "__main__":
    main()
