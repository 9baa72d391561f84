# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of an inventory's variables before anything is touched."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    address_pools,
    cluster,
    imports,
    locality_rules,
    mesh_settings,
    proof,
    remote_secrets,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.consistency import (
    consistency_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.federation import (
    DnsProxyScenario,
    FederationScenario,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    NotYetKnown,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.playbook_options import (
    PLAYBOOK_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import (
    Spec,
    options,
    role_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario import (
    ExplainedScenario,
    RegionScenario,
    RuleScenario,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.variables import (
    unknown_variables,
    variable_problems,
)

HostCheck: t.TypeAlias = t.Callable[[Lab, str], t.Iterable[str]]
LabCheck: t.TypeAlias = t.Callable[[Lab], t.Iterable[str]]

HOST_CHECKS: dict[str, HostCheck] = {
    "cluster": cluster.cluster_problems,
    "import_service": imports.import_problems,
    "istio": mesh_settings.mesh_setting_problems,
    "locality": locality_rules.locality_problems,
    "metallb": address_pools.missing_pools,
    "proof": proof.proof_problems,
    "remote_secret": remote_secrets.remote_secret_problems,
    "workload": workloads.workload_problems,
}
LAB_CHECKS: dict[str, LabCheck] = {
    "cluster": cluster.subnet_overlaps,
    "metallb": address_pools.pool_overlaps,
}
# of plays that apply rules and prove something; a whole lab is checked without
_OF_PROOFS = ("locality", "proof")


class Scenario(t.Protocol):
    """What a playbook is to prove, or to explain."""

    def options(self) -> dict[str, Spec]:
        """Return the forms of the scenario's variables."""

    def problems(self, lab: Lab) -> t.Iterable[str]:
        """Describe what keeps it from being proved."""


def scenario(name: str, variant: str = "") -> Scenario:
    """Return the scenario of a playbook, by the playbook's name."""
    if name in ("federation", "load_balancing", "federation_variants"):
        return FederationScenario(name)
    if name == "multi_primary_failover":
        return RegionScenario(name)
    return DnsProxyScenario() if name == "dns_proxy" else RuleScenario(name, variant)


def roles() -> list[str]:
    """Return the names of the roles whose variables can be checked."""
    return list(role_options())


def role_problems(lab: Lab, name: str, role: str) -> list[str]:
    """Describe what is wrong with the variables of one role, on one host."""
    found = variable_problems(lab.clusters[name], role_options()[role])
    if found:
        # nothing else can be read out of values of another form
        return found
    if role in HOST_CHECKS:
        found += _known(HOST_CHECKS[role], lab, name)
    if role in LAB_CHECKS:
        found += _known(LAB_CHECKS[role], lab)
    return found


def lab_problems(lab: Lab, proved: Scenario | None = None) -> list[str]:
    """Describe what is wrong with the variables of all hosts of a play, each with its host."""
    problems = inventory_variable_problems(lab, proved)
    if problems:
        return problems
    for check in LAB_CHECKS.values():
        problems += _known(check, lab)
    host_checks = [check for role, check in HOST_CHECKS.items() if role not in _OF_PROOFS]
    for name in lab.active:
        for host_check in (*host_checks, consistency_problems):
            problems += _of(name, _known(host_check, lab, name))
    return problems + (list(proved.problems(lab)) if proved else [])


def explanation_problems(lab: Lab, name: str) -> list[str]:
    """Describe what is wrong with the variables that the playbook explain reads."""
    explained = ExplainedScenario(name) if name else None
    return inventory_variable_problems(lab, explained) or list(
        explained.problems(lab) if explained else ()
    )


def inventory_variable_problems(lab: Lab, proved: Scenario | None) -> list[str]:
    """Describe misspelt names and values of the wrong form, of the hosts of a play."""
    known = {**options(), **PLAYBOOK_OPTIONS}
    checked = {**known, **(proved.options() if proved else {})}
    return [
        problem
        for name in lab.active
        for found in (
            unknown_variables(lab.clusters[name], known),
            variable_problems(lab.clusters[name], checked),
        )
        for problem in _of(name, found)
    ]


def _of(name: str, problems: t.Iterable[str]) -> list[str]:
    return [f"{name}: {problem}" for problem in problems]


def _known(check: t.Callable[..., t.Iterable[str]], *arguments: t.Any) -> list[str]:
    """Leave to the roles what needs facts that they will gather."""
    try:
        return list(check(*arguments))
    except NotYetKnown:
        return []
