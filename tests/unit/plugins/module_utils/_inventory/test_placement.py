# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.placement import (
    node_selector,
    unplaced_workloads,
)

NODES = [
    {"role": "control-plane", "region": "east", "zone": "zone0"},
    {"region": "east", "zone": "zone1", "labels": {"disk": "fast"}},
    {"region": "east", "zone": "zone2"},
]
THERE = "its zones: east/zone1, east/zone2"


@pytest.mark.parametrize(
    ("workload", "finding"),
    [
        ({}, ""),
        ({"zone": "zone2"}, ""),
        ({"region": "east", "zone": "zone1"}, ""),
        ({"zone": "zone1", "node_selector": {"disk": "fast"}}, ""),
        ({"zone": "zone9"}, f"is in zone 'zone9'; {THERE}"),
        ({"region": "west"}, f"is in region 'west'; {THERE}"),
        ({"region": "west", "zone": "zone1"}, f"is in zone 'west/zone1'; {THERE}"),
        # pods do not run on the control plane
        ({"zone": "zone0"}, f"is in zone 'zone0'; {THERE}"),
        # each label is on a node, but not both on one
        (
            {"zone": "zone2", "node_selector": {"disk": "fast"}},
            f"is labelled topology.kubernetes.io/zone=zone2, disk=fast; {THERE}",
        ),
    ],
)
def test_placement(workload: dict[str, t.Any], finding: str) -> None:
    workload = {"name": "web", "namespace": "sample", **workload}
    expected = [f"workload sample/web: no node of cluster c {finding}"] if finding else []
    assert unplaced_workloads([workload], NODES, "c") == expected


def test_every_workload_is_judged_by_its_own_selector() -> None:
    workloads = [
        {"name": name, "namespace": "n", "zone": name} for name in ("zone1", "a", "zone2", "b")
    ]
    findings = unplaced_workloads(workloads, NODES, "c")
    assert [finding.split(":")[0] for finding in findings] == ["workload n/a", "workload n/b"]


def test_unknown_nodes() -> None:
    assert unplaced_workloads([{"name": "web", "zone": "zone9"}], [], "c") == []


def test_no_zones() -> None:
    (finding,) = unplaced_workloads([{"name": "web", "namespace": "n", "zone": "z"}], [{}], "c")
    assert finding.endswith("its zones: none")


def test_node_selector() -> None:
    workload = {"region": "east", "zone": 1, "node_selector": {"disk": "fast"}}
    assert node_selector(workload) == {
        "topology.kubernetes.io/region": "east",
        "topology.kubernetes.io/zone": "1",
        "disk": "fast",
    }
    assert node_selector({"zone": ""}) == {}
