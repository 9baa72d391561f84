#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Create, repair or delete a kind cluster
version_added: 1.0.0
description:
  - A kind cluster is a Kubernetes cluster whose nodes are containers, in Docker or podman.
  - O(state=present) means that the API answers and that the nodes match. A missing cluster is made, stopped nodes are
    started, labels, registry mirrors, images and the kubeconfig are repaired. A cluster that a killed run left
    unfinished is deleted and made anew.
  - A difference in a setting that kind cannot change later is an error that names it, unless O(force=true).
  - Clusters that this module did not make, or made for another O(owner), are never touched.
  - Several clusters can be made side by side, one host each; where kind cannot, the runs take turns.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.nodes.kind
attributes:
  check_mode:
    support: full
    details: What depends on a cluster that is not there or does not run yet cannot be predicted.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) makes or repairs the cluster, and waits until its nodes are ready.
      - V(absent) deletes it and its entries in O(kubeconfig); the file goes when nothing else is in it.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The cluster's name. Its nodes' names begin with it, and its context is C(kind-) and the name.
    type: str
    required: true
  owner:
    description:
      - The owner of the cluster, such as the directory of a lab. The cluster keeps it.
      - A cluster of another owner is an error with O(state=present), and stays with O(state=absent).
      - Without it the owner is not checked.
    type: str
  kubeconfig:
    description:
      - The file that gets the cluster's credentials, readable by its owner only.
      - Other clusters' entries in the file stay. There is no default, so that the user's own file is only used when it is named.
    type: path
    required: true
  nodes:
    description:
      - The nodes. A control plane is added when none is listed.
      - kind names nodes itself; a C(name) must be the one that kind gives.
      - Labels can be changed later. Everything else needs a new cluster.
      - Without O(nodes) the cluster is a control plane on which workloads run, too.
  node_image:
    description:
      - The image of the nodes, which decides the version of Kubernetes. The default is the one that kind was built for.
      - It must be in the engine or pullable.
    type: str
  pod_subnet:
    description:
      - The network of the pods' addresses. The default is kind's.
      - Dual stack takes two, separated by a comma.
    type: str
  service_subnet:
    description: The network of the services' addresses. The default is kind's.
    type: str
  ip_family:
    description: The family of pods' and services' addresses. The default is kind's, V(ipv4).
    type: str
    choices: [ipv4, ipv6, dual]
  api_server_address:
    description:
      - The address of this machine at which the API listens. The default is kind's, 127.0.0.1.
      - Other addresses let other machines try to log in.
    type: str
  api_server_port:
    description: The port of this machine at which the API listens. The default is a free one.
    type: int
  registry_mirrors:
    description:
      - For each registry the URL of a mirror, or a list of them, in the order in which they are asked.
      - A mirror in a container must be on the nodes' network. Mirrors can be changed later.
    type: dict
    default: {}
  containerd_patches:
    description: Changes to the configuration of the nodes' containerd, in TOML.
    type: list
    elements: str
    default: []
  load_images:
    description:
      - Images to copy from the engine into the nodes, so that they need not be pulled.
      - Nodes that have the same edition of an image are left alone.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until all nodes are ready.
      - Without it the module waits until they joined.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds making the cluster may take, and after that becoming ready.
      - A cluster that is not made by then is deleted again.
    type: int
    default: 600
  force:
    description: Whether to delete the cluster and its contents when its options need a new one.
    type: bool
    default: false
  preflight:
    description:
      - Whether to check the machine before a cluster is made. Too low limits for inotify, too little memory or disk and
        a rootless engine without the cgroup rights that it needs are errors; each says how to mend it.
    type: bool
    default: true
  engine:
    description:
      - The container engine.
      - V(auto) takes the one that has the cluster, else Docker when it works, else podman. It obeys the environment
        variable E(KIND_EXPERIMENTAL_PROVIDER), as kind does.
    type: str
    choices: [auto, docker, podman]
    default: auto
  kind:
    description: kind's program. The default is the one in E(PATH).
    type: path
notes:
  - The nodes' network is kind's own. It is not deleted with the last cluster, as kind leaves it to others, too.
requirements:
  - kind >= 0.20.0
  - Docker or podman
  - kubernetes (Python package)
seealso:
  - module: eastwest.mesh.loopback_cluster
  - name: kind
    description: The documentation of kind.
    link: https://kind.sigs.k8s.io
"""

EXAMPLES = r"""
---
- name: Make a cluster with two zones
  eastwest.mesh.kind_cluster:
    name: east
    kubeconfig: ~/labs/east-west/clusters/east/kubeconfig
    nodes:
      - {region: east, zone: zone1}
      - {region: east, zone: zone2}
    pod_subnet: 10.10.0.0/16
    service_subnet: 10.255.10.0/24
    load_images:
      - istio/examples-helloworld-v1:1.0
  register: east

- name: Show the network that load balancers may take addresses from
  ansible.builtin.debug:
    var: east.network

- name: Publish a port of the control plane and pull through a mirror
  eastwest.mesh.kind_cluster:
    name: west
    kubeconfig: ~/labs/east-west/clusters/west/kubeconfig
    nodes:
      - role: control-plane
        port_mappings:
          - {container_port: 30080, host_port: 8080}
      - role: worker
    registry_mirrors:
      docker.io: http://mirror:5000

