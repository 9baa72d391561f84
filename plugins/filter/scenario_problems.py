# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scenario_problems
short_description: Find names in a scenario that nothing in the lab has
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Compares the hosts and namespaces of rules, the clients, the URLs and the workloads of steps with the workloads and imports
    of the inventory.
positional: own, workloads, hosts
options:
  _input:
    description: The scenario, with C(name), C(rules), C(steps), C(client), C(url), C(namespace) and C(restore).
    type: dict
    required: true
  own:
    description: The workloads of the client's cluster, as the variable C(workload_list) lists them.
    type: list
    elements: dict
    required: true
  workloads:
    description: The workloads of all clusters.
    type: list
    elements: dict
    required: true
  hosts:
    description: Names of other services that are there.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
problems: >-
  {{ {'name': 'failover', 'rules': failover_rules, 'steps': failover_steps, 'client': proof_client, 'url': proof_url,
      'namespace': 'sample', 'restore': []}
     | eastwest.mesh.scenario_problems(workload_list, workload_list, []) }}
"""

RETURN = r"""
_value:
  description: One sentence for each problem.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import scenario as topology

Raw: t.TypeAlias = t.Mapping[str, t.Any]


def scenario_problems(
    scenario: Raw, own: t.Sequence[Raw], workloads: t.Sequence[Raw], hosts: t.Sequence[str]
) -> list[str]:
    return topology.scenario_problems(topology.Scenario(**scenario), own, workloads, hosts)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"scenario_problems": scenario_problems}
