#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mesh_path_info
short_description: Find the hop at which requests fail
version_added: 1.0.0
description:
  - Follows a request from a pod to the app that is to answer, hop by hop, and says which work, which one fails first,
    what shows it and what would mend it.
  - It reads the proxies' own state, the client's and those behind it as far as their clusters are known, and sends a few
    requests from inside of the pod meanwhile.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
  - eastwest.mesh.peers
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  namespace:
    description: The namespace of the client.
    type: str
    required: true
  workload:
    description: The Deployment whose first pod is the client. One of O(workload), O(pod) and O(selector) is needed.
    type: str
  pod:
    description: The name of the client's pod.
    type: str
  selector:
    description: Labels of the client's pod, of which the first one is taken.
    type: dict
  url:
    description:
      - What to ask for, with the service's port. Short names are completed as for a client in O(namespace).
      - With V(https) the client begins TLS itself, which V(loopback) clients cannot.
    type: str
    required: true
  method:
    description: The request method.
    type: str
    default: GET
  headers:
    description: Further headers of the requests.
    type: dict
  requests:
    description: How many requests to send, V(1) to V(5), each over a connection of its own to the sidecar.
    type: int
    default: 3
  timeout:
    description: The longest time for one request, in seconds.
    type: float
    default: 5
  expect:
    description:
      - What must come of it, V(ok) or the hop that must be the first to fail. The module fails if it comes otherwise.
      - Without it the module reports and does not fail.
    type: str
    choices: [ok, dns, route, endpoints, gateway, tls, server]
  path:
    description:
      - A JSON file to write the hops to. Beside it, and called like it, a page to look at is written (C(.html)).
      - C(index.html) there lists it with the reports of the lab, unless a file of this name is somebody else's.
      - Without it nothing is written, and in check mode neither.
    type: path
  peers:
    description:
      - Other clusters into which the path may lead. What is not given here is as for the client's cluster.
      - Gateways and servers in clusters that are not named are judged from the client's side only.
notes:
  - Proxies keep connections. A request over one that exists says nothing about what a new one would meet; RV(verdict)
    says so where it matters.
seealso:
  - module: eastwest.mesh.traffic_sample
  - module: eastwest.mesh.proxy_endpoints_info
"""

EXAMPLES = r"""
---
- name: Find out why no answer comes
  eastwest.mesh.mesh_path_info:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    url: http://httpbin.sample.svc.cluster.local:8000/headers
    peers:
      - cluster: west
  register: path

- name: Show it
  ansible.builtin.debug:
    msg: "{{ path.text.splitlines() }}"

- name: Prove that a host that the gateway does not expose is not cluster_hop
  eastwest.mesh.mesh_path_info:
    provider: existing
    context: east
    namespace: sleep
    selector:
      app: sleep
    url: http://secret.sample.svc.cluster.local:8000/
    expect: gateway
    peers:
      - cluster: west
        context: west
"""

RETURN = r"""
verdict:
  description: The outcome in one sentence.
  returned: always
  type: str
  sample: >-
    gateway fails: the gateway does not expose httpbin.sample.svc.cluster.local
    (west istio-system/istio-eastwestgateway)
text:
  description: All hops for people to read; with evidence and advice for those that fail.
  returned: always
  type: str
failing_hop:
  description: The first hop that fails, in the order of RV(hops); empty if none does.
  returned: always
  type: str
  sample: gateway
hops:
  description:
    - The hops in the request's order. What is said in the same words of several places is one entry.
  returned: always
  type: list
  elements: dict
  contains:
    hop:
      description:
        - V(dns) is the name in the client's pod, V(route) the listener and route of its sidecar, V(endpoints) what the
          sidecar sends to.
        - V(gateway) is each gateway on the route, V(tls) mTLS between the client's and the server's sidecar, V(server) the
          server's sidecar and its app.
      type: str
      sample: gateway
    ok:
      description: Whether the hop works; null where nobody can tell.
      type: bool
      sample: false
    where:
      description: The cluster and the pods or Services meant, or an address that no known cluster has.
      type: str
      sample: west istio-system/istio-eastwestgateway
    detail:
      description: What is the matter.
      type: str
      sample: the gateway does not expose httpbin.sample.svc.cluster.local
    evidence:
      description: What shows it.
      type: list
      elements: str
    advice:
      description: What would mend it; empty where nothing needs to be mended.
      type: str
requests:
  description: How many requests were sent.
  returned: always
  type: int
  sample: 3
answered:
  description: How many of them got an answer with a status below 400.
  returned: always
  type: int
  sample: 0
skipped_endpoints:
  description:
    - How many endpoints were not looked into. Of each Envoy cluster on the way sixteen are, the best of each locality
      first. The others are judged by the client's counters only, where requests go to them.
  returned: always
  type: int
  sample: 0
page:
  description: Where the page is.
  returned: when O(path) is given, not in check mode
  type: str
  sample: /home/me/labs/east-west/report/path.html
index:
  description: Where the list of the lab's reports is.
  returned: when it was written
  type: str
  sample: /home/me/labs/east-west/report/index.html
"""

import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
    PEER_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.run import gather
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.verdict import evaluate
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    check_path,
    write_path,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.path_page import path_document

ARGUMENTS = {
    "namespace": {"type": "str", "required": True},
    "workload": {"type": "str"},
    "pod": {"type": "str"},
    "selector": {"type": "dict"},
    "url": {"type": "str", "required": True},
    "method": {"type": "str", "default": "GET"},
    "headers": {"type": "dict"},
    "requests": {"type": "int", "default": 3},
    "timeout": {"type": "float", "default": 5},
    "expect": {
        "type": "str",
        "choices": ["ok", "dns", "route", "endpoints", "gateway", "tls", "server"],
    },
    "path": {"type": "path"},
    "peers": {"type": "list", "elements": "dict", "options": PEER_ARGUMENTS},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CLUSTER_ARGUMENTS, **ARGUMENTS},
        required_if=CLUSTER_REQUIRED_IF,
        required_one_of=[("workload", "pod", "selector")],
        mutually_exclusive=[("workload", "pod", "selector")],
        supports_check_mode=True,
    )
    params = module.params
    try:
        path = params["path"] and Path(params["path"]).absolute()
        if path:
            check_path(path)
        facts = gather(params)
        verdict = evaluate(facts)
        result: dict[str, t.Any] = {
            **verdict.as_dict(),
            "skipped_endpoints": facts.skipped_endpoints,
            "requests": len(facts.records),
            "answered": facts.answered,
        }
        if path and not module.check_mode:
            client = f"{params['namespace']}/{params['workload'] or params['pod'] or 'the client'}"
            document = path_document(client, params["url"], result, datetime.now(UTC))
            result |= write_path(path, document)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    expected = module.params["expect"]
    if expected is not None and expected != verdict.outcome:
        module.fail_json(
            msg=f"expected is {_expected(expected)}, but {verdict.text}\n{result['text']}",
            changed=False,
            **result,
        )
    module.exit_json(changed=False, **result)


def _expected(name: str) -> str:
    return "a path that works" if name == "ok" else f"that {name} is the first hop to fail"


if __name__ == "__main__":
    main()
