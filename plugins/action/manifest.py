# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dispatches manifests to what the cluster's provider understands."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible_collections.eastwest.mesh.plugins.module_utils.documents import load_definitions
from ansible_collections.eastwest.mesh.plugins.module_utils.errors import MeshError

_CLUSTER_OPTIONS = ("provider", "lab_directory", "cluster", "kubeconfig", "context")
_OPTIONS = frozenset((*_CLUSTER_OPTIONS, "state", "definition", "template", "wait", "wait_timeout"))


class ActionModule(ActionBase):
    """Reads templates here, then runs the module of the provider where the cluster is reached."""

    TRANSFERS_FILES = False
    _VALID_ARGS = _OPTIONS

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = {name: value for name, value in self._task.args.items() if value is not None}
        templates = arguments.pop("template", [])
        try:
            definitions = load_definitions(arguments.pop("definition", []))
            for name in [templates] if isinstance(templates, str) else templates:
                definitions += load_definitions(self._render(name, task_vars))
        except MeshError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        if arguments.get("provider", "loopback") == "loopback":
            return self._execute_module(
                module_name="eastwest.mesh.manifest",
                module_args={**arguments, "definition": definitions},
                task_vars=task_vars,
            )
        return self._apply_to_kubernetes(arguments, definitions, task_vars)

    def _render(self, name: str, task_vars: dict[str, t.Any]) -> t.Any:
        # the lookup searches where ansible.builtin.template does, and knows what may be templated
        lookup = lookup_loader.get(
            "ansible.builtin.template", loader=self._loader, templar=self._templar
        )
        try:
            return lookup.run([name], variables=task_vars)[0]
        except AnsibleError as exc:
            raise AnsibleActionFail(f"template: '{name}': {exc}") from exc

    def _apply_to_kubernetes(
        self,
        arguments: dict[str, t.Any],
        definitions: list[dict[str, t.Any]],
        task_vars: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        state = arguments.get("state", "present")
        if state == "absent":
            # a namespace goes last, or what is in it would already be gone
            definitions.reverse()
        result = self._execute_module(
            module_name="kubernetes.core.k8s",
            module_args={
                "state": state,
                "resource_definition": definitions,
                # what a manifest no longer says is removed from the object
                "apply": state == "present",
                "kubeconfig": arguments.get("kubeconfig"),
                "context": arguments.get("context"),
                "wait": arguments.get("wait", True),
                "wait_timeout": arguments.get("wait_timeout", 180),
            },
            task_vars=task_vars,
        )
        if result.get("failed"):
            return result
        parts = result.pop("result", {})
        parts = parts.get("results", [parts]) if isinstance(parts, dict) else parts
        result["objects"] = [part.get("result", part) for part in parts]
        return result
