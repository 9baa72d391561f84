#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_dns_info
short_description: Resolve host names in a pod, and connect to them
version_added: 1.0.0
description:
  - Looks names up in a pod of a workload, by the resolver that its programs use, and opens TCP connections through its sidecar.
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
    description: The Deployment whose first pod is used.
    type: str
    required: true
  names:
    description:
      - The names to look up. On real clusters the pod's container needs getent, or curl.
    type: list
    elements: str
    default: []
  connect:
    description:
      - The servers to connect to.
      - On real clusters the pod's container needs curl. Servers that send a banner are read, HTTP servers are asked
        for O(connect[].path). With O(provider=loopback) only banners are read.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: A name or an IPv4 address.
        type: str
        required: true
      port:
        description: The port.
        type: int
        required: true
      path:
        description: The path of the request to an HTTP server.
        type: str
        default: /
  timeout:
    description: The longest time for one connection, in seconds.
    type: float
    default: 5.0
  expect:
    description: What must be found. The module fails, with its result, where it is not.
    type: dict
    suboptions:
      allocated:
        description: Names of which each must have one address of its own, allocated by Istio.
        type: list
        elements: str
        default: []
      unresolved:
        description: Names that must not resolve.
        type: list
        elements: str
        default: []
      answers:
        description: For each host of O(connect) the version that must answer.
        type: dict
      single_answer:
        description: Whether all connections must reach one server, whichever it is.
        type: bool
        default: false
      pattern:
        description:
          - A regular expression with a group V(version) that tells from an answer which server gave it.
          - The default is that of M(eastwest.mesh.traffic_sample).
        type: str
"""

EXAMPLES = r"""
---
- name: See which address the client gets for a database
  eastwest.mesh.pod_dns_info:
    lab_directory: ~/labs/three-clusters
    cluster: c1
    namespace: sample
    workload: sleepz1
    names: [db1.example.com]
    connect:
      - {host: db1.example.com, port: 3306}
"""

RETURN = r"""
addresses:
  description: The addresses of each name; an empty list for a name that does not exist.
  returned: always
  type: dict
  sample: {db1.example.com: [240.240.0.1]}
connections:
  description: The results of O(connect), in their order.
  returned: always
  type: list
  elements: dict
  contains:
    host:
      description: As given.
      type: str
    port:
      description: As given.
      type: int
    address:
      description: The address connected to; empty if the name does not exist.
      type: str
    greeting:
      description: The server's banner, or its HTTP response.
      type: str
    error:
      description: Why the connection failed; empty if it did not.
      type: str
requests:
  description: The number of connections, in the words of M(eastwest.mesh.traffic_sample), whose place this result takes in a report.
  returned: with O(expect)
  type: int
errors:
  description: The number of connections that failed.
  returned: with O(expect)
  type: int
unidentified:
  description: The number of answers that name no version.
  returned: with O(expect)
  type: int
judgement:
  description: The verdict, as that of M(eastwest.mesh.traffic_sample).
  returned: with O(expect)
  type: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.lookup_verdict import (
    LookupExpectation,
    judge_lookup,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    DEFAULT_PATTERN,
)

EXPECT_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "allocated": {"type": "list", "elements": "str", "default": []},
    "unresolved": {"type": "list", "elements": "str", "default": []},
    "answers": {"type": "dict"},
    "single_answer": {"type": "bool", "default": False},
    "pattern": {"type": "str"},
}


def _probe(
    cluster: Cluster, pod: PodRef, target: dict[str, t.Any], timeout: float
) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {
        "host": target["host"],
        "port": target["port"],
        "address": "",
        "greeting": "",
        "error": "",
    }
    for address in cluster.dns_lookup(pod, target["host"])[:1]:
        found["address"] = address
        try:
            found["greeting"] = cluster.tcp_probe(
                pod, (address, target["port"]), target["path"], timeout
            )
        except LabBroken as exc:
            found["error"] = str(exc)
    if not found["address"]:
        found["error"] = "the name does not exist"
    return found


def _read(params: dict[str, t.Any]) -> dict[str, t.Any]:
    cluster = connect(params)
    pods = cluster.pods(params["namespace"], params["workload"])
    if not pods:
        raise NotFound(f"workload: {params['namespace']}/{params['workload']} has no running pod")
    return {
        "addresses": {name: list(cluster.dns_lookup(pods[0], name)) for name in params["names"]},
        "connections": [
            _probe(cluster, pods[0], target, params["timeout"]) for target in params["connect"]
        ],
    }


def _judge(found: dict[str, t.Any], expect: dict[str, t.Any]) -> dict[str, t.Any]:
    expectation = LookupExpectation(
        expect["allocated"], expect["unresolved"], expect["answers"], expect["single_answer"]
    )
    pattern = expect["pattern"] or DEFAULT_PATTERN
    return judge_lookup(found["addresses"], found["connections"], expectation, pattern)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "namespace": {"type": "str", "required": True},
            "workload": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "default": []},
            "connect": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "host": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                    "path": {"type": "str", "default": "/"},
                },
            },
            "timeout": {"type": "float", "default": 5.0},
            "expect": {"type": "dict", "options": EXPECT_ARGUMENTS},
        },
        required_if=CLUSTER_REQUIRED_IF,
        supports_check_mode=True,
    )
    try:
        found = _read(module.params)
        if module.params["expect"]:
            found |= _judge(found, module.params["expect"])
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    if reasons := found.get("judgement", {}).get("reasons"):
        module.fail_json(msg="; ".join(reasons), **found)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
