#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: manifest
short_description: Apply Kubernetes and Istio manifests to a cluster of any provider
version_added: 1.0.0
description:
  - Applies or removes manifests, the same ones on every provider.
  - On real clusters it calls M(kubernetes.core.k8s); on a loopback cluster it stores them, computes what istiod would
    send to each proxy, and waits until every Envoy works with it.
  - A kind or a field that the loopback provider does not implement is refused before anything is changed.
  - This is implemented as an action plugin; templates are read where the playbook runs.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The contents of Secrets are not shown.
  idempotent:
    support: full
options:
  state:
    description: Whether the objects exist.
    type: str
    choices: [present, absent]
    default: present
  definition:
    description:
      - The objects, each as Kubernetes has it, or YAML text with any number of documents.
      - A list may hold objects and YAML texts.
    type: list
    elements: raw
    default: []
  template:
    description: Templates with any number of documents, searched for like those of M(ansible.builtin.template).
    type: list
    elements: str
    default: []
  role:
    description:
      - A role of this collection, whose variables are checked and whose manifests are built and applied, as by
        M(eastwest.mesh.role_manifests) and this module. Where it has none, the task is skipped.
    type: str
    choices: [import_service, locality, metallb, workload]
  wait:
    description:
      - Whether to wait until the objects are ready.
      - A loopback cluster always waits.
    type: bool
    default: true
  wait_timeout:
    description: The longest time to wait, in seconds, on a real cluster.
    type: int
    default: 180
seealso:
  - module: kubernetes.core.k8s
  - module: eastwest.mesh.loopback_cluster
"""

EXAMPLES = r"""
---
- name: Keep requests of helloworld in their zone, and let them fail over
  eastwest.mesh.manifest:
    lab_directory: ~/labs/east-west
    cluster: east
    definition:
      - apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata:
          name: helloworld
          namespace: sample
        spec:
          host: helloworld.sample.svc.cluster.local
          trafficPolicy:
            loadBalancer:
              simple: ROUND_ROBIN
              localityLbSetting:
                failover:
                  - from: east
                    to: west
            outlierDetection:
              consecutive5xxErrors: 1
              maxEjectionPercent: 100

- name: Apply templates of the role to a cluster of a kubeconfig
  eastwest.mesh.manifest:
    provider: existing
    kubeconfig: ~/.kube/config
    context: east
    template: [namespace.yml.j2, workloads.yml.j2]
"""

RETURN = r"""
objects:
  description: The objects as they are after the call, with their status. The contents of Secrets are left out.
  returned: always
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    load_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import manifests
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "definition": {"type": "list", "elements": "raw", "default": []},
            "template": {"type": "list", "elements": "str", "default": []},
            "role": {
                "type": "str",
                "choices": ["import_service", "locality", "metallb", "workload"],
            },
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 180},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    params = module.params
    try:
        if params["provider"] != "loopback" or params["template"] or params["role"]:
            raise MeshError("this module works through its action plugin only")
        definitions = load_manifests(params["definition"], names_only=params["state"] == "absent")
        result = manifests.change(
            Lab(params["lab_directory"]),
            params["cluster"],
            definitions,
            absent=params["state"] == "absent",
            check_mode=module.check_mode,
        )
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
