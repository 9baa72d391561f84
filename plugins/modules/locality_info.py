#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: locality_info
short_description: Compute where requests will go, and why
version_added: 1.0.0
description:
  - Computes for each client the priorities of a service's endpoints, the expected shares, what happens as endpoints
    die, and why, from what Istio and Envoy do with the topology and the rules. No request is sent.
  - Says what is wrong with the rules, and what to write instead.
  - It is a computation that changes nothing.
  - It works on a cluster, which it reads; on O(manifests), which need no cluster; or on O(endpoints) given as plain
    data.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
  - eastwest.mesh.peers.manifests
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  lab_directory:
    description:
      - The directory that holds the lab's state.
      - Required with O(provider=loopback), unless O(manifests) or O(endpoints) are given.
  cluster:
    description:
      - The cluster's name in the lab, which is the clients' cluster.
      - Required with O(provider=loopback), unless O(manifests) or O(endpoints) are given, where it is V(local) by default.
  services:
    description:
      - What the clients ask for.
      - By default every service that a DestinationRule names; where there is no such rule, every service that has
        endpoints and is no part of the system.
    type: list
    elements: dict
    suboptions:
      host:
        description: The service's name as a client writes it, short or complete.
        type: str
        required: true
      port:
        description: Number or name of a port. By default all ports. Given O(endpoints) listen on V(80) by default.
        type: str
      subset:
        description: A subset that the DestinationRule defines.
        type: str
      traffic_distribution:
        description: The Service's C(trafficDistribution), for given O(endpoints) only.
        type: str
        choices: [PreferClose, PreferSameZone, PreferSameNode]
  clients:
    description:
      - Who asks, either a O(clients[].workload) or any proxy in a O(clients[].locality).
      - By default one for each locality that the cluster's nodes, or the given O(endpoints), have.
      - With an empty list there are no forecasts, only findings.
    type: list
    elements: dict
    suboptions:
      workload:
        description: A Deployment. Forecasts are made for its pods, one of each locality.
        type: str
      namespace:
        description: The namespace of the client, whose rules it sees. V(default) by default.
        type: str
      locality:
        description: Where the client is, such as V(east/zone1).
        type: str
      labels:
        description: The client's labels, for rules with C(failoverPriority) or a C(workloadSelector).
        type: dict
      network:
        description: The client's network. By default that of its cluster.
        type: str
      cluster:
        description: The client's cluster, the module's own or one of O(peers).
        type: str
  manifests:
    description:
      - Kubernetes objects in place of a cluster, as a list of mappings or as YAML text with several documents.
      - Nodes, Deployments, Pods, Services, WorkloadEntries, ServiceEntries, DestinationRules, Gateways and the
        ConfigMap C(istio) count. A Deployment becomes pods on nodes that fit its C(nodeSelector).
    type: raw
  endpoints:
    description: The endpoints of one service as plain data, in place of a cluster.
    type: list
    elements: dict
    suboptions:
      locality:
        description: Where they are, such as V(east/zone1).
        type: str
        default: ""
      count:
        description: How many there are.
        type: int
        default: 1
      healthy:
        description: How many of them are healthy. By default all.
        type: int
      weight:
        description: The weight of each.
        type: int
        default: 1
      labels:
        description: Their labels.
        type: dict
      network:
        description: The network that they are in.
        type: str
      cluster:
        description: The cluster that they are in.
        type: str
      name:
        description: What they are called. By default after their locality.
        type: str
      address:
        description: The address, for O(endpoints[].count=1).
        type: str
  gateways:
    description: The gateways that lead into networks, for given O(endpoints).
    type: list
    elements: dict
    suboptions:
      network:
        description: The network that it leads into.
        type: str
        required: true
      address:
        description: Its address.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        default: 15443
  rules:
    description:
      - Rules that are to be looked at as if they were applied, whole DestinationRules or just a C(trafficPolicy) for
        the first of O(services).
      - One that has the name and namespace of a rule of the cluster replaces it.
    type: list
    elements: dict
  mesh:
    description: Mesh settings (C(MeshConfig)) that are to be looked at as if they were applied.
    type: dict
  drained:
    description:
      - Workloads that are to be looked at as if they refused connections.
      - What outlier detection may eject of them is out, the rest is not. Their pods count as ready.
      - Sidecars of clusters that are read are asked whether they refuse connections now; these need not be listed.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: The namespace of the workload.
        type: str
        required: true
      workload:
        description: The Deployment, or a pod.
        type: str
        required: true
      cluster:
        description: The cluster of the workload. By default the clients'.
        type: str
  scaled:
    description: Deployments that are to be looked at as if they had another number of pods.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: The namespace of the Deployment.
        type: str
        required: true
      workload:
        description: The Deployment.
        type: str
        required: true
      replicas:
        description: The number of pods.
        type: int
        required: true
      cluster:
        description: The cluster of the Deployment. By default the clients'.
        type: str
  by:
    description:
      - Labels of pods to add shares for, besides those by C(locality), C(cluster), C(workload) and C(instance).
    type: list
    elements: str
    default: [version]
  peers:
    description:
      - Other clusters. Those that the cluster has remote secrets for are part of its mesh; of all others a forecast needs
        the pods behind gateways, and checks need the nodes.
      - What is not given here is as for the module's own cluster.
  fail_on:
    description: Fail when there are findings of these severities.
    type: list
    elements: str
    choices: [error, warning, info]
    default: []
  path:
    description:
      - A JSON file to write the forecasts and findings to. Beside it, and called like it, a page to look at is written (C(.html)).
      - C(index.html) there lists it with the reports of the lab, unless a file of this name is somebody else's.
      - Without it nothing is written, and in check mode neither.
    type: path
  show:
    description: Print RV(text) while the playbook runs.
    type: bool
    default: false
