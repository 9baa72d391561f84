# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster with an API server, as a task that applies manifests works with it.

Private to this collection.
"""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.ownership import MANAGER

Result: t.TypeAlias = dict[str, t.Any]

CLUSTER_OPTIONS = ("provider", "lab_directory", "cluster", "kubeconfig", "context")


class Run(t.Protocol):
    """Runs a module as a part of the task, also with a diff that the task does not ask for."""

    def __call__(self, module: str, options: Result, *, diff: bool = False) -> Result: ...


@dataclass(frozen=True)
class ApiServer:
    """Every change goes through a module, where the cluster is reached."""

    run: Run
    # those of the task
    arguments: t.Mapping[str, t.Any]
    check_mode: bool

    @property
    def name(self) -> str:
        return f"cluster {self.arguments.get('cluster')}"

    @property
    def others_own(self) -> bool:
        """Whether it existed before the lab, so that an object in it may be somebody else's."""
        return bool(self.arguments["provider"] == "existing")

    @property
    def wait(self) -> bool:
        return bool(self.arguments.get("wait", True))

    @property
    def timeout(self) -> float:
        return float(self.arguments.get("wait_timeout", 180))

    @property
    def missing(self) -> bool:
        """Whether an earlier task would have made the cluster, but for check mode."""
        kubeconfig = self.arguments.get("kubeconfig")
        return bool(self.check_mode and kubeconfig and not Path(kubeconfig).expanduser().exists())

    def apply(self, definitions: list[Result], *, force: bool) -> Result:
        return self._kubernetes(
            # what the module calls changed may be nothing but a status; its diff tells
            diff=True,
            state="present",
            # the module changes what it is given
            resource_definition=copy.deepcopy(definitions),
            apply=True,
            server_side_apply={"field_manager": MANAGER, "force_conflicts": force},
            # who manages a field tells who made an object
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
        """Lists, releases or deletes those of the objects that the lab made."""
        return self.run(
            "eastwest.mesh.lab_objects",
            {
                **{
                    name: self.arguments[name] for name in CLUSTER_OPTIONS if name in self.arguments
                },
                "state": state,
                "objects": objects,
                "wait_timeout": int(self.timeout),
            },
        )

    def objects_ready(self, job: Result) -> Result:
        return self.run("eastwest.mesh.objects_ready", job)

    def _kubernetes(self, *, diff: bool = False, **options: t.Any) -> Result:
        return self.run(
            "kubernetes.core.k8s",
            {
                "kubeconfig": self.arguments.get("kubeconfig"),
                # a name without letters is no name of a context
                "context": self.arguments.get("context") or None,
                **options,
            },
            diff=diff,
        )
