# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rule_problems
short_description: Find what is wrong with locality rules before a lab is touched
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Finds what the API server, the admission webhook or the provider would refuse, what they would take though it does nothing,
    and names of regions and localities that do not exist.
  - Names are compared only where the nodes of all clusters say where they are.
positional: clusters, imports, provider, unknown
options:
  _input:
    description: The rules, as DestinationRules.
    type: list
    elements: dict
    required: true
  clusters:
    description: A dictionary of the clusters' names and of their nodes, as the variable C(cluster_nodes) lists them.
    type: dict
    required: true
  imports:
    description: The imported services, as the variable C(import_service_list) lists them, of all clusters.
    type: list
    elements: dict
    required: true
  provider:
    description: What provides the clusters.
    type: str
    choices: [loopback, kind, existing]
    required: true
  unknown:
    description: The names of rules that may name what does not exist.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
problems: >-
  {{ [{'apiVersion': 'networking.istio.io/v1', 'kind': 'DestinationRule', 'metadata': {'name': 'web', 'namespace': 'sample'},
       'spec': {'host': 'web.sample.svc.cluster.local', 'trafficPolicy': {
         'outlierDetection': {'maxEjectionPercent': 100},
         'loadBalancer': {'localityLbSetting': {'failover': [{'from': 'r1', 'to': 'r3'}]}}}}}]
     | eastwest.mesh.rule_problems({'east': [{'region': 'r1', 'zone': 'z1'}], 'west': [{'region': 'r2', 'zone': 'z2'}]}, [],
                                   'loopback') }}
"""

RETURN = r"""
_value:
  description: One sentence for each problem.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    destination_rules as topology,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


def rule_problems(
    rules: t.Iterable[Raw],
    clusters: t.Mapping[str, t.Any],
    imports: t.Iterable[Raw],
    provider: str,
    unknown: t.Collection[str] = (),
) -> list[str]:
    known = topology.known_localities(clusters, imports)
    found: list[str] = []
    for rule in rules:
        found += topology.refusals(rule, provider)
        if known and rule["metadata"]["name"] not in unknown:
            found += topology.unknown_localities(rule, known)
    return found


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"rule_problems": rule_problems}