seealso:
  - module: eastwest.mesh.traffic_sample
"""

EXAMPLES = r"""
---
- name: See where the requests of a client will go
  eastwest.mesh.locality_info:
    lab_directory: ~/labs/east-west
    cluster: east
    clients:
      - {namespace: sleep, workload: sleep}
    services:
      - {host: helloworld.sample, port: 5000}
    peers:
      - cluster: west
    show: true

- name: Try a rule before it is applied, with one zone drained
  eastwest.mesh.locality_info:
    lab_directory: ~/labs/east-west
    cluster: east
    services:
      - host: helloworld.sample.svc.cluster.local
    rules:
      - loadBalancer:
          localityLbSetting:
            failover:
              - {from: east, to: west}
        outlierDetection: {consecutive5xxErrors: 1, maxEjectionPercent: 100}
    drained:
      - {namespace: sample, workload: helloworld-zone1}

- name: Compute a split without any cluster
  eastwest.mesh.locality_info:
    endpoints:
      - {locality: east/zone1, count: 3, healthy: 2}
      - {locality: west/zone3, count: 3}
    clients:
      - locality: east/zone1
    rules:
      - outlierDetection: {}

- name: Refuse defective rules in a pipeline
  eastwest.mesh.locality_info:
    manifests: "{{ lookup('ansible.builtin.file', 'mesh.yaml') }}"
    fail_on: [error, warning]
