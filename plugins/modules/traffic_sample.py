#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_sample
short_description: Send requests through the mesh and judge where they went
version_added: 1.0.0
description:
  - Sends requests from inside a client workload, through its sidecar, and identifies the server behind each answer.
  - Compares the counts with what is expected and fails, with a table of expected against observed, when they differ.
  - Can drain, restart or scale workloads while the traffic flows, and measures how long the traffic took to move.
  - Without O(events) it changes nothing.
author:
  - The eastwest.mesh contributors (@eastwest)
requirements:
  - jmespath (for O(identify.jmespath))
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
  - eastwest.mesh.peers
attributes:
  check_mode:
    support: full
    details: Checks the options, sends nothing and does none of the O(events).
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: Without O(events) nothing is changed. Events are done each time.
options:
  name:
    description: What the sample is called where it is printed, such as by P(eastwest.mesh.progress#callback).
    type: str
  namespace:
    description: The namespace of the client.
    type: str
    required: true
  workload:
    description: The Deployment of the client. Its first pods that serve send the requests, as many as O(clients).
    type: str
    required: true
  clients:
    description:
      - How many pods of the workload send at the same time, each its part of the requests.
      - O(concurrency) is that of each of them, O(rate) that of all together.
    type: int
    default: 1
  url:
    description: What to ask for, from the client's point of view.
    type: str
    required: true
  method:
    description: The HTTP method.
    type: str
    default: GET
  headers:
    description: Additional headers of each request.
    type: dict
  requests:
    description:
      - How many requests to judge by.
      - With O(events) that many are sent after the last event has settled, besides those before.
      - V(100) when O(duration) is not given either.
    type: int
  duration:
    description: How long to send, in seconds. With O(events) counted from when the last one has settled.
    type: float
  concurrency:
    description: How many connections send at the same time.
    type: int
    default: 1
  rate:
    description: How many requests to send a second, over all connections. Without it as fast as answers come.
    type: float
  keepalive:
    description:
      - Whether a connection from the client to its sidecar is used for many requests.
      - With V(false) each request has its own.
    type: bool
    default: true
  timeout:
    description: How long to wait for one answer, in seconds.
    type: float
    default: 5
  identify:
    description:
      - How to tell from an answer's body who gave it.
      - By default as helloworld of Istio's samples says it.
    type: dict
    suboptions:
      pattern:
        description: >-
          A regular expression with named groups such as C(version), C(instance), C(cluster);
          found anywhere in the body.
        type: str
      jmespath:
        description: >-
          A JMESPath expression that makes a mapping of a JSON body,
          such as C({version: env.VERSION, instance: hostname}).
        type: str
  expect:
    description: What the sample must show. Without it nothing is judged.
    type: dict
    suboptions:
      by:
        description:
          - By which name the answers are told apart.
          - V(locality) and V(cluster) are looked up by C(instance), the name of the pod, in the client's cluster
            and in O(peers). Any other value is a name that O(identify) finds.
        type: str
        default: version
      shares:
        description:
          - The share of each name, in any unit. Shares of 1, 1 and 1 are thirds;
            10, 10 and 80 are the same as 0.1, 0.1 and 0.8.
          - Names that are not given must not answer at all.
          - Required without O(expect.from_forecast) and O(expect.failed).
        type: dict
      failed:
        description:
          - The part of the judged requests that must fail, which proves an outage. V(1) is every one of them, and then
            nobody has a share.
          - O(expect.shares) are the shares of the requests that do not fail. Results call the others C(failed).
          - With O(events), requests that fail before the first of them still count against O(expect.max_errors), later
            ones do not.
          - With O(expect.from_forecast) it must be what the model expects, too.
        type: float
      from_forecast:
        description:
          - Compute the expected shares as M(eastwest.mesh.locality_info) does, from what the client's cluster and
            O(peers) hold when the module starts, with O(expect.drained) and the O(events) taken into account.
          - With O(expect.shares) these must be what the model expects, too, or the sample fails and says how they
            differ. Where the model has no answer, O(expect.shares) count alone.
          - For answers told apart by another name than V(instance), V(locality) and V(cluster), pods must have a label
            of that name.
        type: bool
        default: false
      drained:
        description: Workloads that were drained before, for O(expect.from_forecast).
        type: list
        elements: dict
        suboptions:
          namespace:
            description: The namespace of the workload.
            type: str
            required: true
          workload:
            description: The Deployment.
            type: str
            required: true
          cluster:
            description: The cluster of the workload, the client's or one of O(peers). By default the client's.
            type: str
      method:
        description:
          - V(exact) allows each share to differ by O(expect.tolerance) of all requests, which is for weighted
            schedulers. Where one name is to answer everything, not one request may go elsewhere.
          - V(chi_square) tests whether requests that are spread at random, each on its own, would give such counts.
            Only a split that is too far off is held against the expectation, not one that is too even.
          - V(tolerance) is V(exact) with a tolerance that must be given.
          - V(auto) is V(exact) where one name is to answer everything, else what O(expect.model) says.
          - Whatever the method, a name with a share must answer and a name without one must not.
        type: str
        choices: [auto, exact, chi_square, tolerance]
        default: auto
      model:
        description:
          - How the balancer chooses.
          - V(exact) is a weighted scheduler, as with C(ROUND_ROBIN), C(distribute) and priorities.
          - V(random) is a choice for each request on its own, as with C(LEAST_REQUEST), Istio's default, and C(RANDOM).
          - Required with O(expect.method=auto) unless one name is to answer everything, or O(expect.from_forecast) tells.
        type: str
        choices: [exact, random]
      tolerance:
        description: The difference of a share that is allowed, as a part of all requests. V(0.01) by default.
        type: float
      significance:
        description: With which probability V(chi_square) may fail a split that is right.
        type: float
        default: 0.001
      distinct:
        description:
          - How many different values of a name must be in the answers, besides their O(expect.shares).
          - "V({instance: 3}) says that three pods must answer, whichever they are and however often."
        type: dict
      max_errors:
        description:
          - How many requests of the whole sample may fail or be answered by nobody knows whom.
          - A request fails when no complete answer comes, or one with a status of 400 or more.
        type: int
        default: 0
      count_errors_as:
        description:
          - Whose requests fail, where that is known, such as those through a gateway that closes connections. They are
            counted to its share. Otherwise O(expect.shares) are the shares of the requests that are answered.
          - Not possible with O(expect.failed) and O(servers).
        type: str
  servers:
    description:
      - Deployments whose sidecars count the requests that they take, in their own statistics; RV(served_by) says in which.
      - Where O(expect.by) is V(instance), V(workload) or V(cluster), these counts are judged, whatever the answers say, so
        that no application needs to tell who it is. They must add up to what was sent, so nobody else may send meanwhile. Where
        O(duration) ends it, requests count in them that began or ended later.
      - Not possible with O(events).
    type: list
    elements: dict
    suboptions:
      namespace:
        description: The namespace of the workload.
        type: str
        required: true
      workload:
        description: The Deployment.
        type: str
        required: true
      cluster:
        description: The cluster of the workload, the client's or one of O(peers). By default the client's.
        type: str
  events:
    description:
      - What to do while the traffic flows, one after the other, to workloads or to all that a place has. The clients' pods
        are never among those of a place.
      - With O(expect.from_forecast), what an event should get ejected is waited for before the next one and before requests
        are judged, as long as the model says that this takes.
      - Each waits until the clients' sidecars have seen no change of the service's endpoints or their health for 1.2 seconds.
        Within a second after a change, Envoy tells its worker threads late about the next one.
      - Two that would have one sidecar in two states at a time are refused, such as V(kill) and V(fail), as long as the first
        is in force. V(fail) goes with V(delay).
      - When a signal ends the sample, drained workloads are brought back, also those in O(expect.drained).
      - Judged are the requests that begin O(settle_ms) after the last one was done. The errors of all requests count.
    type: list
    elements: dict
    suboptions:
      name:
        description: What to call it.
        type: str
      action:
        description:
          - V(drain) tells the sidecar of each pod to refuse new connections, by C(POST /drain_listeners).
          - V(restart) restarts the sidecars, V(replace) the pods. Both end when all serve.
          - V(scale) gives each Deployment O(events[].replicas) pods, and ends when they serve.
          - V(fail) lets sidecars answer requests with O(events[].status), V(delay) lets them answer O(events[].delay_ms) later,
            each for O(events[].percent) of the requests. Gateways are left out, since they pass bytes on.
          - V(kill) kills the Envoy of each pod, so that its connections break and new ones are refused. V(hang) stops it, so
            that connections are taken and nothing is answered. V(blackhole) kills it and lets its sockets swallow every
            packet, so that new connections are never made. All three are taken back when the sample ends, whatever
            O(events[].kept) says, and the next command does it when the sample itself is killed.
          - V(fail), V(delay), V(kill), V(hang) and V(blackhole) go with O(provider=loopback) only.
        type: str
        choices: [drain, restart, replace, scale, fail, delay, kill, hang, blackhole]
        required: true
      cluster:
        description:
          - The cluster that the event is in, the client's or one of O(peers). By default the client's.
          - Without O(events[].workloads), O(events[].zone), O(events[].node) and O(events[].gateway), all of the cluster is
            meant.
        type: str
      namespace:
        description: The namespace of O(events[].workloads), required with them. A place has the pods of all namespaces.
        type: str
      workloads:
        description: The Deployments, whose pods are dealt with one after the other.
        type: list
        elements: str
      zone:
        description: All pods with a sidecar that run in this zone but for the clients, gateways among them, as zone or region/zone.
        type: str
      node:
        description: All pods with a sidecar that run on this node but for the clients, gateways among them.
        type: str
      gateway:
        description: The east-west gateway.
        type: bool
        default: false
      replicas:
        description: How many pods each of the workloads is to have with O(events[].action=scale).
        type: int
      at:
        description: After how many answers to do it; at most V(10000), or O(requests) where they are more.
        type: int
        default: 0
      after_ms:
        description: How long after the sample's start to do it at the earliest, in milliseconds.
        type: float
        default: 0
      together:
        description: Whether to do it at once with the event before, without waiting until that has taken effect.
        type: bool
        default: false
      percent:
        description: The part of the requests with the fault, with V(fail) and V(delay).
        type: int
        default: 100
      status:
        description: The status code of V(fail), from 500 to 599.
        type: int
        default: 503
      delay_ms:
        description: How many milliseconds V(delay) takes.
        type: int
      for_ms:
        description:
          - After how many milliseconds to take it back, with V(drain), V(scale), V(fail), V(delay), V(kill), V(hang) and
            V(blackhole). The judged requests begin after that.
          - After V(kill), V(hang) and V(blackhole) the pods keep their addresses, so the judged requests begin when no client has
            them ejected any longer.
        type: float
      kept:
        description:
          - Whether what it changed stays so when the sample ends. If not, drained sidecars are brought back and Deployments
            get the number of pods that they had.
        type: bool
        default: true
  unchanged:
    description:
      - RV(endpoints_unchanged) of an earlier sample on the same machine. O(events) wait until the endpoints of the service have
        not changed for 1.2 seconds; with this they wait for the rest of it where nothing has changed since.
    type: dict
    suboptions:
      state:
        description: A digest of the endpoints and of the updates that the sidecars have counted.
        type: str
        required: true
      since:
        description: Since when, in seconds of the machine's monotonic clock.
        type: float
        required: true
  settle_ms:
    description:
      - How long after the last of the O(events) the judged requests begin, in milliseconds.
      - By default 250 on loopback and 1000 on real clusters, where sidecars have several worker threads.
    type: float
  timeline_ms:
    description: The length of a bucket of RV(timeline), in milliseconds. By default about a fiftieth of the sample.
    type: float
  peers:
    description:
      - Other clusters whose pods may answer. What is not given here is as for the client's cluster.
seealso:
  - module: eastwest.mesh.sidecar
  - module: eastwest.mesh.proof_report
"""

EXAMPLES = r"""
---
- name: See who answers
  eastwest.mesh.traffic_sample:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    url: http://helloworld.sample:5000/hello

- name: Prove that zone2 takes over when zone1 is drained
  eastwest.mesh.traffic_sample:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    url: http://helloworld.sample:5000/hello
    requests: 500
    events:
      - action: drain
        namespace: sample
        workloads: [helloworld-zone1]
        at: 100
    expect:
      shares:
        zone2: 1

- name: Prove even thirds without a rule
  eastwest.mesh.traffic_sample:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    url: http://helloworld.sample:5000/hello
    requests: 500
    expect:
      model: random
      shares: {zone1: 1, zone2: 1, zone3: 1}

- name: Prove that requests go where the model says, also into the other cluster
  eastwest.mesh.traffic_sample:
    lab_directory: ~/labs/east-west
    cluster: east
    namespace: sleep
    workload: sleep
    url: http://helloworld.sample:5000/hello
    requests: 500
    expect:
      from_forecast: true
    peers:
      - cluster: west
"""

RETURN = r"""
requests:
  description: How many requests were judged; without O(events) all of them.
  returned: when requests were sent
  type: int
  sample: 500
errors:
  description: How many requests of the whole sample failed.
  returned: when requests were sent
  type: int
  sample: 0
unidentified:
  description: How many answers of the whole sample do not say from whom they are.
  returned: when requests were sent
  type: int
  sample: 0
counts:
  description: Answers of the judged part by each name and value.
  returned: when requests were sent
  type: dict
  sample: {version: {zone2: 500}, instance: {helloworld-zone2-7d4c: 500}}
shares:
  description: The same as shares.
  returned: when requests were sent
  type: dict
  sample: {version: {zone2: 1.0}, instance: {helloworld-zone2-7d4c: 1.0}}
status:
  description: Answers of the judged part by status code.
  returned: when requests were sent
  type: dict
  sample: {"200": 500}
connection_errors:
  description: Requests of the judged part without an answer, by reason.
  returned: when requests were sent
  type: dict
  sample: {}
connections:
  description: How many connections the judged part used.
  returned: when requests were sent
  type: int
  sample: 1
latency_ms:
  description: Least, mean, greatest and percentiles of the judged answers' times, in milliseconds.
  returned: when requests were sent
  type: dict
  sample: {min: 0.4, mean: 0.6, p50: 0.5, p90: 0.7, p95: 0.9, p99: 1.4, max: 3.1}
duration_s:
  description: How long the judged part took.
  returned: when requests were sent
  type: float
  sample: 0.31
requests_per_second:
  description: How fast the judged part went.
  returned: when requests were sent
  type: float
  sample: 1612.9
timeline:
  description: The whole sample in buckets by the requests' beginning.
  returned: when requests were sent
  type: list
  elements: dict
  sample:
    - {at_ms: 0, requests: 98, errors: 0, counts: {zone1: 98}, latency_ms: {p50: 0.5, max: 2.9}}
    - {at_ms: 50, requests: 97, errors: 0, counts: {zone1: 4, zone2: 93}, latency_ms: {p50: 0.6, max: 3.1}}
bucket_ms:
  description: How long a bucket of RV(timeline) is. Without O(timeline_ms) at most 100.
  returned: when requests were sent
  type: float
  sample: 50
judged_ms:
  description: When the first judged request began and the last one ended. Empty where none was judged.
  returned: when requests were sent
  type: list
  elements: float
  sample: [1478.9, 4711.2]
failures:
  description:
    - The failed requests of the whole sample, the first 1000 of them.
    - C(flags) are Envoy's response flags, and C(endpoint) is the last one tried, both from the access log of the client's
      sidecar. Where that has no such log, C(flags) are those that Envoy's own answer stands for.
    - C(status) is V(0) where no complete answer came.
  returned: when requests were sent
  type: list
  elements: dict
  sample:
    - at_ms: 1215.3
      took_ms: 75.1
      status: 503
      reason: HTTP 503
      flags: [URX, UF]
      endpoint: 127.10.1.2:5000
      pod: helloworld-zone2-5d8f7c9b44-x2x7q
      detail: upstream connect error or disconnect/reset before headers
outages:
  description:
    - The 20 longest times in which requests failed and none was answered, from the beginning of the first that failed to the
      next good answer. A single failed request is no outage.
  returned: when requests were sent
  type: list
  elements: dict
  sample: [{from_ms: 1215.3, to_ms: 1640.8, failed: 17}]
versions:
  description: Of Istio, Envoy and Kubernetes, as far as the client's sidecar and its cluster say them.
  returned: when requests were sent
  type: dict
  sample: {Envoy: 1.40.0}
forecast:
  description: What M(eastwest.mesh.locality_info) says of the client and the service. Empty without O(expect.from_forecast).
  returned: when requests were sent
  type: dict
  sample: {}
served:
  description: What the sidecars of O(servers) counted, by C(instance), C(workload) and C(cluster).
  returned: when O(servers) is given
  type: dict
  sample: {instance: {httpbin-5f7c: 300, httpbin-9d2a: 300}, cluster: {east: 300, west: 300}}
served_by:
  description:
    - With which statistics they counted. It is C(istio_requests_total) where a sidecar has it, else what its inbound
      listeners took (C(http.inbound_*.downstream_rq_total)), else what it sent to its app (C(inbound endpoints' rq_total)).
  returned: when O(servers) is given
  type: list
  elements: str
  sample: [istio_requests_total]
judgement:
  description:
    - The verdict, the model and method that it rests on, and the reasons where it failed.
    - C(expectation) is V(statement), V(forecast) or V(both), which is where the expected shares come from; C(because) is what
      O(expect.from_forecast) says about them.
  returned: when O(expect) is given
  type: dict
  sample:
    passed: true
    by: version
    expectation: statement
    because: []
    method: exact
    model: all requests go to one name, not one elsewhere
    requests: 500
    expected: {zone2: 1.0}
    observed: {zone2: 1.0}
    counts: {zone2: 500}
    max_errors: 0
    reasons: []
events:
  description:
    - What was done, when, how long it took, and when somebody new answered.
    - C(moved_ms) is how long it disturbed requests, none where that did not end, and C(failed) how many failed meanwhile.
      C(forecast) is the same by the model, with O(expect.from_forecast), or has a C(problem) that says why there is none.
  returned: when requests were sent
  type: list
  elements: dict
  sample:
    - name: drain helloworld-zone1
      action: drain
      namespace: sample
      workloads: [helloworld-zone1]
      at_ms: 61.2
      took_ms: 1.1
      failover_ms: 2.4
      moved_ms: 14.1
      failed: 0
      forecast: {moved_ms: 12.6, range_ms: [1.0, 25.3], failed: 0, because: []}
failover_ms:
  description:
    - From the beginning of the first event to the first answer of somebody who did not answer in the second before it
      and who answers in the judged part.
  returned: when O(events) were done
  type: float
  sample: 2.4
endpoints_unchanged:
  description:
    - What the clients' sidecars say of the service's endpoints at the end, and since when they have said so. A later sample takes
      it as O(unchanged).
    - Empty where sidecars do not count their updates.
  returned: when requests were sent
  type: dict
  sample: {state: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef, since: 81423.5}
before:
  description: Requests that were answered before the first event.
  returned: when O(events) were done
  type: dict
  sample: {requests: 100, errors: 0, counts: {zone1: 100}, shares: {zone1: 1.0}}
transition:
  description: Requests that were answered later, but began before the judged part.
  returned: when O(events) were done
  type: dict
  sample: {requests: 402, errors: 0, counts: {zone1: 3, zone2: 399}, shares: {zone1: 0.0075, zone2: 0.9925}}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_REQUIRED_IF,
    PEER_ARGUMENTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.run import (
    prepare_sample,
    run_sample,
)

_NOT_SENT = "nothing is sent in check mode"
IDENTIFY = {"pattern": {"type": "str"}, "jmespath": {"type": "str"}}
EXPECT = {
    "by": {"type": "str", "default": "version"},
    "shares": {"type": "dict"},
    "failed": {"type": "float"},
    "from_forecast": {"type": "bool", "default": False},
    "drained": {
        "type": "list",
        "elements": "dict",
        "options": {
            "namespace": {"type": "str", "required": True},
            "workload": {"type": "str", "required": True},
            "cluster": {"type": "str"},
        },
    },
    "method": {
        "type": "str",
        "choices": ["auto", "exact", "chi_square", "tolerance"],
        "default": "auto",
    },
    "model": {"type": "str", "choices": ["exact", "random"]},
    "tolerance": {"type": "float"},
    "significance": {"type": "float", "default": 0.001},
    "distinct": {"type": "dict"},
    "max_errors": {"type": "int", "default": 0},
    "count_errors_as": {"type": "str"},
}
ACTIONS = ["drain", "restart", "replace", "scale", "fail", "delay", "kill", "hang", "blackhole"]
EVENT = {
    "name": {"type": "str"},
    "action": {"type": "str", "choices": ACTIONS, "required": True},
    "cluster": {"type": "str"},
    "namespace": {"type": "str"},
    "workloads": {"type": "list", "elements": "str"},
    "zone": {"type": "str"},
    "node": {"type": "str"},
    "gateway": {"type": "bool", "default": False},
    "replicas": {"type": "int"},
    "at": {"type": "int", "default": 0},
    "after_ms": {"type": "float", "default": 0},
    "together": {"type": "bool", "default": False},
    "percent": {"type": "int", "default": 100},
    "status": {"type": "int", "default": 503},
    "delay_ms": {"type": "int"},
    "for_ms": {"type": "float"},
    "kept": {"type": "bool", "default": True},
}
SERVER = {
    "namespace": {"type": "str", "required": True},
    "workload": {"type": "str", "required": True},
    "cluster": {"type": "str"},
}
ARGUMENTS = {
    "name": {"type": "str"},
    "namespace": {"type": "str", "required": True},
    "workload": {"type": "str", "required": True},
    "clients": {"type": "int", "default": 1},
    "url": {"type": "str", "required": True},
    "method": {"type": "str", "default": "GET"},
    "headers": {"type": "dict"},
    "requests": {"type": "int"},
    "duration": {"type": "float"},
    "concurrency": {"type": "int", "default": 1},
    "rate": {"type": "float"},
    "keepalive": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 5},
    "identify": {
        "type": "dict",
        "options": IDENTIFY,
        "mutually_exclusive": [("pattern", "jmespath")],
    },
    "expect": {"type": "dict", "options": EXPECT},
    "servers": {"type": "list", "elements": "dict", "options": SERVER},
    "events": {"type": "list", "elements": "dict", "options": EVENT},
    "settle_ms": {"type": "float"},
    "unchanged": {
        "type": "dict",
        "options": {
            "state": {"type": "str", "required": True},
            "since": {"type": "float", "required": True},
        },
    },
    "timeline_ms": {"type": "float"},
    "peers": {"type": "list", "elements": "dict", "options": PEER_ARGUMENTS},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**CLUSTER_ARGUMENTS, **ARGUMENTS},
        required_if=CLUSTER_REQUIRED_IF,
        mutually_exclusive=[("requests", "duration")],
        supports_check_mode=True,
    )
    changed = bool(module.params["events"])
    try:
        spec, participants = prepare_sample(module.params, check=module.check_mode)
        for warning in participants.warnings:
            module.warn(warning)
        if module.check_mode:
            module.exit_json(changed=changed, skipped=True, msg=_NOT_SENT)
        result = run_sample(spec, participants)
    except NotFound as exc:
        if module.check_mode:
            # the run so far may have only pretended to make it
            module.exit_json(changed=changed, skipped=True, msg=f"{_NOT_SENT}, and {exc}")
        module.fail_json(msg=str(exc))
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    verdict = result.verdict
    if verdict is not None and not verdict.passed:
        module.fail_json(
            msg=f"the traffic is not where it should be\n{verdict.table()}",
            changed=changed,
            **result.as_dict(),
        )
    module.exit_json(changed=changed, **result.as_dict())


if __name__ == "__main__":
    main()
