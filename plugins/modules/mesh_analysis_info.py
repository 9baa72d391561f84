#!/usr/bin/python
# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mesh_analysis_info
short_description: Analyse manifests, dumps or live clusters of a mesh
version_added: 1.0.0
description:
  - Reads manifests, dumps or live clusters, computes where requests go, and says what is wrong with the rules, the gravest
    first, each with its file and line, its effect in numbers and a cure that was tried.
  - Needs no lab and no inventory. It only reads; the sole files that it writes are those of O(path).
  - What of the input was not looked at, and what was not given and is unknown, is part of the answer.
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
    support: full
options:
  source:
    description:
      - A file, a directory tree, or a list of these, with YAML or JSON, C(kind=List), the output of Helm or Kustomize, or
        what C(oc adm must-gather) or C(kubectl get -o yaml) writes.
      - A directory whose directories each hold the dump of a cluster is a mesh of several clusters. For all other layouts, a
        mapping of cluster names to paths says which is which.
      - Names files where the module runs. At least one of O(source) and O(contexts) is required.
    type: raw
  contexts:
    description: Contexts of live clusters to read, by their names in the kubeconfig.
    type: raw
  kubeconfig:
    description: The kubeconfig of O(contexts). By default that of C(kubectl).
    type: path
  namespaces:
    description:
      - The namespaces of O(contexts) to read, for users without rights in all of them. By default all.
      - What may not be read is named in RV(clusters).
    type: list
    elements: str
    default: []
  forecast:
    description:
      - Which services to forecast for. V(concerned) are a few that findings are about, V(all) are all.
      - In a cluster of which a part is unknown there are none.
    type: str
    choices: [concerned, all, none]
    default: concerned
  services:
    description:
      - Services to forecast for, by name, name and namespace, or complete host.
      - Together with O(forecast=all), the forecasts are printed in full.
    type: list
    elements: str
    default: []
  fail_on:
    description: Fail when there are findings of these severities.
    type: list
    elements: str
    choices: [error, warning, info]
    default: []
  path:
    description:
      - A JSON file to write the analysis to. Beside it, and called like it, are written the same as a page to look at
        (C(.html)), as Markdown (C(.md)), as JUnit XML (C(.xml)) and as SARIF (C(.sarif)), which code hosts show at the lines
        of files.
      - By default nothing is written.
    type: path
  show:
    description: Print RV(text) while the playbook runs.
    type: bool
    default: false
seealso:
  - module: eastwest.mesh.locality_info
"""

EXAMPLES = r"""
---
- name: Analyse the manifests of a repository
  eastwest.mesh.mesh_analysis_info:
    source: manifests/
    fail_on: [error]
    show: true

- name: Analyse the dumps of two clusters, and write the findings for a code host
  eastwest.mesh.mesh_analysis_info:
    source:
      east: dumps/east.yaml
      west: [dumps/west.yaml, dumps/west-nodes.yaml]
    path: build/mesh.json

- name: Analyse two live clusters
  eastwest.mesh.mesh_analysis_info:
    contexts: [east, west]
    services: [helloworld.sample]
    show: true
