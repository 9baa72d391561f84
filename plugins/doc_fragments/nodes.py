# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options NODE_ARGUMENTS of plugins/module_utils/_clusters/argument_specs.py; each module
    # describes the purpose of its nodes
    DOCUMENTATION = r"""
options:
  nodes:
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The node's name.
        type: str
      role:
        description: The node's role. A lab's pods run on workers.
        type: str
        choices: [control-plane, worker]
        default: worker
      region:
        description: The value of the label C(topology.kubernetes.io/region).
        type: str
      zone:
        description: The value of the label C(topology.kubernetes.io/zone).
        type: str
      subzone:
        description: The value of the label C(topology.istio.io/subzone).
        type: str
      labels:
        description: More labels.
        type: dict
        default: {}
"""
    # Fragments are not merged as deep as this
    KIND: str = f"""{DOCUMENTATION}\
      extra_mounts:
        description: Directories or files of this machine to be seen in the node.
        type: list
        elements: dict
        default: []
        suboptions:
          host_path:
            description: The path on this machine, which must exist.
            type: path
            required: true
          container_path:
            description: The path in the node.
            type: str
            required: true
          read_only:
            description: Whether the node cannot write to it.
            type: bool
            default: false
          selinux_relabel:
            description: Whether the engine gives the files a label of SELinux that the node may use.
            type: bool
            default: false
          propagation:
            description: How mounts inside of it are seen on the other side.
            type: str
            choices: ["None", HostToContainer, Bidirectional]
      port_mappings:
        description: Ports of this machine that lead to the node.
        type: list
        elements: dict
        default: []
        suboptions:
          container_port:
            description: The port in the node.
            type: int
            required: true
          host_port:
            description: The port on this machine; V(0) lets kind choose one.
            type: int
            default: 0
          listen_address:
            description: The address of this machine to listen on.
            type: str
            default: 127.0.0.1
          protocol:
            description: The protocol.
            type: str
            choices: [TCP, UDP, SCTP]
            default: TCP
"""
