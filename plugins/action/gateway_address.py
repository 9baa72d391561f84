# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the address of a gateway, as the machine that runs the playbook resolves it."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.name_resolution import addresses
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.gateway_address import (
    gateway_address,
)

Result: t.TypeAlias = dict[str, t.Any]

_RETRY_S = 5.0


class ActionModule(ActionBase):
    """Does all of the work; the module of the same name has the documentation."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("objects", "port", "node_addresses", "wait_timeout"))

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            {
                "objects": {"type": "list", "elements": "dict", "required": True},
                "port": {"type": "int", "required": True},
                "node_addresses": {"type": "list", "elements": "str", "default": []},
                "wait_timeout": {"type": "int", "default": 180},
            }
        )
        try:
            found = gateway_address(options["objects"], options["port"], options["node_addresses"])
            resolved = _resolve(found.host, options["wait_timeout"])
        except MeshError as exc:
            if self._task.check_mode:
                # no task before this one made the Service or its load balancer
                return {**result, "changed": False, "address": "", "addresses": [], "port": 0}
            return {**result, "failed": True, "msg": str(exc)}
        return {
            **result,
            "changed": False,
            "address": found.host,
            "addresses": resolved,
            "port": found.port,
        }


def _resolve(host: str, timeout: float) -> list[str]:
    """Look up a host name; those of new load balancers take their time to be known."""
    deadline = time.monotonic() + timeout
    while host and not (found := addresses(host)):
        if time.monotonic() > deadline:
            raise MeshError(
                f"the gateway's host name {host} does not resolve on this machine after"
                f" {timeout:g} s; check its DNS record, or raise gateway_wait_timeout"
            )
        time.sleep(_RETRY_S)
    return found if host else []
