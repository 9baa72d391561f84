# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.variables import (
    unknown_variables,
    value_problems,
)

SPEC = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "replicas": {"type": "int"},
        "share": {"type": "float"},
        "on": {"type": "bool"},
        "mode": {"type": "str", "choices": ["", "local", "remote"]},
        "labels": {"type": "dict"},
        "ports": {"type": "list", "elements": "str"},
        "anything": {"type": "raw"},
    },
}


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"replicas": 0, "share": 0.5, "on": False, "mode": "local"},
        # as -e and templates give them
        {"replicas": "2", "share": "0.5", "on": "yes", "mode": ""},
        {"replicas": None, "labels": {"a": 1}, "ports": [], "anything": {"x": -1}},
    ],
)
def test_good_values(item: dict[str, t.Any]) -> None:
    assert list(value_problems("v", SPEC, [{"name": "x", **item}])) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "v is 'x'; write a list"),
        ({"name": "x"}, "v is {'name': 'x'}; write a list"),
        (["x"], "v[0] is 'x'; write a mapping"),
        ([{}], "v[0] lacks the field 'name'"),
        ([{"name": ["x"]}], "v[0].name is ['x']; write a text"),
        ([{"name": "x", "replicas": -1}], "v[0].replicas is -1; write 0 or more"),
        ([{"name": "x", "replicas": "two"}], "v[0].replicas is 'two'; write a whole number"),
        ([{"name": "x", "replicas": 1.5}], "v[0].replicas is 1.5; write a whole number"),
        ([{"name": "x", "replicas": True}], "v[0].replicas is True; write a whole number"),
        ([{"name": "x", "share": "80%"}], "v[0].share is '80%'; write a number"),
        ([{"name": "x", "on": "maybe"}], "v[0].on is 'maybe'; write true or false"),
        ([{"name": "x", "mode": "far"}], "v[0].mode is 'far'; choose '' or local or remote"),
        ([{"name": "x", "ports": "http"}], "v[0].ports is 'http'; write a list"),
        ([{"name": "x", "replica": 1}], "v[0] has no field 'replica'; did you mean replicas?"),
        (
            [{"name": "x", "zzz": 1}],
            "v[0] has no field 'zzz'; it has anything, labels, mode, name, on, ports, replicas, share",
        ),
    ],
)
def test_bad_values(value: t.Any, expected: str) -> None:
    assert list(value_problems("v", SPEC, value)) == [expected]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cluster_node", "cluster_nodes"),
        ("cluster_nodse", "cluster_nodes"),
        ("mesh_netwrok", "mesh_network"),
        # known, a fact, another prefix, not much alike
        ("cluster_nodes", ""),
        ("cluster_regions", ""),
        ("my_cluster_node", ""),
        ("cluster_owner", ""),
    ],
)
def test_misspelt(name: str, meant: str) -> None:
    known = ["cluster_nodes", "cluster_region", "mesh_network"]
    found = unknown_variables([name], known, ["cluster_regions"])
    assert [meant] * bool(meant) == [each.split("did you mean ")[1].split("?")[0] for each in found]
    assert all(each.startswith(f"{name} is no variable") for each in found)
