#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_report
short_description: Write and print the report of a proof
version_added: 1.0.0
description:
  - Makes one JSON document of the samples of all steps, writes it and prints it as a table.
  - Writes the same as a page to look at (C(.html)), as JUnit XML (C(.xml)), in which a step is a test case, and as Markdown
    (C(.md)) for the summary of a CI job, all beside the document and named like it.
  - Writes C(index.html) there, which lists the reports in the directory, unless a file of this name is somebody else's.
  - The table is printed by an action plugin on the controller, the document is written where the module runs.
  - The documentation of the collection describes the document.
  - It does not fail where the proof did; RV(verdict) says so.
author:
  - The eastwest.mesh contributors (@eastwest)
extends_documentation_fragment:
  - eastwest.mesh.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each report says when it was made.
options:
  path:
    description:
      - The JSON file to write. A file that exists is replaced.
      - Missing directories above it are made, for their owner only.
    type: path
    required: true
  scenario:
    description: What was proved.
    type: str
    required: true
  provider:
    description: What provides the clusters.
    type: str
    required: true
  lab:
    description: The lab's name, which the page shows.
    type: str
  versions:
    description: What the proof ran with, by product. What the samples saw is added.
    type: dict
  started:
    description: When the proof began, as ISO 8601 with the time zone.
    type: str
    required: true
  steps:
    description: The steps in their order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the step is called.
        type: str
        required: true
      expect:
        description: The expected shares, for steps whose sample could not be taken.
        type: dict
      sample:
        description: What M(eastwest.mesh.traffic_sample) returned. A step without it has failed.
        type: dict
      findings:
        description: What M(eastwest.mesh.locality_info) found in the rules that the step was taken with.
        type: list
        elements: dict
  planned:
    description: The names of all steps that were to be taken. Those that O(steps) does not reach have failed.
    type: list
    elements: str
  partial:
    description:
      - Whether steps are still to come. The report is written as if the proof ended here, and nothing is printed.
      - A run that is killed then leaves a report that has failed, in place of an earlier one that passed.
    type: bool
    default: false
seealso:
  - module: eastwest.mesh.traffic_sample
"""

EXAMPLES = r"""
---
- name: Report
  eastwest.mesh.proof_report:
    path: ~/labs/east-west/report/failover.json
    scenario: failover
    provider: loopback
    started: "2026-01-31T12:00:00+00:00"
    steps:
      - name: rule applied
        sample: "{{ sample }}"
"""

RETURN = r"""
path:
  description: Where the report is.
  returned: success
  type: str
  sample: /home/me/labs/east-west/report/failover.json
page:
  description: Where the page is.
  returned: when the report was written
  type: str
  sample: /home/me/labs/east-west/report/failover.html
junit:
  description: Where the JUnit XML is.
  returned: when the report was written
  type: str
  sample: /home/me/labs/east-west/report/failover.xml
markdown:
  description: Where the Markdown is.
  returned: when the report was written
  type: str
  sample: /home/me/labs/east-west/report/failover.md
index:
  description: Where the list of the lab's reports is.
  returned: when it was written
  type: str
  sample: /home/me/labs/east-west/report/index.html
verdict:
  description: V(passed) if every step passed, else V(failed).
  returned: when the report was written
  type: str
  sample: passed
unproved:
  description: The scenario, of which nothing is proved.
  returned: in check mode
  type: str
  sample: failover
report:
  description: The document.
  returned: when the report was written
  type: dict
  sample:
    schema: 1
    scenario: failover
    provider: loopback
    versions: {eastwest.mesh: 1.0.0, Envoy: 1.40.0}
    verdict: passed
    started: "2026-01-31T12:00:00+00:00"
    duration_s: 7.2
    steps: []
"""

from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    Header,
    build,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    check_path,
    write_report,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "scenario": {"type": "str", "required": True},
            "provider": {"type": "str", "required": True},
            "lab": {"type": "str"},
            "versions": {"type": "dict"},
            "started": {"type": "str", "required": True},
            "steps": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "expect": {"type": "dict"},
                    "sample": {"type": "dict"},
                    "findings": {"type": "list", "elements": "dict"},
                },
            },
            "planned": {"type": "list", "elements": "str"},
            "partial": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    path = Path(params["path"]).absolute()
    try:
        check_path(path)
        header = Header(
            params["scenario"],
            params["provider"],
            params["started"],
            params["lab"] or "",
            params["versions"] or {},
        )
        steps = params["steps"]
        steps += [{"name": name} for name in (params["planned"] or [])[len(steps) :]]
        report = build(header, steps, datetime.now(UTC))
        if module.check_mode:
            module.exit_json(changed=True, path=str(path), unproved=params["scenario"])
        paths = write_report(path, report)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=True, path=str(path), **paths, verdict=report["verdict"], report=report
    )


if __name__ == "__main__":
    main()
