# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ambiguous_localities
short_description: Find zones that a locality rule cannot tell apart
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Localities are compared as strings, so nodes of two clusters with the same region and zone are one place to a rule.
  - Describes the zones that C(distribute) or C(failover) of a rule name and that more than one cluster has.
positional: clusters
options:
  _input:
    description: The rules, as the variable C(locality_rules) lists them.
    type: list
    elements: dict
    required: true
  clusters:
    description: A dictionary of the clusters' names and of their nodes.
    type: dict
    required: true
"""

EXAMPLES = r"""
# => ["rule 'helloworld': r1/z1 is in the clusters east and west"]
findings: >-
  {{ [{'name': 'helloworld', 'failover': [{'from': 'r1', 'to': 'r2'}]}] | eastwest.mesh.ambiguous_localities(
       {'east': [{'region': 'r1', 'zone': 'z1'}], 'west': [{'region': 'r1', 'zone': 'z1'}]}) }}
"""

RETURN = r"""
_value:
  description: One sentence for each rule and zone.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import rules as topology


def ambiguous_localities(
    rules: list[dict[str, t.Any]], clusters: dict[str, list[dict[str, t.Any]]]
) -> list[str]:
    return topology.ambiguous_localities(rules, clusters)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"ambiguous_localities": ambiguous_localities}