- name: Delete it
  eastwest.mesh.kind_cluster:
    name: east
    kubeconfig: ~/labs/east-west/clusters/east/kubeconfig
    state: absent
"""

RETURN = r"""
actions:
  description: The actions, or in check mode those that would follow, in order.
  returned: always
  type: list
  elements: str
  sample: [start east-worker, label east-worker]
kubeconfig:
  description: The file with the cluster's credentials.
  returned: when O(state=present)
  type: str
  sample: /home/me/labs/east-west/clusters/east/kubeconfig
context:
  description: The context in RV(kubeconfig).
  returned: when O(state=present)
  type: str
  sample: kind-east
engine:
  description: The container engine that has the cluster.
  returned: when O(state=present)
  type: str
  sample: docker
nodes:
  description: The nodes. Addresses are empty in check mode when nodes do not run.
  returned: when O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The node's name, which is its container's, too.
      type: str
      sample: east-worker
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
    labels:
      description: The labels that the node was given.
      type: dict
    address:
      description: The address on the nodes' network.
      type: str
      sample: 172.18.0.3
    addresses:
      description: All addresses on the nodes' network.
      type: list
      elements: str
internal_api:
  description: The URL of the API for what runs on the same container network, such as the pods of other clusters.
  returned: when O(state=present)
  type: str
  sample: https://172.18.0.2:6443
internal_api_name:
  description: The same with the container's name, which stays when addresses change.
  returned: when O(state=present)
  type: str
  sample: https://east-control-plane:6443
network:
  description: The IPv4 subnet of the nodes' network; load balancers can take addresses from it.
  returned: when O(state=present)
  type: str
  sample: 172.18.0.0/16
network_name:
  description: The name of the nodes' network.
  returned: when O(state=present)
  type: str
  sample: kind
network_subnets:
  description: All subnets of the nodes' network.
  returned: when O(state=present)
  type: list
  elements: str
  sample: ["fc00:f853:ccd:e793::/64", 172.18.0.0/16]
network_reserved:
  description: The addresses of the network that gateways and containers have.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [172.18.0.1, 172.18.0.2, 172.18.0.3]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    NODE_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.cli import KindCli
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import find_engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import interruptible
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.run_context import (
    Changes,
    RunContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import check_name, parse_spec

MOUNT = {
    "host_path": {"type": "path", "required": True},
    "container_path": {"type": "str", "required": True},
    "read_only": {"type": "bool", "default": False},
    "selinux_relabel": {"type": "bool", "default": False},
    "propagation": {"type": "str", "choices": ["None", "HostToContainer", "Bidirectional"]},
}
PORT = {
    "container_port": {"type": "int", "required": True},
    "host_port": {"type": "int", "default": 0},
    "listen_address": {"type": "str", "default": "127.0.0.1"},
    "protocol": {"type": "str", "choices": ["TCP", "UDP", "SCTP"], "default": "TCP"},
}
NODE = {
    **NODE_ARGUMENTS,
    "extra_mounts": {"type": "list", "elements": "dict", "default": [], "options": MOUNT},
    "port_mappings": {"type": "list", "elements": "dict", "default": [], "options": PORT},
}
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "owner": {"type": "str"},
    "kubeconfig": {"type": "path", "required": True},
    "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE},
    "node_image": {"type": "str"},
    "pod_subnet": {"type": "str"},
    "service_subnet": {"type": "str"},
    "ip_family": {"type": "str", "choices": ["ipv4", "ipv6", "dual"]},
    "api_server_address": {"type": "str"},
    "api_server_port": {"type": "int"},
    "registry_mirrors": {"type": "dict", "default": {}},
    "containerd_patches": {"type": "list", "elements": "str", "default": []},
    "load_images": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
    "force": {"type": "bool", "default": False},
    "preflight": {"type": "bool", "default": True},
    "engine": {"type": "str", "choices": ["auto", "docker", "podman"], "default": "auto"},
    "kind": {"type": "path"},
}


def run(module: AnsibleModule, changes: Changes, warnings: list[str]) -> dict[str, t.Any]:
    params = module.params
    present = params["state"] == "present"
    name = check_name(params["name"])
    spec = parse_spec(params) if present else None
    engine = find_engine(params["engine"], name)
    context = RunContext(
        name=name,
        kubeconfig=params["kubeconfig"],
        engine=engine,
        kind=KindCli(engine, params["kind"]),
        changes=changes,
        timeout=params["wait_timeout"],
        wait=params["wait"],
        force=params["force"],
        preflight=params["preflight"],
        warnings=warnings,
    )
    if spec:
        return cluster.ensure(context, spec, params["load_images"])
    return cluster.remove(context, params["owner"])


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    changes = Changes(check=module.check_mode)
    warnings: list[str] = []
    try:
        with interruptible():
            result = run(module, changes, warnings)
    except MeshError as exc:
        # Changes before the failure stay
        done = changes.result()
        module.fail_json(msg=str(exc), changed=done["changed"], actions=done["actions"])
    for warning in warnings:
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
