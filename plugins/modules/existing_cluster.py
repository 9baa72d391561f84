#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: existing_cluster
short_description: Adopt an existing cluster into a lab, or release it
version_added: 1.0.0
description:
  - Checks that a Kubernetes cluster can be reached through its context, that the user of the context has the permissions that
    a lab needs, and that the nodes have the labels that the lab counts on; sets those that are missing.
  - With O(state=absent) it deletes what the lab made, and puts the nodes' labels back. Objects that the lab did not make stay.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
  - eastwest.mesh.nodes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) makes the cluster part of the lab.
      - V(absent) deletes the objects with the lab's label, namespaces with all that is in them, and a control plane that
        M(eastwest.mesh.istio_control_plane) installed for the lab. The cluster itself stays.
    type: str
    choices: [present, absent]
    default: present
  nodes:
    description:
      - The nodes' localities and labels. A cluster may have more nodes than are listed.
      - A node without a name is one that has these labels, or else a worker without them, in the order of the nodes'
        names. C(role) is ignored.
  force:
    description:
      - Whether to change labels that the nodes have already, such as those of a cloud's zones.
      - They get their former values back with O(state=absent).
    type: bool
    default: false
  wait_timeout:
    description: How many seconds deletions may take.
    type: int
    default: 300
notes:
  - The lab is known by the last part of O(lab_directory). What it makes is labelled C(eastwest.mesh/lab).
requirements:
  - kubernetes (Python package)
seealso:
  - module: eastwest.mesh.kind_cluster
  - module: eastwest.mesh.manifest
"""

EXAMPLES = r"""
---
- name: Use a cluster and label two of its nodes
  eastwest.mesh.existing_cluster:
    provider: existing
    lab_directory: ~/labs/east-west
    cluster: east
    kubeconfig: ~/.kube/config
    context: east-admin
    nodes:
      - {name: node1, region: east, zone: zone1}
      - {name: node2, region: east, zone: zone2}

- name: Remove the lab from it
  eastwest.mesh.existing_cluster:
    provider: existing
    lab_directory: ~/labs/east-west
    cluster: east
    kubeconfig: ~/.kube/config
    context: east-admin
    state: absent
"""

RETURN = r"""
actions:
  description: The actions, or in check mode those that would follow, in order.
  returned: always
  type: list
  elements: str
  sample: [label node1, label node2]
version:
  description: The version of Kubernetes.
  returned: when O(state=present)
  type: str
  sample: v1.34.2
api:
  description: The URL of the cluster's API, as the kubeconfig has it.
  returned: when O(state=present)
  type: str
  sample: https://192.168.40.10:6443
nodes:
  description: All nodes of the cluster.
  returned: when O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The node's name.
      type: str
      sample: node1
    role:
      description: V(control-plane) or V(worker).
      type: str
    region:
      description: The region.
      type: str
      sample: east
    zone:
      description: The zone.
      type: str
      sample: zone1
    subzone:
      description: The subzone.
      type: str
    locality:
      description: The locality as Istio writes it.
      type: str
      sample: east/zone1
    address:
      description: The internal address.
      type: str
      sample: 192.168.40.11
    addresses:
      description: All internal addresses.
      type: list
      elements: str
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
    NODE_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import adoption
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import lab_name


def make_context(module: AnsibleModule) -> adoption.AdoptionContext:
    params = module.params
    if params["provider"] != "existing":
        raise InvalidInput(f"provider: has to be existing here, not {params['provider']}")
    record = None
    if params["lab_directory"] and params["cluster"]:
        record = Path(params["lab_directory"], "clusters", params["cluster"], "existing.json")
    return adoption.AdoptionContext(
        api=client_for(params),
        lab=lab_name(params["lab_directory"]),
        record=record,
        check=module.check_mode,
        timeout=params["wait_timeout"],
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE_ARGUMENTS},
            "force": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 300},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    params = module.params
    result: dict[str, t.Any] = {}
    try:
        context = make_context(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    try:
        if params["state"] == "present":
            result = adoption.adopt(context, params["nodes"], force=params["force"])
        else:
            adoption.release(context)
    except MeshError as exc:
        module.fail_json(msg=str(exc), changed=bool(context.actions), actions=context.actions)
    module.exit_json(changed=bool(context.actions), actions=context.actions, **result)


if __name__ == "__main__":
    main()