"""

RETURN = r"""
forecasts:
  description: What to expect of each client and service port.
  returned: success
  type: list
  elements: dict
  contains:
    client:
      description: Name, namespace, cluster, locality and network of the client.
      type: dict
      returned: always
      sample: {name: sleep/sleep, namespace: sleep, cluster: east, locality: east/zone1, network: east-network}
    host:
      description: The service.
      type: str
      returned: always
      sample: helloworld.sample.svc.cluster.local
    port:
      description: Its port.
      type: int
      returned: always
      sample: 5000
    subset:
      description: The subset.
      type: str
      returned: always
      sample: ""
    rule:
      description: The DestinationRule in effect.
      type: str
      returned: always
      sample: sample/helloworld
    ignored_rules:
      description: Rules that name the host and have no effect, or not all of it, and why.
      type: list
      elements: dict
      returned: always
      sample: []
    routed_by:
      description:
        - An object with routes for TCP connections to a port whose protocol istiod guesses, such as a VirtualService.
        - The forecast is of HTTP requests then.
      type: str
      returned: always
      sample: ""
    route:
      description:
        - The route that this forecast is of, with the VirtualService, HTTPRoute or GRPCRoute that has it, the requests that
          it is for, and one of its destinations.
        - Shares are of the C(part) of the route's requests that go to this destination. V(null) without a route.
        - The C(place) of a gateway's route is the host, and the port of a Gateway; it is empty for other clients.
      type: dict
      returned: always
      sample:
        object: VirtualService sample/helloworld
        place: ""
        name: canary
        number: 1
        requests: path begins with /new
        part: 0.1
        aborted: 0.0
        answer: ""
        destination: {host: helloworld.sample.svc.cluster.local, port: 5000, subset: v2}
    load_balancer:
      description: The algorithm.
      type: str
      returned: always
      sample: ROUND_ROBIN
    reasons:
      description: Why it is decided so, in the order of deciding.
      type: list
      elements: str
      returned: always
      sample: ["the DestinationRule's localityLbSetting has failover"]
    priorities:
      description: Each priority with its hosts, what it gets in percent and its localities, each with its reason.
      type: list
      elements: dict
      returned: always
      sample:
        - priority: 0
          hosts: 1
          healthy: 1
          load: 100
          panic: false
          reason: "1 of 1 host healthy: it can carry 100 %; below 1 healthy it spills over"
          localities:
            - {locality: east/zone1, weight: 1, hosts: 1, healthy: 1, share: 1.0, reason: same zone}
    shares:
      description: The expected shares now, by locality, cluster, workload, instance (pod) and the labels in O(by).
      type: dict
      returned: always
      sample: {locality: {east/zone1: 1.0}, version: {zone1: 1.0}}
    models:
      description:
        - How counts vary by each of those names. V(exact) is a weighted scheduler, V(random) a choice for each request,
          V(connection) a choice for each connection of which nothing can be said about single requests.
      type: dict
      returned: always
      sample: {locality: exact, version: exact}
    endpoints:
      description:
        - All that may answer, behind gateways the pods there, with their shares, whether they are drained, and what
          they are called by the labels in O(by).
      type: list
      elements: dict
      returned: always
      sample:
        - name: helloworld-zone1-7d4c-x2
          namespace: sample
          workload: helloworld-zone1
          cluster: east
          locality: east/zone1
          address: 127.10.1.1
          port: 5000
          priority: 0
          share: 1.0
          via: []
          drained: false
          by: {version: zone1}
    dropped:
      description: Endpoints that the client does not get, and why.
      type: list
      elements: dict
      returned: always
      sample: []
    failed:
      description: The part of the requests that fails now.
      type: float
      returned: always
      sample: 0.0
    risks:
      description: Why requests fail now, or will once endpoints stop answering.
      type: list
      elements: str
      returned: always
      sample: []
    order:
      description: What happens as one priority dies after the other, the first entry being now.
      type: list
      elements: dict
      returned: always
      sample:
        - {dead: [], shares: {locality: {east/zone1: 1.0}}, failed: 0.0, by_ejection: true, reason: now}
    without:
      description:
        - What happens when one locality dies, where several share a priority.
        - Of more than twelve localities, those with the greatest shares.
      type: list
      elements: dict
      returned: always
      sample: []
    nondeterministic:
      description: Whether Istio itself answers differently from time to time.
      type: bool
      returned: always
      sample: false
findings:
  description: What is wrong, surprising or worth knowing, the gravest first.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: A stable code; the documentation explains each.
      type: str
      returned: always
      sample: EW301
    severity:
      description: V(error), V(warning) or V(info).
      type: str
      returned: always
      sample: warning
    object:
      description: Kind and name.
      type: str
      returned: always
      sample: DestinationRule sample/helloworld
    field:
      description: The path in the object.
      type: str
      returned: always
      sample: spec.trafficPolicy.outlierDetection
    message:
      description: What is the case.
      type: str
      returned: always
      sample: maxEjectionPercent is not set
    effect:
      description: What will happen.
      type: str
      returned: always
      sample: nothing is ever ejected
    instead:
      description: What to write instead, as YAML.
      type: str
      returned: always
      sample: "maxEjectionPercent: 100"
faults:
  description:
    - What events of a sample have left of sidecars that are killed, hang, swallow packets, fail or answer late, for example
      when it was killed. Of sidecars of a real cluster there is nothing of the kind.
    - Pods that answer every request with an error are forecast as if they refused them.
  returned: success
  type: list
  elements: str
  sample: []
