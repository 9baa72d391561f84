# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply manifests with the modules of the cluster's provider."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    load_manifests,
)
from ansible_collections.eastwest.mesh.plugins.modules import manifest
from ansible_collections.eastwest.mesh.plugins.plugin_utils.apply import apply, remove
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import InWorkerAction
from ansible_collections.eastwest.mesh.plugins.plugin_utils.manifest_client import (
    ManifestClient,
    Result,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.role_objects import (
    BUILDERS,
    role_objects,
)


class ActionModule(InWorkerAction):
    """Read templates here, then run the provider's modules where the cluster is reached."""

    MODULE = manifest

    _VALID_ARGS = frozenset(
        (*CLUSTER_OPTIONS, "state", "definition", "template", "role", "wait", "wait_timeout")
    )

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = {name: value for name, value in self._task.args.items() if value is not None}
        role = arguments.get("role")
        try:
            definitions = self._definitions(arguments, task_vars)
        except MeshError as exc:
            return {"failed": True, "changed": False, "msg": str(exc)}
        if role and not definitions:
            return {
                "skipped": True,
                "changed": False,
                "objects": [],
                "msg": f"role {role} has nothing to apply",
            }
        run = functools.partial(self._run_module, task_vars)
        if arguments.get("provider", "loopback") == "loopback":
            return run("eastwest.mesh.manifest", {**arguments, "definition": definitions})
        client = ManifestClient(run, arguments, self._task.check_mode)
        if arguments.get("state", "present") == "absent":
            return remove(client, definitions)
        return apply(client, definitions, diff=self._task.diff)

    def _definitions(self, arguments: Result, task_vars: dict[str, t.Any]) -> list[Result]:
        """Take the objects out of the arguments. Raises MeshError for what is wrong with a role's variables."""
        templates = arguments.pop("template", [])
        role = arguments.pop("role", None)
        if role and role not in BUILDERS:
            raise MeshError(
                f"role: '{role}' builds no manifests; write one of {', '.join(BUILDERS)}"
            )
        # before anything else, so that what is wrong with the variables is said in their words
        built = role_objects(self, role, task_vars).objects if role else []
        load = functools.partial(
            load_manifests, names_only=arguments.get("state", "present") == "absent"
        )
        try:
            definitions = load(arguments.pop("definition", [])) + load(built)
            for name in [templates] if isinstance(templates, str) else templates:
                definitions += load(self._render(name, task_vars), f"template {name}")
        except MeshError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        return definitions

    def _render(self, name: str, task_vars: dict[str, t.Any]) -> t.Any:
        # The lookup searches where ansible.builtin.template does, and knows what may be templated
        lookup = lookup_loader.get(
            "ansible.builtin.template", loader=self._loader, templar=self._templar
        )
        try:
            return lookup.run([name], variables=task_vars)[0]
        except AnsibleError as exc:
            raise AnsibleActionFail(f"template: '{name}': {exc}") from exc

    def _run_module(
        self, task_vars: dict[str, t.Any], module: str, options: Result, *, diff: bool = False
    ) -> Result:
        task_diff = self._task.diff
        self._task.diff = task_diff or diff
        try:
            return self._execute_module(
                module_name=module, module_args=options, task_vars=task_vars
            )
        finally:
            self._task.diff = task_diff
