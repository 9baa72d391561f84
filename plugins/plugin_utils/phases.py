# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the phase that a task belongs to."""

from __future__ import annotations

import typing as t

from ansible.playbook.role_include import IncludeRole
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.journal import Step
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.reason import label

# what Ansible gives to a copy of the task that includes others
_ITEM = "_ansible_item_label"


def phase_step(task: t.Any, prefix: str = "") -> Step:
    """Return the task with its phase: the outermost role that it is in, or the task itself.

    ``prefix`` comes before the task's own name.
    """
    title = f"{prefix}{(task.name or task.get_name()).strip()}"
    outermost, node = None, task
    while node is not None:
        if isinstance(node, IncludeRole):
            outermost = node
        node = getattr(node, "_parent", None)
    role = _outermost_role(outermost or task)
    if role is not None:
        return Step(str(role._uuid), f"role {role.get_name()}", title)
    if outermost is not None:
        return Step(str(outermost._uuid), _name(outermost), title)
    return Step(str(task._uuid), title, title)


def included_items(task: t.Any) -> list[str]:
    """Return what the items are called for which loops included the task, the innermost first."""
    items, node = [], task
    while (node := getattr(node, "_parent", None)) is not None:
        if _ITEM in (node.vars or {}):
            items.append(label(node.vars))
    return items


def action_name(task: t.Any) -> str:
    """Return the full name of a task's action, without the collection for those of Ansible itself."""
    name = str(getattr(task, "resolved_action", None) or task.action)
    return name.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.")


def _outermost_role(task: t.Any) -> t.Any:
    chain = task.get_dep_chain()
    return chain[0] if chain else task._role


def _name(include: t.Any) -> str:
    """Return the name of a task that includes a role; one that is a template says nothing yet."""
    name = include.name or ""
    return name if name and "{{" not in name else f"role {include._role_name}"
