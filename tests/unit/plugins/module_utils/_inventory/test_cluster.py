# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.cluster import (
    cluster_problems,
    subnet_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab

HOST = {
    "cluster_provider": "loopback",
    "cluster_state": "present",
    "cluster_nodes": [{}],
    "cluster_kubeconfig": "/lab/kubeconfig",
    "mesh_lab": "lab",
    "mesh_lab_directory": "~/lab",
}


def problems(name: str = "east", **host: t.Any) -> list[str]:
    return list(cluster_problems(Lab({name: {**HOST, **host}}, [name]), name))


@pytest.mark.parametrize(
    "host",
    [
        {},
        {"cluster_provider": "existing", "name": "East_1", "cluster_nodes": []},
        {"cluster_provider": "kind"},
        {"mesh_lab_directory": "/lab", "name": "a.b-c"},
        # a deletion needs no nodes
        {"cluster_state": "absent", "cluster_nodes": [{"role": "king"}]},
        {"cluster_state": "absent", "cluster_provider": "kind", "cluster_kubeconfig": ""},
    ],
)
def test_good(host: dict[str, t.Any]) -> None:
    assert problems(**host) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (
            {"cluster_provider": "k3s"},
            "mesh_provider is 'k3s'; choose loopback, kind or existing",
        ),
        (
            {"mesh_lab": "a/b"},
            "mesh_lab is 'a/b'; choose a name that a directory can have, without /",
        ),
        (
            {"mesh_lab": ".."},
            "mesh_lab is '..'; choose a name that a directory can have, without /",
        ),
        ({"mesh_lab_directory": "lab"}, "mesh_lab_directory is 'lab'; write a whole path"),
        (
            {"name": "East_1"},
            "the host 'East_1' is a cluster; give it a name of lower-case letters, digits, - and .",
        ),
        ({"cluster_nodes": []}, "cluster_nodes of east lists no worker"),
        ({"cluster_nodes": [{"role": "control-plane"}]}, "cluster_nodes of east lists no worker"),
        (
            {"cluster_nodes": [{"role": "king"}]},
            "cluster_nodes of east: role is 'king'; choose worker or control-plane",
        ),
        (
            {"cluster_nodes": [{"name": "a"}, {"name": "a"}]},
            "cluster_nodes of east: a is listed twice",
        ),
        (
            {"cluster_provider": "kind", "cluster_kubeconfig": ""},
            "cluster_kubeconfig is empty; name a file that the cluster is to be written to",
        ),
    ],
)
def test_bad(host: dict[str, t.Any], expected: str) -> None:
    assert problems(**host) == [expected]


def overlaps(east: dict[str, t.Any], west: dict[str, t.Any]) -> list[str]:
    return list(subnet_overlaps(Lab({"east": east, "west": west}, ["east"])))


def test_subnets() -> None:
    pods, services = "10.10.0.0/16", "10.255.10.0/24"
    east = {"cluster_pod_subnet": pods, "cluster_service_subnet": services}
    assert overlaps(east, {}) == []
    assert overlaps(east, {"cluster_pod_subnet": "10.10.9.0/24"}) == [
        "10.10.0.0/16 of east and 10.10.9.0/24 of west overlap;"
        " change cluster_pod_subnet or cluster_service_subnet"
    ]
    assert overlaps(east, {**east, "cluster_state": "absent"}) == []
    assert len(overlaps(east, east)) == 2
    # IPv4 and IPv6, as kind takes both
    both = {"cluster_pod_subnet": f"{pods},fd00:10::/56"}
    assert overlaps(both, {"cluster_pod_subnet": "10.20.0.0/16,fd00:20::/56"}) == []
    assert len(overlaps(both, {"cluster_pod_subnet": "10.20.0.0/16,fd00:10::/64"})) == 1
    assert "'all' is neither a subnet" in overlaps(east, {"cluster_pod_subnet": "all"})[0]
