# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios that apply rules and prove steps: failover, distribute, zone_aware and others."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import scenario_names
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    NotYetKnown,
    Variables,
    provider,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.locality_rules import (
    rule_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.proof import (
    place_problems,
    step_problems,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import (
    Spec,
    options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario_variables import (
    rule_options,
)


@dataclass(frozen=True, slots=True)
class RuleScenario:
    """The variables ``NAME_rules`` and ``NAME_steps``, or the latter's ``variant``."""

    name: str
    variant: str = ""

    @property
    def _rules_variable(self) -> str:
        return f"{self.name}_rules"

    @property
    def _steps_variable(self) -> str:
        return f"{self.name}_steps{self.variant}"

    def options(self) -> dict[str, Spec]:
        """Return the forms of the scenario's variables, which are those of two roles."""
        return rule_options(self.name, self.variant)

    def problems(self, lab: Lab) -> t.Iterator[str]:
        """Describe what keeps the scenario from being proved."""
        steps = {name: lab.clusters[name].get(self._steps_variable) for name in lab.active}
        if not any(steps.values()):
            yield (
                f"no cluster of this inventory has {self._steps_variable}, so there is nothing to"
                " prove"
            )
        for name, listed in steps.items():
            if listed:
                yield from (f"{name}: {problem}" for problem in self._of_client(lab, name))

    def _of_client(self, lab: Lab, name: str) -> t.Iterator[str]:
        host = lab.clusters[name]
        rules, steps = host.get(self._rules_variable), host[self._steps_variable]
        if rules is None:
            yield (
                f"there are {self._steps_variable} and no {self._rules_variable}: list the rules"
                " that the steps are to prove"
            )
            return
        replacing = [rule for step in steps for rule in step.get("rules") or ()]
        yield from rule_problems(lab, name, [*rules, *replacing])
        yield from self._left_behind(host, rules, replacing, steps)
        yield from step_problems(host, self._steps_variable, steps)
        yield from place_problems(lab, name, self._steps_variable, steps)
        if provider(host) != "existing" and host["workload_list"]:
            # where clusters exist, services may be there that the inventory does not know
            yield from self._names(lab, name, rules, steps)

    def _left_behind(
        self,
        host: Variables,
        rules: t.Sequence[Variables],
        replacing: t.Sequence[Variables],
        steps: t.Sequence[Variables],
    ) -> t.Iterator[str]:
        names = {rule["name"] for rule in rules}
        added = dict.fromkeys(str(r["name"]) for r in replacing if r["name"] not in names)
        if added:
            yield (
                f"{self._steps_variable}: the rules {', '.join(added)} would be left behind;"
                f" give them names of {self._rules_variable}"
            )
        own = {workload["name"] for workload in host["workload_list"]}
        scaled = dict.fromkeys(
            name for step in steps if step.get("scale") for name in step["scale"]["workloads"]
        )
        foreign = [name for name in scaled if name not in own]
        if foreign:
            yield (
                f"{self._steps_variable}: {', '.join(foreign)} would be left scaled, as"
                " workload_list does not have it"
            )

    def _names(
        self,
        lab: Lab,
        name: str,
        rules: t.Sequence[Variables],
        steps: t.Sequence[Variables],
    ) -> t.Iterator[str]:
        host = lab.clusters[name]
        described = scenario_names.Scenario(
            name=self.name,
            rules=rules,
            steps=steps,
            client=host.get("proof_client") or {},
            url=str(host.get("proof_url") or ""),
            namespace=host["proof_namespace"],
            restore=host["proof_restore"],
            cluster=name,
        )
        hosts = [entry["host"] for entry in host["import_service_list"] if entry.get("host")]
        yield from scenario_names.name_problems(
            described,
            lab.values("workload_list", ()),
            # scenario_hosts names services that are there otherwise
            [*hosts, *(host.get("scenario_hosts") or ())],
        )


class RegionScenario(RuleScenario):
    """A scenario whose rules name the region of each cluster."""

    __slots__ = ()

    def problems(self, lab: Lab) -> t.Iterator[str]:
        """Require that each cluster is in one region of its own."""
        regions = {name: lab.clusters[name].get("cluster_regions") or [] for name in lab.active}
        shared = [region for each in regions.values() for region in set(each)]
        for name, own in regions.items():
            if len(own) != 1 or shared.count(own[0]) > 1:
                yield (
                    f"{name} is in {' and '.join(own) or 'no region'}; for failover from region to"
                    " region each cluster must be in one, other than those of the other clusters."
                    " Give nodes the label topology.kubernetes.io/region, or cluster_nodes a region"
                    " each, and then the lab does"
                )
        yield from RuleScenario.problems(self, lab)


@dataclass(frozen=True, slots=True)
class ExplainedScenario:
    """The rules that the playbook explain computes with, in place of those in force."""

    name: str

    def options(self) -> dict[str, Spec]:
        return {f"{self.name}_rules": options()["locality_rules"]}

    def problems(self, lab: Lab) -> t.Iterator[str]:
        """Describe an unknown name, and wrong rules."""
        variable = f"{self.name}_rules"
        found = {name: host.get(variable) for name, host in lab.clusters.items()}
        if not any(found.values()):
            known = sorted(
                {
                    each.removesuffix("_rules")
                    for host in lab.clusters.values()
                    for each in host
                    if each.endswith("_rules") and each not in options() and _has_host(host, each)
                }
            )
            yield (
                f"explain_scenario is '{self.name}', and no cluster of this inventory has"
                f" {variable}; choose {' or '.join(known) or 'none: no scenario has rules'}"
            )
        for name in lab.active:
            for problem in rule_problems(lab, name, found[name] or ()):
                yield f"{name}: {problem}"


def _has_host(host: Variables, variable: str) -> bool:
    try:
        rules = host[variable]
    except NotYetKnown:
        return False
    return isinstance(rules, list) and all(
        isinstance(rule, t.Mapping) and "host" in rule for rule in rules
    )
