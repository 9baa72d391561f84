# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the variables of a play's hosts, here, where all of them are known."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import (
    preflight,
    run_scope,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.requirements import (
    requirement_problems,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.lab_hosts import (
    connections,
    read_lab,
)

Result: t.TypeAlias = dict[str, t.Any]


class ActionModule(ActionBase):
    """Does all of the work; the module of the same name has the documentation."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("roles", "scenario", "variant", "explain", "inventory"))

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validated, options = self.validate_argument_spec(
            {
                "roles": {"type": "list", "elements": "str", "choices": preflight.roles()},
                "scenario": {"type": "str"},
                "variant": {"type": "str", "default": ""},
                "explain": {"type": "bool", "default": False},
                "inventory": {"type": "bool", "default": False},
            }
        )
        if options["inventory"]:
            return {**result, "changed": False, **_failure(self._scope_problems(task_vars))}
        lab = read_lab(self, task_vars)
        own = str(task_vars["inventory_hostname"])
        if options["roles"] is not None:
            problems = [
                p for role in options["roles"] for p in preflight.role_problems(lab, own, role)
            ]
        elif options["explain"]:
            problems = preflight.explanation_problems(lab, options["scenario"] or "")
        else:
            scenario = options["scenario"] and preflight.scenario(
                options["scenario"], options["variant"]
            )
            problems = preflight.lab_problems(lab, scenario or None) or requirement_problems(lab)
        return {
            **result,
            "changed": False,
            "connections": connections(lab),
            **_failure(problems),
        }

    def _scope_problems(self, task_vars: Result) -> list[str]:
        return [
            *run_scope.inventory_problems(
                task_vars["groups"], task_vars.get("ansible_inventory_sources") or ()
            ),
            *run_scope.tag_problems(
                task_vars["ansible_run_tags"], task_vars["ansible_skip_tags"], self._task.tags
            ),
        ]


def _failure(problems: t.Sequence[str]) -> Result:
    return {"failed": True, "msg": "\n".join(problems)} if problems else {}
