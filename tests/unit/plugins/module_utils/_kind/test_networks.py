# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.networks import parse_networks

from .conftest import recorded

IPV6 = {"Subnet": "fc00:f853:ccd:e793::/64"}
IPV4 = {"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}
SMALL = {"Subnet": "10.0.3.0/24", "Gateway": "10.0.3.1"}


def docker(*pools: dict[str, str], **more: t.Any) -> dict[str, t.Any]:
    return {"Name": "kind", "IPAM": {"Config": list(pools)}, **more}


@pytest.mark.parametrize(
    ("documents", "subnets", "ipv4"),
    [
        (recorded("docker-network"), ["172.18.0.0/16", IPV6["Subnet"]], "172.18.0.0/16"),
        (recorded("podman-network"), ["fc00:f853:ccd:aaaa::/64", "10.89.0.0/24"], "10.89.0.0/24"),
        ([docker(IPV6, IPV4)], [IPV6["Subnet"], "172.18.0.0/16"], "172.18.0.0/16"),
        ([docker(SMALL, IPV4)], ["10.0.3.0/24", "172.18.0.0/16"], "10.0.3.0/24"),
        ([docker(IPV6)], [IPV6["Subnet"]], ""),
        ([{"Name": "kind", "IPAM": {"Config": None}}], [], ""),
        (
            [
                {
                    "name": "kind",
                    "plugins": [{"ipam": {"ranges": [[{"subnet": "10.89.1.0/24"}]]}}, {}],
                }
            ],
            ["10.89.1.0/24"],
            "10.89.1.0/24",
        ),
        # of two networks with one name, the one that is used
        ([docker(SMALL), docker(IPV4, Containers={"a": {}})], ["172.18.0.0/16"], "172.18.0.0/16"),
    ],
)
def test_subnets(documents: list[t.Any], subnets: list[str], ipv4: str) -> None:
    network = parse_networks(documents)
    assert network
    assert (network.name, list(network.subnets), network.ipv4) == ("kind", subnets, ipv4)


def test_gateways_and_containers_are_taken() -> None:
    network = parse_networks(recorded("docker-network"))
    assert network
    assert set(network.reserved) == {f"172.18.0.{number}" for number in range(1, 7)} | {
        f"fc00:f853:ccd:e793::{number}" for number in range(2, 7)
    }


def test_gateways_of_podman_are_taken() -> None:
    network = parse_networks(recorded("podman-network"))
    assert network
    assert set(network.reserved) == {"10.89.0.1", "fc00:f853:ccd:aaaa::1"}


def test_no_network() -> None:
    assert parse_networks([]) is None
