#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sidecar
short_description: Drain the sidecars of workloads, or restore them
version_added: 1.0.0
description:
  - Drains or restores the Envoy beside each pod of the workloads, on every provider.
  - A drained sidecar refuses new connections while its process, and connections that exist, live on.
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
    description: The namespace of the workloads.
    type: str
    required: true
  workloads:
    description: The names of the Deployments.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(drained) tells the sidecars' listeners to stop, as C(POST /drain_listeners) does.
      - V(serving) brings back sidecars that are drained or have ended, and waits until they serve.
        Sidecars that serve are left alone.
    type: str
    choices: [drained, serving]
    required: true
  method:
    description:
      - How O(state=serving) brings a sidecar back.
      - V(replace) deletes the pod, so that its Deployment makes a new one with a new address. Requests come back
        at once, because no client has ejected that address.
      - V(restart) restarts the Envoy. The pod keeps its address, and a client that ejected it comes back only when
        C(baseEjectionTime) of its rule is over.
    type: str
    choices: [replace, restart]
    default: replace
  timeout:
    description: The longest time to wait for O(state=serving), in seconds.
    type: int
    default: 120
"""

EXAMPLES = r"""
---
- name: Drain zone1
  eastwest.mesh.sidecar:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sample
    workloads: [helloworld-zone1]
    state: drained

- name: Bring it back
  eastwest.mesh.sidecar:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sample
    workloads: [helloworld-zone1]
    state: serving
"""

RETURN = r"""
pods:
  description: The pods whose sidecars were drained or brought back.
  returned: always
  type: list
  elements: str
  sample: [helloworld-zone1-5d8f7c9b44-x2x7q]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "namespace": {"type": "str", "required": True},
            "workloads": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["drained", "serving"], "required": True},
            "method": {"type": "str", "choices": ["replace", "restart"], "default": "replace"},
            "timeout": {"type": "int", "default": 120},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    params = module.params
    try:
        cluster = connect(params)
        selection = sidecars.SidecarSelection(params["namespace"], tuple(params["workloads"]))
        if params["state"] == "drained":
            pods = sidecars.drain(cluster, selection, check=module.check_mode)
        else:
            pods = sidecars.restore(
                cluster, selection, params["method"], params["timeout"], check=module.check_mode
            )
    except NotFound as exc:
        if module.check_mode:
            # the run so far may have only pretended to make it
            module.exit_json(changed=False, pods=[], msg=str(exc))
        module.fail_json(msg=str(exc))
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=bool(pods), pods=pods)


if __name__ == "__main__":
    main()
