# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the modules that apply and delete the manifests of a task on a Kubernetes cluster.

The modules run where the cluster is reached, which need not be where the playbook runs.
"""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import MANAGER

Result: t.TypeAlias = dict[str, t.Any]


class Run(t.Protocol):
    """Run a module as a part of the task; ``diff`` asks for a diff even where the task does not."""

    def __call__(self, module: str, options: Result, *, diff: bool = False) -> Result: ...


@dataclass(frozen=True)
class ManifestClient:
    """The cluster of a task that applies or deletes manifests."""

    run: Run
    # The task's arguments
    arguments: t.Mapping[str, t.Any]
    check_mode: bool

    @property
    def name(self) -> str:
        return f"cluster {self.arguments.get('cluster')}"

    @property
    def is_adopted(self) -> bool:
        """Return whether the cluster existed before the lab, and may hold objects of others."""
        return bool(self.arguments["provider"] == "existing")

    @property
    def wait(self) -> bool:
        return bool(self.arguments.get("wait", True))

    @property
    def timeout(self) -> float:
        return float(self.arguments.get("wait_timeout", 180))

    @property
    def missing(self) -> bool:
        """Return whether the cluster is missing because check mode did not make it."""
        kubeconfig = self.arguments.get("kubeconfig")
        return bool(self.check_mode and kubeconfig and not Path(kubeconfig).expanduser().exists())

    def apply(self, definitions: list[Result], *, force: bool) -> Result:
        return self._kubernetes(
            # The module calls a new status a change; only its diff tells whether there is one
            diff=True,
            state="present",
            # The module modifies its arguments
            resource_definition=copy.deepcopy(definitions),
            apply=True,
            server_side_apply={"field_manager": MANAGER, "force_conflicts": force},
            # The field managers tell whether the lab made an object
            hidden_fields=[],
        )

    def delete(self, definitions: list[Result]) -> Result:
        return self._kubernetes(
            state="absent",
            resource_definition=definitions,
            wait=self.wait,
            wait_timeout=self.arguments.get("wait_timeout", 180),
            continue_on_error=True,
        )

    def lab_objects(self, state: str, objects: list[Result]) -> Result:
        """List, release or delete those of the objects that the lab made."""
        return self.run(
            "eastwest.mesh.lab_objects",
            {
                **self._connection,
                "state": state,
                "objects": objects,
                "wait_timeout": int(self.timeout),
            },
        )

    def objects_ready(self, options: Result) -> Result:
        """Label the objects that the lab made, and wait until all are ready."""
        return self.run("eastwest.mesh.objects_ready", {**self._connection, **options})

    @property
    def _connection(self) -> Result:
        return {name: self.arguments[name] for name in CLUSTER_OPTIONS if name in self.arguments}

    def _kubernetes(self, *, diff: bool = False, **options: t.Any) -> Result:
        return self.run(
            "kubernetes.core.k8s",
            {
                "kubeconfig": self.arguments.get("kubeconfig"),
                # An empty name is not the name of a context
                "context": self.arguments.get("context") or None,
                **options,
            },
            diff=diff,
        )
