# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a play's hosts, as Ansible would template them in a task of each host."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import role_specs
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    NotYetKnown,
)
from jinja2 import Undefined
from jinja2.exceptions import TemplateError

Values: t.TypeAlias = dict[str, t.Any]


class HostVariables(t.Mapping[str, t.Any]):
    """Templates a host's variables when they are read; completes them with documented defaults."""

    def __init__(self, templar: t.Any, values: Values) -> None:
        self._templar = templar.copy_with_new_env(available_variables=values)
        self._values = values
        self._read: Values = {}

    def __getitem__(self, name: str) -> t.Any:
        if name not in self._values:
            return role_specs.defaults()[name]
        if name not in self._read:
            self._read[name] = self._template(name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in role_specs.defaults()

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _template(self, name: str) -> t.Any:
        try:
            value = self._templar.template(self._values[name])
        except (AnsibleError, TemplateError) as exc:
            raise NotYetKnown(f"{name}: {exc}") from exc
        if isinstance(value, Undefined):
            raise NotYetKnown(name)
        return value


def connections(lab: Lab) -> dict[str, Values]:
    """Return the connection of each cluster, as modules take it; none without the role mesh."""
    return {
        name: dict(host["mesh_connection"])
        for name, host in lab.clusters.items()
        if "mesh_connection" in host
    }


def resolve_peers(action: ActionBase, arguments: Values, task_vars: Values) -> Values:
    """Replace the names of hosts in the option ``peers`` by the connections of those hosts."""
    peers = arguments.get("peers") or ()
    if not any(isinstance(peer, str) for peer in peers):
        return arguments
    known = connections(read_lab(action, task_vars))
    unknown = [peer for peer in peers if isinstance(peer, str) and peer not in known]
    if unknown:
        raise AnsibleActionFail(
            f"peers: {', '.join(unknown)}: no host of the group clusters with the variables of the"
            " role mesh; write a mapping with cluster, kubeconfig and context"
        )
    return {**arguments, "peers": [known[p] if isinstance(p, str) else p for p in peers]}


def read_lab(action: ActionBase, task_vars: Values) -> Lab:
    """Return the lab of the group ``clusters``; without such a group, the task's host alone."""
    own = str(task_vars["inventory_hostname"])
    names = task_vars.get("groups", {}).get("clusters") or [own]
    play, task = action._task.get_play(), action._task
    manager = task.get_variable_manager()
    hosts = task_vars["hostvars"]._inventory
    values = {
        # loops and included files have variables that only the task itself knows
        name: task_vars
        if name == own
        else manager.get_vars(play=play, host=hosts.get_host(name), task=task)
        for name in dict.fromkeys([*names, *([] if own in names else [own])])
    }
    return Lab(
        {name: HostVariables(action._templar, given) for name, given in values.items()},
        [name for name in values if name in task_vars.get("ansible_play_hosts_all", [own])],
        check_mode=bool(task.check_mode),
    )
