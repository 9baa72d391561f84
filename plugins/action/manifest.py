# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dispatches manifests to what the cluster's provider understands."""

from __future__ import annotations

import copy
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible_collections.eastwest.mesh.plugins.module_utils.documents import load_definitions
from ansible_collections.eastwest.mesh.plugins.module_utils.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils.kubernetes import applied
from ansible_collections.eastwest.mesh.plugins.module_utils.kubernetes.names import named
from ansible_collections.eastwest.mesh.plugins.modules import manifest
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import InWorkerAction

_CLUSTER_OPTIONS = ("provider", "lab_directory", "cluster", "kubeconfig", "context")
_OPTIONS = frozenset((*_CLUSTER_OPTIONS, "state", "definition", "template", "wait", "wait_timeout"))
_RETRY_S = 2.0

Result: t.TypeAlias = dict[str, t.Any]


class ActionModule(InWorkerAction):
    """Reads templates here, then runs the module of the provider where the cluster is reached."""

    MODULE = manifest

    _VALID_ARGS = _OPTIONS

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
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
        if arguments.get("state", "present") == "absent":
            return self._remove(arguments, definitions, task_vars)
        return self._apply(arguments, definitions, task_vars)

    def _render(self, name: str, task_vars: dict[str, t.Any]) -> t.Any:
        # the lookup searches where ansible.builtin.template does, and knows what may be templated
        lookup = lookup_loader.get(
            "ansible.builtin.template", loader=self._loader, templar=self._templar
        )
        try:
            return lookup.run([name], variables=task_vars)[0]
        except AnsibleError as exc:
            raise AnsibleActionFail(f"template: '{name}': {exc}") from exc

    def _apply(
        self, arguments: Result, definitions: list[Result], task_vars: dict[str, t.Any]
    ) -> Result:
        if not definitions:
            return {"changed": False, "objects": []}
        if self._task.check_mode and not _reachable(arguments):
            # check mode has not made the cluster
            return {"changed": True, "objects": definitions}
        timeout = float(arguments.get("wait_timeout", 180))
        result = self._apply_until_accepted(arguments, definitions, task_vars, timeout)
        if result.get("failed"):
            return result
        parts = applied.parts(result)
        if not self._task.diff:
            del result["diff"]
        result["objects"] = [applied.without_secrets(part.obj) for part in parts]
        trespassed = applied.trespassed(parts) if arguments["provider"] == "existing" else []
        wait = arguments.get("wait", True) and not trespassed
        job = applied.follow_up(parts, {**arguments, "wait": wait}, timeout)
        if job and not self._task.check_mode:
            result |= self._execute_module(
                module_name="eastwest.mesh.objects_ready", module_args=job, task_vars=task_vars
            ) | {"changed": bool(result.get("changed"))}
        if result.get("failed"):
            del result["objects"]
        if trespassed:
            return self._withdraw(arguments, trespassed, task_vars)
        return result

    def _withdraw(
        self, arguments: Result, objects: list[Result], task_vars: dict[str, t.Any]
    ) -> Result:
        """Takes back what was added to objects of others, and fails."""
        if not self._task.check_mode:
            released = self._lab_objects(arguments, objects, task_vars, "released")
            if released.get("failed"):
                return released
        names = [named(obj) for obj in objects]
        return {
            "failed": True,
            "msg": f"cluster {arguments.get('cluster')}: {applied.not_own(names)}",
        }

    def _apply_until_accepted(
        self,
        arguments: Result,
        definitions: list[Result],
        task_vars: dict[str, t.Any],
        timeout: float,
    ) -> Result:
        """Applies; what only has to be waited for, such as a webhook that starts, is tried again."""
        deadline = time.monotonic() + timeout
        told = False
        while True:
            result = self._apply_once(arguments, definitions, task_vars)
            reason = applied.passing_reason(result) if result.get("failed") else ""
            if not reason:
                return result
            if time.monotonic() >= deadline:
                result["msg"] = (
                    f"cluster {arguments.get('cluster')}: after {timeout:g} s {reason}"
                    f"{applied.whose_webhook(result)}"
                )
                return result
            if self._task.check_mode:
                # what it waits for would come with an earlier task
                return {"changed": True, "result": {"results": []}}
            if not told:
                Display().display(f"waiting: [{arguments.get('cluster')}] {reason}")
                told = True
            time.sleep(_RETRY_S)

    def _remove(
        self, arguments: Result, definitions: list[Result], task_vars: dict[str, t.Any]
    ) -> Result:
        if not definitions or (self._task.check_mode and not _reachable(arguments)):
            return {"changed": False, "objects": []}
        if arguments["provider"] == "existing":
            result = self._lab_objects(arguments, definitions, task_vars, "absent")
            return {**result, "objects": []}
        result = self._kubernetes(
            arguments,
            task_vars,
            state="absent",
            # a namespace goes last, or what is in it would already be gone
            resource_definition=list(reversed(definitions)),
            wait=arguments.get("wait", True),
            wait_timeout=arguments.get("wait_timeout", 180),
            continue_on_error=True,
        )
        result["objects"] = []
        # a kind that is not installed has no objects
        errors = [error for error in applied.errors(result) if not applied.is_unknown_kind(error)]
        if errors:
            return {"failed": True, "msg": "; ".join(errors), "changed": result.get("changed")}
        result.pop("result", None)
        return result

    def _lab_objects(
        self,
        arguments: Result,
        definitions: list[Result],
        task_vars: dict[str, t.Any],
        state: str,
    ) -> Result:
        """In a cluster that others own an object of the same name may be theirs."""
        return self._execute_module(
            module_name="eastwest.mesh.lab_objects",
            module_args={
                **{name: arguments[name] for name in _CLUSTER_OPTIONS if name in arguments},
                "state": state,
                "objects": definitions,
                "wait_timeout": int(arguments.get("wait_timeout", 180)),
            },
            task_vars=task_vars,
        )

    def _apply_once(
        self, arguments: Result, definitions: list[Result], task_vars: dict[str, t.Any]
    ) -> Result:
        """In a cluster that others own, what is theirs is not changed."""
        if arguments["provider"] != "existing":
            return self._kubernetes_with_diff(arguments, definitions, task_vars, force=True)
        result = self._kubernetes_with_diff(arguments, definitions, task_vars, force=False)
        if not (result.get("failed") and applied.conflict(result)):
            return result
        listed = self._lab_objects(arguments, definitions, task_vars, "listed")
        if listed.get("failed"):
            return listed
        own = [obj for obj in definitions if named(obj) in listed["own"]]
        others = [obj for obj in definitions if named(obj) not in listed["own"]]
        done = [
            self._kubernetes_with_diff(arguments, group, task_vars, force=group is own)
            for group in (own, others)
            if group
        ]
        failed = [result for result in done if result.get("failed")]
        if failed:
            whose, why = applied.not_own(listed["kept"]), applied.conflict(failed[0])
            return {"failed": True, "msg": f"cluster {arguments.get('cluster')}: {whose} ({why})"}
        return {"result": {"results": [part for result in done for part in applied.raw(result)]}}

    def _kubernetes_with_diff(
        self,
        arguments: Result,
        definitions: list[Result],
        task_vars: dict[str, t.Any],
        *,
        force: bool,
    ) -> Result:
        """What the module calls changed may be nothing but a status; its diff tells."""
        wanted = self._task.diff
        self._task.diff = True
        try:
            return self._kubernetes(
                arguments,
                task_vars,
                state="present",
                # the module changes what it is given
                resource_definition=copy.deepcopy(definitions),
                apply=True,
                server_side_apply={"field_manager": applied.MANAGER, "force_conflicts": force},
                # who manages a field tells who made an object
                hidden_fields=[],
            )
        finally:
            self._task.diff = wanted

    def _kubernetes(
        self, arguments: Result, task_vars: dict[str, t.Any], **options: t.Any
    ) -> Result:
        return self._execute_module(
            module_name="kubernetes.core.k8s",
            module_args={
                "kubeconfig": arguments.get("kubeconfig"),
                # a name without letters is no name of a context
                "context": arguments.get("context") or None,
                **options,
            },
            task_vars=task_vars,
        )


def _reachable(arguments: t.Mapping[str, t.Any]) -> bool:
    kubeconfig = arguments.get("kubeconfig")
    return not kubeconfig or Path(kubeconfig).expanduser().exists()
