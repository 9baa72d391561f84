# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.address_pools import (
    missing_pools,
    pool_manifests,
    pool_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab

HOST = {
    "metallb_pools": [],
    "metallb_namespace": "metallb-system",
    "metallb_pool_name": "east",
    "metallb_install": True,
    "metallb_network_subnets": ["172.18.0.0/16"],
    "metallb_network_reserved": [],
}


def pool(*addresses: str) -> dict[str, t.Any]:
    return {"name": "own", "addresses": list(addresses)}


def build(*, check_mode: bool = False, **host: t.Any) -> list[dict[str, t.Any]]:
    return pool_manifests(Lab({"east": {**HOST, **host}, "west": {}}, ["east"], check_mode), "east")


def test_carved_pool() -> None:
    pools, advertisement = build()
    assert (pools["kind"], pools["metadata"]["name"]) == ("IPAddressPool", "east")
    assert pools["spec"] == {"addresses": ["172.18.64.0/18"]}
    assert advertisement["kind"] == "L2Advertisement"
    assert advertisement["spec"] == {"ipAddressPools": ["east"]}


def test_pools_of_the_inventory() -> None:
    pools, advertisement = build(metallb_pools=[pool("192.0.2.0/28")], metallb_network_subnets=[])
    assert pools["spec"] == {"addresses": ["192.0.2.0/28"]}
    assert advertisement["spec"] == {"ipAddressPools": ["own"]}


@pytest.mark.parametrize("install", [False, "false"])
def test_namespace_of_a_metallb_that_others_installed(install: t.Any) -> None:
    assert [obj["kind"] for obj in build(metallb_install=install)] == [
        "Namespace",
        "IPAddressPool",
        "L2Advertisement",
    ]


def test_no_network() -> None:
    with pytest.raises(
        InvalidInput, match="load balancers of east could have: run the role cluster"
    ):
        build(metallb_network_subnets=[])
    assert build(metallb_network_subnets=[], check_mode=True) == []


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ({"mesh_provider": "existing", "metallb_enabled": True}, True),
        ({"mesh_provider": "existing", "metallb_enabled": "false"}, False),
        ({"mesh_provider": "kind", "metallb_enabled": True}, False),
        (
            {
                "mesh_provider": "existing",
                "metallb_enabled": True,
                "metallb_pools": [pool("192.0.2.0/28")],
            },
            False,
        ),
    ],
)
def test_a_cluster_that_exists_needs_pools(host: dict[str, t.Any], problem: bool) -> None:
    lab = Lab({"east": {**HOST, "metallb_network_subnets": [], **host}}, ["east"])
    assert bool([*missing_pools(lab, "east")]) == problem


@pytest.mark.parametrize(
    ("east", "west", "expected"),
    [
        ([], [], []),
        ([pool("192.0.2.0/28")], [pool("192.0.2.16/28")], []),
        (
            [pool("192.0.2.0/28", "192.0.2.40")],
            [pool("192.0.2.8-192.0.2.50")],
            [
                "metallb_pools overlap: 192.0.2.0/28 of east and 192.0.2.8-192.0.2.50 of west;"
                " 192.0.2.40 of east and 192.0.2.8-192.0.2.50 of west."
                " Give every cluster addresses of its own"
            ],
        ),
        (
            [pool("all")],
            [],
            [
                "metallb_pools: 'all' is neither a subnet (10.0.0.0/24), a range"
                " (10.0.0.1-10.0.0.9) nor an address"
            ],
        ),
    ],
)
def test_overlaps(east: list[t.Any], west: list[t.Any], expected: list[str]) -> None:
    lab = Lab({"east": {"metallb_pools": east}, "west": {"metallb_pools": west}}, ["east"])
    assert list(pool_overlaps(lab)) == expected
