# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a playbook has clusters and tasks to run: with none, Ansible ends with status 0."""

from __future__ import annotations

import typing as t

# groups that every inventory has
_IMPLICIT = ("all", "ungrouped")


def inventory_problems(
    groups: t.Mapping[str, t.Sequence[str]], sources: t.Sequence[str]
) -> t.Iterator[str]:
    """Describe an inventory without hosts in the group ``clusters``."""
    if groups.get("clusters"):
        return
    where = f"the inventory {', '.join(sources)}" if sources else "an inventory (option -i)"
    hosts = ", ".join(groups.get("all") or ()) or "none"
    named = ", ".join(name for name in groups if name not in _IMPLICIT) or "none"
    yield (
        f"no host is in the group clusters: looked for it in {where}. It has the hosts: {hosts},"
        f" and the groups: {named}. Give the path of an inventory whose group clusters has a host"
        " for each cluster, such as -i inventories/east-west"
    )


def tag_problems(
    run_tags: t.Collection[str], skip_tags: t.Collection[str], tags: t.Collection[str]
) -> t.Iterator[str]:
    """Describe tags that leave no task to run; ``tags`` are those of the playbook's import."""
    own = set(tags) - {"always"}
    chosen = set(run_tags)
    runs = "all" in chosen or chosen & own or ("tagged" if own else "untagged") in chosen
    skipped = set(skip_tags) & (own or {"untagged"})
    if not runs or skipped or ("tagged" in skip_tags and own):
        option = "--skip-tags" if runs else "--tags"
        given = ",".join(sorted(skip_tags if runs else run_tags))
        yield f"{option} {given} leaves no task of this playbook to run; its tasks have no tags"
