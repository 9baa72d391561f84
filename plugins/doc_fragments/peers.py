# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options PEER_ARGUMENTS of plugins/module_utils/_clusters/argument_specs.py; each module
    # describes the purpose of its peers
    # In place of a mapping, actions take the name of a host of the inventory.
    DOCUMENTATION = r"""
options:
  peers:
    type: list
    elements: dict
    suboptions:
      provider:
        description: The provider of the cluster, see O(provider).
        type: str
        choices: [loopback, kind, existing]
      lab_directory:
        description: The directory that holds the lab's state.
        type: path
      cluster:
        description: The cluster's name in the lab, and in remote secrets.
        type: str
        required: true
      kubeconfig:
        description: The kubeconfig file of the cluster.
        type: path
      context:
        description: The context in the kubeconfig file.
        type: str
"""
    # fragments are not merged as deep as this
    MANIFESTS: str = f"""{DOCUMENTATION}\
      manifests:
        description: The cluster's objects, where O(manifests) are given.
        type: raw
"""
