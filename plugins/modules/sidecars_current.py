#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sidecars_current
short_description: Restart workloads whose sidecars have outdated settings
version_added: 1.0.0
description:
  - Mesh settings such as DNS capture, proxy metadata and the proxy's image take effect when a pod is made. After a change,
    running pods keep the old settings, and what a lab finds out with them is not true of its mesh.
  - Compares the injected containers of running pods with those that a new pod would get, for which it asks the API server
    in a dry run. Restarts the workloads that differ, and waits until they are ready.
  - With O(provider=existing) only the workloads with the lab's label are restarted; others are named in a warning.
  - There is nothing to do with O(provider=loopback), where settings take effect at once.
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
  wait_timeout:
    description: The longest time to wait for the restarted workloads, in seconds.
    type: int
    default: 180
notes:
  - The dry run needs the permission to create pods. What could not be compared is named in a warning.
requirements:
  - kubernetes (Python package)
seealso:
  - module: eastwest.mesh.istio_control_plane
"""

EXAMPLES = r"""
---
- name: Let all pods have the settings of the mesh
  eastwest.mesh.sidecars_current:
    provider: kind
    kubeconfig: ~/labs/east-west/clusters/east/kubeconfig
"""

RETURN = r"""
restarted:
  description: The workloads that were restarted, or in check mode would be, with the settings that differed.
  returned: success
  type: list
  elements: str
  sample: ["Deployment sleep/sleep (ISTIO_META_DNS_CAPTURE of istio-proxy, PROXY_CONFIG of istio-proxy)"]
outdated:
  description: The workloads that the lab did not make, with the settings that differ.
  returned: success
  type: list
  elements: str
  sample: []
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    injection,
    waiter,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import (
    LAB,
    LAB_MANAGER,
    lab_name,
)

_MAX_NAMED = 10


def run(module: AnsibleModule) -> dict[str, list[str]]:
    params = module.params
    if params["provider"] == "loopback":
        return {"restarted": [], "outdated": []}
    api = client_for(params)
    outdated, errors = injection.find_outdated(api)
    for error in errors:
        module.warn(f"not all sidecars were compared with the mesh's settings: {error}")
    lab = lab_name(params["lab_directory"])
    own: list[injection.OutdatedWorkload] = []
    others: list[injection.OutdatedWorkload] = []
    for each in outdated:
        labels = each.workload["metadata"].get("labels") or {}
        # A kind cluster belongs to its lab as a whole
        (own if params["provider"] == "kind" or labels.get(LAB) == lab else others).append(each)
    if not module.check_mode:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        for each in own:
            workloads.restart(api, each.workload, now, LAB_MANAGER)
        waiter.wait_ready(api, [each.workload for each in own], params["wait_timeout"])
    return {"restarted": [str(each) for each in own], "outdated": [str(each) for each in others]}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CLUSTER_ARGUMENTS, "wait_timeout": {"type": "int", "default": 180}},
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    outdated = result["outdated"]
    if outdated:
        more = f" and {len(outdated) - _MAX_NAMED} more" if len(outdated) > _MAX_NAMED else ""
        module.warn(
            f"the sidecars of {'; '.join(outdated[:_MAX_NAMED])}{more} have settings from before"
            " the mesh was changed, and the lab did not make them: restart them with kubectl"
            " rollout restart, or expect other results from them"
        )
    module.exit_json(changed=bool(result["restarted"]), **result)


if __name__ == "__main__":
    main()
