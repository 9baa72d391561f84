# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: Find what is wrong with the variables of a lab before it is touched
author:
  - The eastwest.mesh contributors (@eastwest)
version_added: 1.0.0
description:
  - Checks the values of all variables of the collection's roles against the roles' argument specs.
  - Finds variables whose names are nearly those of the collection, and so most probably misspelt.
  - Variables that need facts which are not known yet are not looked at.
positional: scenario
options:
  _input:
    description: The variables of a host.
    type: dict
    required: true
  scenario:
    description:
      - The name of a scenario; its C(…_rules) and C(…_steps) are checked as C(locality_rules) and C(proof_steps).
      - Empty for none.
    type: str
    default: ""
"""

EXAMPLES = r"""
problems: "{{ hostvars[inventory_hostname] | eastwest.mesh.variable_problems('failover') }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem.
  type: list
  elements: str
"""

import functools
import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import variables
from jinja2 import Undefined
from jinja2.exceptions import TemplateError

# What roles and playbooks set or read, and no role's argument spec has
_OTHERS = {
    **{name: {"type": "str"} for name in ("mesh_id", "mesh_network", "mesh_trust_domain")},
    "scenario_keep_rules": {"type": "bool"},
}
_SUBNETS = ("cluster_pod_subnet", "cluster_service_subnet")
_FACTS = frozenset(
    {
        "cluster_internal_api",
        "cluster_network_reserved",
        "cluster_network_subnets",
        "cluster_node_addresses",
        "cluster_regions",
        "gateway_address",
        "gateway_addresses",
        "gateway_external_port",
        "proof_step",
        "remote_secret_kubeconfig",
    }
)


def variable_problems(host: t.Mapping[str, t.Any], scenario: str = "") -> list[str]:
    known: dict[str, t.Any] = dict(_known())
    given = [str(name) for name in host]
    found = variables.unknown_variables(given, known, _FACTS)
    if scenario:
        known[f"{scenario}_rules"] = known["locality_rules"]
        known[f"{scenario}_steps"] = known["proof_steps"]
    for name in given:
        if name in known:
            found += _checked(name, known[name], host)
    return found


def _checked(name: str, spec: t.Mapping[str, t.Any], host: t.Mapping[str, t.Any]) -> list[str]:
    try:
        value = host[name]
        if isinstance(value, Undefined):
            return []
        found = list(variables.value_problems(name, spec, value))
        if name in _SUBNETS and not found:
            found += variables.subnet_problems(name, str(value or ""))
        return found
    except (AnsibleError, TemplateError):
        # it needs facts that are not known yet; the role that reads it will check it
        return []


@functools.cache
def _known() -> dict[str, t.Any]:
    roles = pathlib.Path(__file__).resolve().parents[2] / "roles"
    known: dict[str, t.Any] = dict(_OTHERS)
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        content = load_mapping(path.read_text(encoding="utf-8"), str(path))
        known |= content["argument_specs"]["main"]["options"]
    return known


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"variable_problems": variable_problems}