text:
  description: All of it for people.
  returned: success
  type: str
  sample: ""
page:
  description: Where the page is.
  returned: when O(path) is given, not in check mode
  type: str
  sample: /home/me/labs/east-west/report/explain_east.html
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
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    PEER_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.explanation_page import (
    explanation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    check_path,
    write_explanation,
)

WORKLOAD = {
    "namespace": {"type": "str", "required": True},
    "workload": {"type": "str", "required": True},
    "cluster": {"type": "str"},
}
SERVICE = {
    "host": {"type": "str", "required": True},
    "port": {"type": "str"},
    "subset": {"type": "str"},
    "traffic_distribution": {
        "type": "str",
        "choices": ["PreferClose", "PreferSameZone", "PreferSameNode"],
    },
}
CLIENT = {
    "workload": {"type": "str"},
    "namespace": {"type": "str"},
    "locality": {"type": "str"},
    "labels": {"type": "dict"},
    "network": {"type": "str"},
    "cluster": {"type": "str"},
}
ENDPOINT = {
    "locality": {"type": "str", "default": ""},
    "count": {"type": "int", "default": 1},
    "healthy": {"type": "int"},
    "weight": {"type": "int", "default": 1},
    "labels": {"type": "dict"},
    "network": {"type": "str"},
    "cluster": {"type": "str"},
    "name": {"type": "str"},
    "address": {"type": "str"},
}
GATEWAY = {
    "network": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 15443},
}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "services": {"type": "list", "elements": "dict", "options": SERVICE},
    "clients": {
        "type": "list",
        "elements": "dict",
        "options": CLIENT,
        "mutually_exclusive": [("workload", "locality"), ("workload", "labels")],
        "required_one_of": [("workload", "locality")],
    },
    "manifests": {"type": "raw"},
    "endpoints": {"type": "list", "elements": "dict", "options": ENDPOINT},
    "gateways": {"type": "list", "elements": "dict", "options": GATEWAY},
    "rules": {"type": "list", "elements": "dict"},
    "mesh": {"type": "dict"},
    "drained": {"type": "list", "elements": "dict", "options": WORKLOAD},
    "scaled": {
        "type": "list",
        "elements": "dict",
        "options": {**WORKLOAD, "replicas": {"type": "int", "required": True}},
    },
    "by": {"type": "list", "elements": "str", "default": ["version"]},
    "peers": {
        "type": "list",
        "elements": "dict",
        "options": {**PEER_ARGUMENTS, "manifests": {"type": "raw"}},
    },
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["error", "warning", "info"],
        "default": [],
    },
    "path": {"type": "path"},
    "show": {"type": "bool", "default": False},
}


def check_connection(params: t.Mapping[str, t.Any]) -> None:
    """The options of a cluster are needed where one is to be read."""
    if params["endpoints"] is not None or params["manifests"] is not None:
        return
    needed = {"loopback": ("lab_directory", "cluster"), "kind": ("kubeconfig",)}
    missing = [name for name in needed.get(params["provider"], ()) if not params[name]]
    if missing:
        raise InvalidInput(
            f"{' and '.join(missing)}: missing, but needed to read a cluster of provider "
            f"{params['provider']}; or give manifests or endpoints"
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CLUSTER_ARGUMENTS, **ARGUMENTS},
        mutually_exclusive=[("manifests", "endpoints")],
        required_by={"gateways": "endpoints"},
        supports_check_mode=True,
    )
    try:
        check_connection(module.params)
        path = module.params["path"] and Path(module.params["path"]).absolute()
        if path:
            check_path(path)
        result = explain(module.params)
        answer = result.as_dict()
        if path and not module.check_mode:
            document = explanation(
                result.cluster,
                answer["forecasts"],
                answer["findings"],
                datetime.now(UTC),
                ruled=result.ruled,
            )
            answer |= write_explanation(path, document)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    for doubt in filter(None, (result.doubt, *result.faults)):
        module.warn(doubt)
    if module.params["show"]:
        answer["lines"] = [[line.text, line.colour] for line in result.lines()]
    bad = result.of_severity(module.params["fail_on"])
    if bad:
        words = "\n".join(line.text for line in result.findings_lines(bad)).strip("\n")
        module.fail_json(msg=f"the rules will not do what they seem to\n{words}", **answer)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
