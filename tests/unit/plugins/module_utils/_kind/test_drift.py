# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.drift import (
    differences,
    label_changes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import ClusterSpec, NodeSpec

PLANE = NodeSpec("east-control-plane", "control-plane", {})
WORKER = NodeSpec("east-worker", "worker", {"zone": "a"})
REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"


def containers(*roles: str) -> list[Container]:
    return [Container(f"east-{role}", role, "running", "node:1") for role in roles]


BOTH = containers("control-plane", "worker")


def said(wanted: dict[str, t.Any], recorded: dict[str, t.Any], found: list[Container]) -> list[str]:
    base: dict[str, t.Any] = {"name": "east", "nodes": [PLANE, WORKER]}
    return [
        str(difference)
        for difference in differences(
            ClusterSpec(**base | wanted), ClusterSpec(**base | recorded), found
        )
    ]


@pytest.mark.parametrize(
    ("wanted", "recorded", "expected"),
    [
        ({}, {}, []),
        # what is not asked for stays as it was
        ({}, {"pod_subnet": "10.10.0.0/16", "api_server_port": 6443, "node_image": "x"}, []),
        (
            {"pod_subnet": "10.20.0.0/16"},
            {"pod_subnet": "10.10.0.0/16"},
            ["pod_subnet is 10.10.0.0/16 and should be 10.20.0.0/16"],
        ),
        # kind's defaults are known
        ({"pod_subnet": "10.244.0.0/16", "ip_family": "ipv4"}, {}, []),
        ({"ip_family": "dual"}, {}, ["ip_family is ipv4 and should be dual"]),
        ({"api_server_port": 6443}, {}, ["api_server_port is kind's choice and should be 6443"]),
        ({"node_image": "node:1"}, {}, []),
        ({"node_image": "node:2"}, {}, ["node_image is node:1 and should be node:2"]),
        (
            {"containerd_patches": []},
            {"containerd_patches": ["a"]},
            ["containerd_patches is ['a'] and should be []"],
        ),
        # these can be changed without a new cluster
        ({"registry_mirrors": {"a": ["b"]}}, {}, []),
        ({"nodes": [PLANE, NodeSpec("east-worker", "worker", {"zone": "b"})]}, {}, []),
        (
            {"nodes": [PLANE, NodeSpec("east-worker", "worker", {}, ports=[{"host_port": 1}])]},
            {},
            ["port_mappings of east-worker is [] and should be [{'host_port': 1}]"],
        ),
        (
            {},
            {"nodes": [PLANE, NodeSpec("east-worker", "worker", {}, mounts=[{"host_path": "/"}])]},
            ["extra_mounts of east-worker is [{'host_path': '/'}] and should be []"],
        ),
        ({"nodes": [PLANE]}, {}, ["node east-worker is worker and should be absent"]),
    ],
)
def test_differences(
    wanted: dict[str, t.Any], recorded: dict[str, t.Any], expected: list[str]
) -> None:
    assert said(wanted, recorded, BOTH) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (containers("control-plane"), ["node east-worker is absent and should be worker"]),
        (
            containers("control-plane", "worker", "worker2"),
            ["node east-worker2 is worker2 and should be absent"],
        ),
        (containers("control-plane", "worker", "external-load-balancer"), []),
    ],
)
def test_nodes_that_came_or_went(found: list[Container], expected: list[str]) -> None:
    assert said({}, {}, found) == expected


@pytest.mark.parametrize(
    ("wanted", "recorded", "found", "expected"),
    [
        ({}, {}, {"kubernetes.io/os": "linux"}, {}),
        ({ZONE: "a"}, {ZONE: "a"}, {ZONE: "a"}, {}),
        ({ZONE: "a"}, {}, {}, {ZONE: "a"}),
        ({ZONE: "a"}, {ZONE: "a"}, {ZONE: "b"}, {ZONE: "a"}),
        # ours and no longer wanted
        ({}, {"disk": "ssd"}, {"disk": "ssd"}, {"disk": None}),
        ({}, {"disk": "ssd"}, {}, {}),
        # a locality that somebody else set is in the way all the same
        ({ZONE: "a"}, {}, {REGION: "x", ZONE: "a"}, {REGION: None}),
        # other labels are other people's
        ({}, {}, {"disk": "ssd"}, {}),
        ({"role": ""}, {}, {}, {"role": ""}),
    ],
)
def test_label_changes(
    wanted: dict[str, str],
    recorded: dict[str, str],
    found: dict[str, str],
    expected: dict[str, str | None],
) -> None:
    assert label_changes(NodeSpec("east-worker", "worker", wanted), recorded, found) == expected
