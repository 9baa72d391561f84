#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_endpoints_info
short_description: List the endpoints of a sidecar
version_added: 1.0.0
description:
  - Asks the Envoy beside each pod of a workload for the endpoints that it sends requests to, with their localities,
    priorities, weights and health, and how many requests each got.
  - This is the proxy's present state; M(eastwest.mesh.locality_info) computes the expected one.
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
    description: The namespace of the workload.
    type: str
    required: true
  workload:
    description:
      - The name of the Deployment whose proxies are asked.
      - A gateway has proxies, too.
    type: str
    required: true
  host:
    description:
      - The service, as a client in O(namespace) would call it. Short names are completed.
      - Without it the endpoints of all services are returned.
    type: str
  port:
    description: The service's port; without it all ports.
    type: int
  subset:
    description:
      - The name of a subset that a DestinationRule defines; an empty string is the service without subsets.
      - Without it the service and all its subsets.
    type: str
"""

EXAMPLES = r"""
---
- name: Ask the client's sidecar for the endpoints of helloworld
  eastwest.mesh.proxy_endpoints_info:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    host: helloworld.sample
    port: 5000
  register: known

- name: Show where requests go first
  ansible.builtin.debug:
    msg: "{{ known.endpoints | selectattr('priority', 'equalto', 0) | map(attribute='locality.zone') }}"

- name: Wait until nothing is ejected any more
  eastwest.mesh.proxy_endpoints_info:
    provider: existing
    context: east
    namespace: sleep
    workload: sleep
    host: helloworld.sample
  register: known
  until: known.endpoints | selectattr('health', 'equalto', 'ejected') | length == 0
  retries: 30
  delay: 2
"""

RETURN = r"""
endpoints:
  description: One entry for each endpoint in each cluster of each proxy, by pod, cluster, priority and locality.
  returned: success
  type: list
  elements: dict
  contains:
    pod:
      description: The pod whose proxy was asked.
      type: str
      sample: sleep-8b546cfd6-rjqd4
    cluster:
      description: The name of the Envoy cluster.
      type: str
      sample: outbound|5000||helloworld.sample.svc.cluster.local
    host:
      description: The service's full name.
      type: str
      sample: helloworld.sample.svc.cluster.local
    port:
      description: The service's port.
      type: int
      sample: 5000
    subset:
      description: The subset, or an empty string.
      type: str
      sample: ""
    endpoint:
      description: The endpoint's address and port.
      type: str
      sample: 10.10.2.3:5000
    address:
      description: The endpoint's address.
      type: str
      sample: 10.10.2.3
    locality:
      description: The locality that the control plane gave the endpoint.
      type: dict
      contains:
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
          sample: ""
    priority:
      description: The priority; endpoints of a lower number are used first.
      type: int
      sample: 0
    weight:
      description: The endpoint's weight among those of its locality.
      type: int
      sample: 1
    health:
      description:
        - V(healthy) or V(degraded), or why the proxy does not use the endpoint.
        - V(ejected) is the proxy's own decision (outlier detection), V(unhealthy) and V(draining) the control plane's.
      type: str
      sample: healthy
    reasons:
      description: Everything that Envoy has against the endpoint, in Envoy's words.
      type: list
      elements: str
      sample: [failed_outlier_check]
    requests:
      description: The requests that this proxy sent to the endpoint.
      type: int
      sample: 93
    errors:
      description: How many of them failed.
      type: int
      sample: 0
    connections:
      description: The connections that this proxy opened to the endpoint.
      type: int
      sample: 93
    failed_connections:
      description: The connections that could not be opened.
      type: int
      sample: 0
"""

import dataclasses
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import cluster_status

_SAME_NAMES = (
    *("cluster", "address", "priority", "weight", "health", "reasons"),
    *("requests", "errors", "connections", "failed_connections"),
)


def _result(pod: str, endpoint: cluster_status.EndpointStatus) -> dict[str, t.Any]:
    return {
        **{name: getattr(endpoint, name) for name in _SAME_NAMES},
        **dataclasses.asdict(endpoint.service),
        "pod": pod,
        "endpoint": f"{endpoint.address}:{endpoint.port}",
        "locality": {name: getattr(endpoint, name) for name in ("region", "zone", "subzone")},
    }


def _read(params: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    cluster = connect(params)
    namespace, workload = params["namespace"], params["workload"]
    hosts = cluster_status.full_names(params["host"], namespace) if params["host"] else ()
    cluster_filter = cluster_status.ClusterFilter(hosts, params["port"], params["subset"])
    pods = cluster.pods(namespace, workload)
    if not pods:
        raise NotFound(
            f"workload: Deployment {namespace}/{workload} of cluster {cluster.name} has no running pod"
        )
    return [
        _result(pod.name, endpoint)
        for pod in pods
        for endpoint in cluster_status.parse(
            cluster.admin(pod, "GET", cluster_status.admin_path(cluster_filter)), cluster_filter
        )
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "namespace": {"type": "str", "required": True},
            "workload": {"type": "str", "required": True},
            "host": {"type": "str"},
            "port": {"type": "int"},
            "subset": {"type": "str"},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        endpoints = _read(module.params)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    if module.params["host"] and not endpoints:
        module.warn(
            f"host: the proxies of {module.params['workload']} know no endpoint of"
            f" '{module.params['host']}' with this port and subset"
        )
    module.exit_json(changed=False, endpoints=endpoints)


if __name__ == "__main__":
    main()
