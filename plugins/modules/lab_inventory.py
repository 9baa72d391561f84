#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_inventory
short_description: Write the inventory of a new lab
version_added: 1.0.0
description:
  - The inventory has comments, and is meant to be edited. The playbooks C(failover) and C(distribute) pass with it at once,
    on loopback.
  - It is one mesh of several clusters, each a region of its own, with a service that has a pod in each zone, and a client
    in the first zone of the first cluster.
  - Files that are there are never overwritten.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  path:
    description:
      - The directory of the inventory or, with O(name), the one above it.
      - It is made with the directories above it. Where it has other files than this module would write, the module fails.
    type: path
    required: true
  name:
    description: The lab's name, which is that of the inventory's directory below O(path).
    type: str
  clusters:
    description: The clusters' names, which are also their regions and networks. The client is in the first one.
    type: list
    elements: str
    default: [east, west]
  zones:
    description: How many zones the first cluster has. The others have one each.
    type: int
    default: 2
  networks:
    description:
      - With V(own), each cluster is a network of its own, which others reach through its gateway.
      - With V(one), all pods reach each other without one.
    type: str
    choices: [own, one]
    default: own
  service:
    description: The name of the service.
    type: str
    default: shop
  weights:
    description:
      - The share of the requests that each cluster is to get by the scenario C(distribute), 100 in all.
      - By default the first cluster has the most.
    type: list
    elements: int
"""

EXAMPLES = r"""
---
- name: Write an inventory of three clusters
  eastwest.mesh.lab_inventory:
    path: inventories/mine
    clusters: [berlin, paris, rome]
    weights: [70, 20, 10]
"""

RETURN = r"""
path:
  description: The inventory's directory.
  returned: success
  type: str
  sample: /home/me/labs/mine
files:
  description: The files of the inventory, below RV(path).
  returned: success
  type: list
  elements: str
  sample: [hosts.yml, group_vars/clusters.yml]
client_cluster:
  description: The cluster with the client, the rules and the steps.
  returned: success
  type: str
  sample: berlin
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    new_lab,
    new_lab_options,
)

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "name": {"type": "str"},
    "clusters": {"type": "list", "elements": "str", "default": ["east", "west"]},
    "zones": {"type": "int", "default": 2},
    "networks": {"type": "str", "choices": ["own", "one"], "default": "own"},
    "service": {"type": "str", "default": "shop"},
    "weights": {"type": "list", "elements": "int"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        directory = new_lab_options.inventory_directory(
            module.params["path"], module.params["name"]
        )
        lab = new_lab_options.parse_options(module.params)
        files = new_lab.inventory_files(lab)
        changed = new_lab.write(directory, files, check=module.check_mode)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=changed, path=str(directory), files=list(files), client_cluster=lab.near.name
    )


if __name__ == "__main__":
    main()
