# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import (
    named_nodes,
    shared_zones,
    zones,
)


@pytest.mark.parametrize(
    ("nodes", "names"),
    [
        ([], []),
        ([{}, {}, {}], ["east-worker", "east-worker2", "east-worker3"]),
        (
            [{"role": "control-plane"}, {}, {"role": "control-plane"}, {"role": "worker"}],
            ["east-control-plane", "east-worker", "east-control-plane2", "east-worker2"],
        ),
        # a name of its own does not shift those of the others
        ([{"name": "c1n1"}, {}], ["c1n1", "east-worker2"]),
    ],
)
def test_names(nodes: list[dict[str, t.Any]], names: list[str]) -> None:
    assert [node["name"] for node in named_nodes(nodes, "east")] == names


def test_all_fields() -> None:
    nodes = [{"region": "east", "zone": "zone1", "labels": {"disk": "fast", "rank": 1}}]
    assert named_nodes(nodes, "east") == [
        {
            "name": "east-worker",
            "role": "worker",
            "region": "east",
            "zone": "zone1",
            "subzone": "",
            "labels": {
                "topology.kubernetes.io/region": "east",
                "topology.kubernetes.io/zone": "zone1",
                "disk": "fast",
                "rank": "1",
            },
        }
    ]


def test_subzone_label() -> None:
    (node,) = named_nodes([{"subzone": "rack1"}], "east")
    assert node["labels"] == {"topology.istio.io/subzone": "rack1"}


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (
            [{"role": "master"}],
            "cluster_nodes of east: role is 'master'; choose worker or control-plane",
        ),
        ([{"name": "east-worker2"}, {}], "east-worker2 is listed twice"),
    ],
)
def test_errors(nodes: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        named_nodes(nodes, "east")


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (
            [{"region": "r", "zone": "a"}, {"region": "r", "zone": "a"}, {"zone": "b"}],
            ["r/a", "/b"],
        ),
        ([{"region": "r"}, {}], []),
    ],
)
def test_zones(nodes: list[dict[str, t.Any]], expected: list[str]) -> None:
    assert zones(nodes) == expected


def test_shared_zones() -> None:
    clusters = {
        "c1": [{"region": "r1", "zone": "z1"}, {"region": "r1", "zone": "z1"}],
        # the same zone name in another region is another zone
        "c2": [{"region": "r2", "zone": "z1"}, {"region": "r1", "zone": "z2"}],
        "c3": [{"region": "r1", "zone": "z2"}, {"region": "r2", "zone": "z1"}],
    }
    assert shared_zones(clusters) == {"r2/z1": ["c2", "c3"], "r1/z2": ["c2", "c3"]}
