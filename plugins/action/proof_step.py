# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a step of a proof with the modules that restore, sample, explain and report."""

from __future__ import annotations

import importlib
import types
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.argument_specs import (
    CLUSTER_ARGUMENTS,
    CLUSTER_OPTIONS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.proof_step import ProofStep
from ansible_collections.eastwest.mesh.plugins.modules import proof_report, sidecar, traffic_sample
from ansible_collections.eastwest.mesh.plugins.plugin_utils.collection_version import (
    collection_version,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import InWorkerAction, Result
from ansible_collections.eastwest.mesh.plugins.plugin_utils.lab_hosts import resolve_peers

_MODULES = "ansible_collections.eastwest.mesh.plugins.modules."
# loaded once for all workers; locality_info only where requests fail
_LOADED = {
    "proof_report": proof_report,
    "sidecar": sidecar,
    "traffic_sample": traffic_sample,
}
_DEFAULTS: dict[str, dict[str, t.Any]] = {
    "namespace": {"type": "str", "required": True},
    "client": {"type": "dict"},
    "url": {"type": "str"},
    "identify": {"type": "dict"},
    "by": {"type": "str", "required": True},
    "requests": {"type": "int", "required": True},
    "duration": {"type": "float", "required": True},
    "concurrency": {"type": "int", "required": True},
    "rate": {"type": "float", "required": True},
    "keepalive": {"type": "bool", "required": True},
    "timeout": {"type": "float", "required": True},
    "settle_ms": {"type": "float", "required": True},
    "max_errors": {"type": "int", "required": True},
    "significance": {"type": "float", "required": True},
    "from_forecast": {"type": "bool", "required": True},
    "drain_at": {"type": "int", "required": True},
    "drain_after_ms": {"type": "float", "required": True},
}
_OPTIONS: dict[str, dict[str, t.Any]] = {
    **CLUSTER_ARGUMENTS,
    "step": {"type": "dict", "required": True},
    "defaults": {"type": "dict", "required": True, "options": _DEFAULTS},
    "peers": {"type": "list", "elements": "raw", "default": []},
    "restore_method": {"type": "str", "choices": ["replace", "restart"], "default": "replace"},
    "drained": {"type": "list", "elements": "str", "default": []},
    "outcomes": {"type": "list", "elements": "dict", "default": []},
    "report": {"type": "dict", "required": True},
}


class ActionModule(InWorkerAction):
    """Run the modules of a step, one after the other."""

    _VALID_ARGS = frozenset(_OPTIONS)

    def _own_module(self, name: str) -> types.ModuleType:
        return _LOADED.get(name) or importlib.import_module(_MODULES + name)

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(_OPTIONS)
        self._options, self._vars = options, task_vars or {}
        step = ProofStep(options["step"], options["defaults"], options["drained"])
        restored = self._restore(step)
        if restored.get("failed"):
            return {**result, **restored, "drained": options["drained"]}
        sample = self._sample(step)
        outcome = {
            "name": step.name,
            "expect": step.fields.get("expect") or {},
            "sample": sample,
            "findings": self._findings(step, sample),
        }
        taken = {
            **result,
            "changed": bool(restored.get("changed") or sample.get("changed")),
            "outcome": outcome,
            "drained": step.drained_after(),
        }
        recorded = self._record([*options["outcomes"], outcome])
        if recorded.get("failed"):
            return {**taken, "failed": True, "msg": recorded["msg"]}
        for name in ("failed", "skipped", "msg"):
            if name in sample:
                taken[name] = sample[name]
        return taken

    def _restore(self, step: ProofStep) -> Result:
        if not step.restored:
            return {}
        return self._module(
            "sidecar",
            {
                **self._connection_options(),
                "namespace": step.defaults["namespace"],
                "workloads": step.restored,
                "state": "serving",
                "method": self._options["restore_method"],
            },
        )

    def _sample(self, step: ProofStep) -> Result:
        """Return the sample; one that could not be taken has failed, and other steps are taken all the same."""
        try:
            given = {**step.sample_options(), "peers": self._options["peers"]}
            for earlier in self._options["outcomes"][-1:]:
                if unchanged := (earlier.get("sample") or {}).get("endpoints_unchanged"):
                    given["unchanged"] = unchanged
            return self._module(
                "traffic_sample",
                {**self._connection_options(), **resolve_peers(self, given, self._vars)},
            )
        except (MeshError, AnsibleActionFail) as exc:
            return {"failed": True, "changed": False, "msg": str(exc)}

    def _findings(self, step: ProofStep, sample: Result) -> list[Result]:
        """Check the rules behind requests that fail.

        What the model does not know, such as a host of no service, it has no findings for.
        """
        if not (sample.get("failed") or step.expects_failures):
            return []
        try:
            given = resolve_peers(
                self,
                {**step.forecast_options(), "peers": self._options["peers"]},
                self._vars,
            )
        except (MeshError, AnsibleActionFail):
            # the sample has failed for the same reason, and says so
            return []
        explained = self._module("locality_info", {**self._connection_options(), **given})
        return list(explained.get("findings") or ())

    def _record(self, outcomes: list[Result]) -> Result:
        """Write the report so far: a run that is killed leaves this, and not what an earlier one proved."""
        report = self._options["report"]
        if self._task.check_mode or len(outcomes) >= len(report.get("planned") or ()):
            return {}
        versions = {"eastwest.mesh": collection_version(Path(__file__).parents[2])}
        return self._module(
            "proof_report",
            {
                **report,
                "versions": {**versions, **(report.get("versions") or {})},
                "steps": outcomes,
                "partial": True,
            },
        )

    def _connection_options(self) -> Result:
        return {
            name: self._options[name]
            for name in CLUSTER_OPTIONS
            if self._options.get(name) is not None
        }

    def _module(self, name: str, arguments: Result) -> Result:
        return self._execute_module(
            module_name=f"eastwest.mesh.{name}", module_args=arguments, task_vars=self._vars
        )
