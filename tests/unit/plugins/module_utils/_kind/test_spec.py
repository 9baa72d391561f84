# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import parse_spec

PORT = {"container_port": 30080, "host_port": 8080, "listen_address": "", "protocol": "TCP"}


def names(nodes: list[dict[str, t.Any]]) -> list[str]:
    return [node.name for node in parse_spec({"name": "east", "nodes": nodes}).nodes]


def test_control_plane_is_added_in_front() -> None:
    assert names([{"role": "worker"}, {}]) == ["east-control-plane", "east-worker", "east-worker2"]
    assert names([]) == ["east-control-plane"]


def test_listed_control_planes_stay_where_they_are() -> None:
    assert names([{"role": "worker"}, {"role": "control-plane"}, {"role": "control-plane"}]) == [
        "east-worker",
        "east-control-plane",
        "east-control-plane2",
    ]


def test_labels() -> None:
    node = {"region": "east", "zone": "zone1", "subzone": "rack1", "labels": {"disk": "ssd"}}
    assert parse_spec({"name": "east", "nodes": [node]}).nodes[1].labels == {
        "topology.kubernetes.io/region": "east",
        "topology.kubernetes.io/zone": "zone1",
        "topology.istio.io/subzone": "rack1",
        "disk": "ssd",
    }


def test_names_may_be_said_when_they_are_right() -> None:
    assert names([{"name": "east-worker"}, {"name": None}, {"name": ""}])[1] == "east-worker"
    with pytest.raises(InvalidInput, match="'big' has to be 'east-worker2'"):
        names([{}, {"name": "big"}])


def test_mirrors_may_be_one_or_several() -> None:
    options = {
        "name": "east",
        "registry_mirrors": {"quay.io": "http://a:5000", "gcr.io": ["https://b"]},
    }
    mirrors = parse_spec(options).registry_mirrors
    assert mirrors == {"quay.io": ["http://a:5000"], "gcr.io": ["https://b"]}


def test_mount_of_what_is_there(tmp_path: Path) -> None:
    mount = {"host_path": str(tmp_path), "container_path": "/mnt"}
    spec = parse_spec({"name": "east", "nodes": [{"extra_mounts": [mount]}]})
    assert spec.nodes[1].mounts == [mount]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "East"}, "name: 'East' cannot be"),
        ({"name": "a_b"}, "name: 'a_b' cannot be"),
        ({"name": "-east"}, "name: '-east' cannot be"),
        ({"name": "x" * 51}, "up to 50 lower case"),
        ({"pod_subnet": "10.10.0.0"}, None),
        ({"pod_subnet": "10.10.0.1/16"}, "pod_subnet: '10.10.0.1/16' is no subnet"),
        ({"service_subnet": "ten"}, "service_subnet: 'ten' is no subnet"),
        ({"pod_subnet": "fd00::/64"}, "does not go with ip_family=ipv4"),
        ({"pod_subnet": "10.1.0.0/16", "ip_family": "ipv6"}, "does not go with ip_family=ipv6"),
        ({"pod_subnet": "10.1.0.0/16,10.2.0.0/16"}, "dual takes one subnet of each"),
        ({"pod_subnet": "10.1.0.0/16,fd00::/64", "ip_family": "dual"}, None),
        ({"api_server_address": "localhost"}, "api_server_address: 'localhost' is no address"),
        ({"api_server_address": "::1"}, None),
        ({"registry_mirrors": {"quay.io": "mirror:5000"}}, "'mirror:5000' of quay.io has to begin"),
        ({"registry_mirrors": {"quay.io": ["https://a", "ftp://b"]}}, "'ftp://b' of quay.io"),
        ({"nodes": [{"role": "boss"}]}, "role is 'boss'"),
        (
            {"nodes": [{"extra_mounts": [{"host_path": "/no/such", "container_path": "/x"}]}]},
            "host_path '/no/such' does not exist",
        ),
        (
            {"nodes": [{"port_mappings": [PORT]}, {"port_mappings": [PORT]}]},
            "host_port 8080 of east-worker2 is taken by east-worker",
        ),
        ({"nodes": [{"port_mappings": [PORT, {**PORT, "protocol": "UDP"}]}]}, None),
        ({"nodes": [{"port_mappings": [{**PORT, "host_port": 0}] * 2}]}, None),
    ],
)
def test_bad_input(options: dict[str, t.Any], message: str | None) -> None:
    options = {"name": "east", **options}
    if message is None:
        assert parse_spec(options).name == "east"
        return
    with pytest.raises(InvalidInput) as caught:
        parse_spec(options)
    assert message in str(caught.value)


INVENTORIES = Path(__file__).parents[5] / "inventories"


@pytest.mark.parametrize("cluster", ["east-west/east", "three-clusters/c1", "three-clusters/c2"])
def test_the_inventories_clusters_can_be_made(cluster: str) -> None:
    inventory, name = cluster.split("/")
    path = INVENTORIES / inventory / "host_vars" / name / "cluster.yml"
    nodes = yaml.safe_load(path.read_text(encoding="utf-8"))["cluster_nodes"]
    assert len(parse_spec({"name": name, "nodes": nodes}).nodes) == 1 + len(nodes)
