# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios that prove a service of another mesh, and those of names that Istio allocates addresses to."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Variables,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.proof import step_problems
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import Spec
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario_variables import (
    DNS_PROXY_OPTIONS,
    federation_options,
)

# the variables whose steps a playbook proves
_STEPS = {
    "federation": ("federation_steps", "federation_cures"),
    "load_balancing": ("load_balancing_steps",),
    "federation_variants": ("federation_variant_steps", "federation_variant_steps_once"),
}


@dataclass(frozen=True, slots=True)
class FederationScenario:
    """The steps of a cluster that names a ``federation_exporter``."""

    name: str

    def options(self) -> dict[str, Spec]:
        return federation_options(self.name)

    def problems(self, lab: Lab) -> t.Iterator[str]:
        """Describe what keeps the scenario from being proved."""
        clients = {
            name: str(lab.clusters[name]["federation_exporter"])
            for name in lab.active
            if lab.clusters[name].get("federation_exporter")
        }
        if not clients:
            yield (
                "no cluster of this inventory names a federation_exporter, so there is nothing to"
                " prove"
            )
        for name, exporter in clients.items():
            if exporter not in lab.clusters:
                yield (
                    f"{name}: federation_exporter is '{exporter}';"
                    f" there are {', '.join(lab.clusters)}"
                )
            yield from (f"{name}: {problem}" for problem in self._steps(lab.clusters[name]))

    def _steps(self, host: Variables) -> t.Iterator[str]:
        first, *more = _STEPS[self.name]
        steps = [step for variable in (first, *more) for step in host.get(variable) or ()]
        yield from step_problems(host, first, steps, identify="federation_identify")


@dataclass(frozen=True, slots=True)
class DnsProxyScenario:
    """The hosts of ``dns_proxy_services``, which only ServiceEntries know."""

    name: str = "dns_proxy"

    def options(self) -> dict[str, Spec]:
        return DNS_PROXY_OPTIONS

    def problems(self, lab: Lab) -> t.Iterator[str]:
        """Describe what keeps the scenario from being proved."""
        clients = [name for name in lab.active if lab.clusters[name].get("dns_proxy_services")]
        if not clients:
            yield (
                "no cluster of this inventory has dns_proxy_services, so there is nothing to prove"
            )
        for name in clients:
            if not lab.clusters[name].get("dns_proxy_client"):
                yield f"{name}: there are dns_proxy_services and no dns_proxy_client to ask for them"
