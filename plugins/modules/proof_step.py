#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_step
short_description: Take a step of a proof and record its outcome
version_added: 1.0.0
description:
  - Brings back the workloads that the step restores, takes the step's sample with M(eastwest.mesh.traffic_sample), and writes the
    report so far with M(eastwest.mesh.proof_report).
  - Where requests fail, M(eastwest.mesh.locality_info) checks the rules behind the step.
  - The role P(eastwest.mesh.proof#role) takes all steps of a proof with it. All of a step in one task saves the processes of
    four others.
  - Fails where the sample fails. The result has the outcome all the same, but where a workload does not come back.
  - This is implemented as an action plugin.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
  - eastwest.mesh.cluster
  - eastwest.mesh.peers
attributes:
  check_mode:
    support: full
    details: Checks the step, restores and sends nothing, and writes no report.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: A step sends requests, and its events are done each time.
options:
  step:
    description: The step, with the fields of an entry of O(eastwest.mesh.proof#role:main:proof_steps).
    type: dict
    required: true
  defaults:
    description: What the step does not say; the variables of the role of the same names after C(proof_).
    type: dict
    required: true
    suboptions:
      namespace:
        description: The namespace of the workloads that steps drain, scale and restore.
        type: str
        required: true
      client:
        description: The C(namespace) and the C(workload) that send.
        type: dict
      url:
        description: What to ask for.
        type: str
      identify:
        description: How answers tell who gave them, as O(eastwest.mesh.traffic_sample#module:identify).
        type: dict
      by:
        description: The name whose shares are judged.
        type: str
        required: true
      requests:
        description: The number of judged requests.
        type: int
        required: true
      duration:
        description: How many seconds judged requests are sent for, in place of a number of them; 0 for a number.
        type: float
        required: true
      concurrency:
        description: How many requests are sent at a time.
        type: int
        required: true
      rate:
        description: Requests a second; 0 for as fast as they are answered.
        type: float
        required: true
      keepalive:
        description: Whether connections are used again.
        type: bool
        required: true
      timeout:
        description: How many seconds a request may take.
        type: float
        required: true
      settle_ms:
        description: How long after the last event requests are judged; 0 as fits the cluster.
        type: float
        required: true
      max_errors:
        description: How many requests may fail.
        type: int
        required: true
      significance:
        description: The significance level of a statistical test.
        type: float
        required: true
      from_forecast:
        description: Whether the forecast is expected.
        type: bool
        required: true
      drain_at:
        description: After how many answers a step drains or scales.
        type: int
        required: true
      drain_after_ms:
        description: How long after the first request a step drains or scales at the earliest.
        type: float
        required: true
  peers:
    description: Other clusters of the mesh, whose workloads may answer.
    default: []
  restore_method:
    description: How workloads are brought back, as O(eastwest.mesh.sidecar#module:method).
    type: str
    choices: [replace, restart]
    default: replace
  drained:
    description: The workloads that steps before this one have drained; RV(drained) of the last one.
    type: list
    elements: str
    default: []
  outcomes:
    description: The outcomes of the steps before this one, RV(outcome) of each.
    type: list
    elements: dict
    default: []
  report:
    description: The options of M(eastwest.mesh.proof_report) but C(steps) and C(partial).
    type: dict
    required: true
seealso:
  - module: eastwest.mesh.traffic_sample
  - module: eastwest.mesh.proof_report
"""

EXAMPLES = r"""
---
- name: Drain a zone, and require that all requests go to the next one
  eastwest.mesh.proof_step:
    step:
      name: zone1 drained
      drain: [helloworld-zone1]
      expect: {zone2: 1}
    defaults:
      namespace: sample
      client: {namespace: sleep, workload: sleep}
      url: http://helloworld.sample:5000/hello
      by: version
      requests: 500
      duration: 0
      concurrency: 1
      rate: 0
      keepalive: true
      timeout: 5
      settle_ms: 0
      max_errors: 0
      significance: 0.0001
      from_forecast: true
      drain_at: 100
      drain_after_ms: 0
    report:
      path: ~/labs/east-west/report/zone1.json
      scenario: zone1
      provider: loopback
      started: "2026-01-31T12:00:00+00:00"
      planned: [zone1 drained]
  register: step
"""

RETURN = r"""
outcome:
  description: The step's outcome, as O(eastwest.mesh.proof_report#module:steps) takes it.
  returned: when the sample was taken, or failed
  type: dict
  sample:
    name: zone1 drained
    expect: {zone2: 1}
    sample: {}
    findings: []
drained:
  description: The workloads that are drained now.
  returned: always
  type: list
  elements: str
  sample: [helloworld-zone1]
"""
