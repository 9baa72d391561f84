#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_clusters_info
short_description: List the remote clusters that istiod reads
version_added: 1.0.0
description:
  - In a multi-primary mesh each control plane reads the services of all clusters, by means of remote secrets.
  - Queries istiod for the state of those clusters, and can wait until it has read the expected ones.
  - Not for O(provider=loopback).
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
  expect:
    description:
      - Clusters that istiod must have read.
      - Fails when one of them is not read in O(wait_timeout) seconds.
    type: list
    elements: str
    default: []
  istio_namespace:
    description: The namespace of the control plane.
    type: str
    default: istio-system
  wait_timeout:
    description: The longest time to wait, in seconds.
    type: int
    default: 60
requirements:
  - kubernetes (Python package)
"""

EXAMPLES = r"""
---
- name: Wait until east knows west
  eastwest.mesh.remote_clusters_info:
    provider: existing
    kubeconfig: ~/.kube/config
    context: east
    expect: [west]
"""

RETURN = r"""
clusters:
  description: The clusters that istiod reads besides its own.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The cluster's name.
      type: str
      sample: west
    status:
      description: The state; V(synced) when the cluster was read.
      type: str
      sample: synced
    secret:
      description: The remote secret, with its namespace.
      type: str
      sample: istio-system/istio-remote-secret-west
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import istiod_debug
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for

POLL = 1.0


def missing(clusters: list[dict[str, str]], expected: list[str]) -> list[str]:
    """Return the problem of each expected cluster that is not read."""
    found = {cluster["id"]: cluster for cluster in clusters}
    problems = []
    for name in expected:
        cluster = found.get(name)
        if cluster is None:
            problems.append(f"{name}: istiod has no such cluster")
        elif cluster["status"] != "synced":
            problems.append(f"{name}: {cluster['status']} (Secret {cluster['secret']})")
    return problems


def run(module: AnsibleModule) -> list[dict[str, str]]:
    params = module.params
    if params["provider"] == "loopback":
        raise InvalidInput(
            "provider: loopback has no istiod that could be asked; choose kind or existing"
        )
    api = client_for(params)
    deadline = time.monotonic() + params["wait_timeout"]
    while True:
        try:
            clusters = istiod_debug.remote_clusters(api, params["istio_namespace"])
            problems = missing(clusters, params["expect"])
            if not problems:
                return clusters
        except MeshError as exc:
            # istiod may be restarting
            problems = [str(exc)]
        if time.monotonic() >= deadline:
            raise MeshError(
                f"cluster {api.name}: istiod has not read other clusters after"
                f" {params['wait_timeout']} s: {'; '.join(problems)}. Can its pods reach the"
                " server in that secret, and is the token in it still valid?"
            )
        time.sleep(POLL)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "expect": {"type": "list", "elements": "str", "default": []},
            "istio_namespace": {"type": "str", "default": "istio-system"},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        clusters = run(module)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, clusters=clusters)


if __name__ == "__main__":
    main()
