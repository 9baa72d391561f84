# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.run_scope import (
    inventory_problems,
    tag_problems,
)


def test_clusters() -> None:
    assert list(inventory_problems({"clusters": ["east"]}, ["/i"])) == []
    assert list(inventory_problems({"all": [], "ungrouped": []}, ["/i/east-wst"])) == [
        "no host is in the group clusters: looked for it in the inventory /i/east-wst. It has the"
        " hosts: none, and the groups: none. Give the path of an inventory whose group clusters has"
        " a host for each cluster, such as -i inventories/east-west"
    ]
    (renamed,) = inventory_problems({"all": ["a"], "ungrouped": [], "cluster": ["a"]}, ["/i"])
    assert "It has the hosts: a, and the groups: cluster." in renamed
    (none,) = inventory_problems({"all": [], "clusters": []}, [])
    assert "looked for it in an inventory (option -i)." in none


@pytest.mark.parametrize(
    ("run", "skip", "tags", "problem"),
    [
        (["all"], [], ["always"], ""),
        (["untagged"], [], ["always"], ""),
        (["all"], ["slow"], ["always"], ""),
        # as the playbook of a user imports it
        (["lab"], [], ["always", "lab"], ""),
        (["tagged"], [], ["always", "lab"], ""),
        (["proof"], [], ["always"], "--tags proof"),
        (["always"], [], ["always"], "--tags always"),
        (["tagged"], [], ["always"], "--tags tagged"),
        (["proof"], [], ["always", "lab"], "--tags proof"),
        (["untagged"], [], ["always", "lab"], "--tags untagged"),
        (["all"], ["untagged"], ["always"], "--skip-tags untagged"),
        (["all"], ["lab"], ["always", "lab"], "--skip-tags lab"),
        (["all"], ["tagged"], ["always", "lab"], "--skip-tags tagged"),
    ],
)
def test_tags(run: list[str], skip: list[str], tags: list[str], problem: str) -> None:
    found = list(tag_problems(run, skip, tags))
    assert found == (
        [f"{problem} leaves no task of this playbook to run; its tasks have no tags"]
        if problem
        else []
    )
