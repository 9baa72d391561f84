#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_objects
short_description: List, release or delete objects that a lab made
version_added: 1.0.0
description:
  - Deletes those of the given objects that have the lab's label. Other objects of the same names stay,
    with a warning.
  - M(eastwest.mesh.manifest) uses it on clusters that existed before the lab.
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
  state:
    description:
      - V(absent) deletes the lab's objects.
      - V(released) takes back the fields that M(eastwest.mesh.manifest) has added to those of others.
      - V(listed) only lists the lab's objects.
    type: str
    choices: [absent, released, listed]
    default: absent
  objects:
    description: The objects, of which C(apiVersion), C(kind), C(metadata.name) and C(metadata.namespace) are read.
    type: list
    elements: dict
    required: true
  wait_timeout:
    description: How many seconds the deletions may take.
    type: int
    default: 180
requirements:
  - kubernetes (Python package)
"""

EXAMPLES = r"""
---
- name: Remove a rule if the lab made it
  eastwest.mesh.lab_objects:
    provider: existing
    lab_directory: ~/labs/east-west
    kubeconfig: ~/.kube/config
    context: east
    objects:
      - apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: helloworld, namespace: sample}
"""

RETURN = r"""
deleted:
  description: The objects that were deleted, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [DestinationRule sample/helloworld]
own:
  description: The objects that the lab made.
  returned: success
  type: list
  elements: str
  sample: [DestinationRule sample/helloworld]
kept:
  description: The objects that exist and that the lab did not make.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import cleanup
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import lab_name


def run(module: AnsibleModule) -> dict[str, list[str]]:
    params = module.params
    api = client_for(params)
    ours: list[cleanup.OwnedObject] = []
    kept: list[cleanup.OwnedObject] = []
    for obj in params["objects"]:
        try:
            item = cleanup.find_one(api, obj)
        except NotFound:
            # There are no objects of a kind that is not installed
            continue
        if item is not None:
            mine = cleanup.made_by(item, lab_name(params["lab_directory"]))
            (ours if mine else kept).append(item)
    deleted = ours if params["state"] == "absent" else []
    if not module.check_mode:
        cleanup.delete(api, deleted, params["wait_timeout"])
        for item in kept if params["state"] == "released" else []:
            cleanup.release(api, item)
    sorts = {"deleted": deleted, "own": ours, "kept": kept}
    return {sort: [str(item) for item in items] for sort, items in sorts.items()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "state": {
                "type": "str",
                "choices": ["absent", "released", "listed"],
                "default": "absent",
            },
            "objects": {"type": "list", "elements": "dict", "required": True},
            "wait_timeout": {"type": "int", "default": 180},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for name in result["kept"] if module.params["state"] == "absent" else []:
        module.warn(f"{name} is left alone, because this lab did not make it")
    module.exit_json(changed=bool(result["deleted"]), **result)


if __name__ == "__main__":
    main()
