# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_problems
short_description: Find contradictions between the workloads and imports of a lab's clusters
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Finds workloads that are listed twice or that contradict each other about their Service.
  - Finds imports that no Service selects, and those whose cluster does not expose the host, is not in that locality or is in a
    trust domain that is not known.
positional: cluster, clusters
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  cluster:
    description: The name of the cluster to look at.
    type: str
    required: true
  clusters:
    description: The names of all clusters.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
problems: "{{ hostvars | eastwest.mesh.lab_problems(inventory_hostname, groups['clusters']) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import lab
from jinja2.exceptions import TemplateError

_VARIABLES = {
    "workloads": "workload_list",
    "imports": "import_service_list",
    "nodes": "cluster_nodes",
    "exposed": "gateway_exposed_hosts",
    "network": "mesh_network",
    "trust_domain": "mesh_trust_domain",
    "aliases": "istio_trust_domain_aliases",
}


def lab_problems(
    hosts: t.Mapping[str, t.Mapping[str, t.Any]], cluster: str, clusters: t.Sequence[str]
) -> list[str]:
    try:
        known = {name: _cluster(name, hosts[name]) for name in clusters}
        return lab.lab_problems(known[cluster], known)
    except (AnsibleError, TemplateError):
        # it needs facts that are not known yet
        return []


def _cluster(name: str, host: t.Mapping[str, t.Any]) -> lab.Cluster:
    given = {option: host[each] for option, each in _VARIABLES.items() if each in host}
    return lab.Cluster(name, **given)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"lab_problems": lab_problems}