"""

RETURN = r"""
clusters:
  description: What was read of each cluster, and what was not.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The cluster's name.
      type: str
      returned: always
      sample: east
    files:
      description: How many files were read.
      type: int
      returned: always
      sample: 3
    objects:
      description: How many objects of each kind were looked at.
      type: dict
      returned: always
      sample: {DestinationRule: 3, Service: 2}
    unknown:
      description: What endpoints and localities depend on and was not given. Findings hold whatever it is.
      type: list
      elements: str
      returned: always
      sample: ["no Nodes were given: the localities of pods are unknown"]
    assumed:
      description: What is assumed in place of settings that were not given.
      type: list
      elements: str
      returned: always
      sample: []
    not_modelled:
      description: How many objects there are of kinds that change where requests go and are not looked at.
      type: dict
      returned: always
      sample: {EnvoyFilter: 1}
    other_objects:
      description: How many objects there are of other kinds.
      type: dict
      returned: always
      sample: {ConfigMap: 4}
    skipped_files:
      description: Files without objects, by reason.
      type: dict
      returned: always
      sample: {"no Kubernetes objects": ["values.yaml"]}
    unreadable:
      description: Kinds that could not be read from a live cluster, with the reason.
      type: dict
      returned: always
      sample: {}
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
      sample: EW304
    severity:
      description: V(error), V(warning) or V(info).
      type: str
      returned: always
      sample: error
    cluster:
      description: The cluster that it is found in.
      type: str
      returned: always
      sample: east
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
    file:
      description: The file that the object is in, or its context.
      type: str
      returned: always
      sample: rules/helloworld.yaml
    line:
      description: The line of the field, V(0) where there are no lines.
      type: int
      returned: always
      sample: 12
    message:
      description: What is the case.
      type: str
      returned: always
      sample: failover without outlierDetection
    effect:
      description: What will happen.
      type: str
      returned: always
      sample: istiod sets no priorities
    instead:
      description: What to write instead, as YAML.
      type: str
      returned: always
      sample: "outlierDetection: {maxEjectionPercent: 100}"
    mended_with:
      description: The code of the finding whose cure removes this one, too; empty where there is none.
      type: str
      returned: always
      sample: ""
counts:
  description: How many findings there are of each severity.
  returned: success
  type: dict
  sample: {error: 1, warning: 0, info: 2}
forecasts:
  description:
    - Forecasts, as RV(eastwest.mesh.locality_info#module:forecasts), each with RV(forecasts[].not_considered).
    - Objects that the API server or Istio's webhook would refuse are no part of them, unless a server has stored them.
  returned: success
  type: list
  elements: dict
  contains:
    not_considered:
      description: What may change the forecast and is no part of it, such as kinds that are not modelled, and what is refused.
      type: list
      elements: dict
      returned: always
      sample: [{object: EnvoyFilter shop/retries, reason: changes Envoy's configuration after istiod made it}]
files:
  description: The files that were written, by their form.
  returned: when O(path) is given
  type: dict
  sample: {json: build/mesh.json, sarif: build/mesh.sarif}
text:
  description: All of it for people.
  returned: success
  type: str
  sample: ""
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis import document, text
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.files import write_analysis
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ALL,
    SELECTIONS,
    ForecastSelection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.run import (
    AnalysisOptions,
    analyze,
)

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "source": {"type": "raw"},
    "contexts": {"type": "raw"},
    "kubeconfig": {"type": "path"},
    "namespaces": {"type": "list", "elements": "str", "default": []},
    "forecast": {"type": "str", "choices": list(SELECTIONS), "default": "concerned"},
    "services": {"type": "list", "elements": "str", "default": []},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["error", "warning", "info"],
        "default": [],
    },
    "path": {"type": "path"},
    "show": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    selection = ForecastSelection(params["forecast"], tuple(params["services"]))
    options = AnalysisOptions(
        source=params["source"],
        contexts=params["contexts"],
        kubeconfig=params["kubeconfig"],
        namespaces=tuple(params["namespaces"]),
        forecast=selection,
    )
    try:
        diagnosis = analyze(options)
        result = document.as_dict(diagnosis)
        lines = text.render(diagnosis, full_forecasts=params["forecast"] == ALL)
        result["text"] = "\n".join(line.text for line in lines).strip("\n")
        if params["path"] and not module.check_mode:
            result["files"] = write_analysis(Path(params["path"]), diagnosis)
    except MeshError as exc:
        module.fail_json(msg=str(exc))
    if params["show"]:
        result["lines"] = [[line.text, line.colour] for line in lines]
    failing = [each for each in params["fail_on"] if result["counts"][each]]
    if failing:
        module.fail_json(msg=text.failure(diagnosis, failing), **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
