# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints of other networks behind gateways."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.split_horizon import (
    MAX_WEIGHT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)

GATEWAYS = [
    NetworkGateway("net1", "1.1.1.1", cluster="cluster1a"),
    NetworkGateway("net2", "2.2.2.2", cluster="cluster2a"),
    NetworkGateway("net2", "2.2.2.20", cluster="cluster2b"),
    NetworkGateway("net2", "2.2.2.21", cluster="cluster2b"),
    NetworkGateway("net3", "3.3.3.3"),
]
ENDPOINTS = [
    Endpoint("10.0.0.1", network="net1", cluster="cluster1a"),
    Endpoint("10.0.0.2", network="net1", cluster="cluster1b"),
    Endpoint("10.0.0.3", network="net1", cluster="cluster1a", mtls=False),
    Endpoint("20.0.0.1", network="net2", cluster="cluster2a"),
    Endpoint("20.0.0.2", network="net2", cluster="cluster2b"),
    Endpoint("20.0.0.3", network="net2", cluster="cluster2b"),
    Endpoint("40.0.0.1", network="net4"),
]
NET1 = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
NET2 = ["20.0.0.1", "20.0.0.2", "20.0.0.3"]
NET2_GATEWAYS = ["2.2.2.2", "2.2.2.20", "2.2.2.21"]
NET4 = ["40.0.0.1"]


def seen(
    client: Client,
    endpoints: t.Sequence[Endpoint],
    gateways: t.Sequence[NetworkGateway] = tuple(GATEWAYS),
) -> Assignment:
    return build_load_assignment(client, endpoints, Policy(), gateways)


def weights(assignment: Assignment) -> dict[str, int]:
    return {each.address: each.weight for group in assignment.groups for each in group.endpoints}


def sixes(*addresses: str) -> dict[str, int]:
    return dict.fromkeys(addresses, 6)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("net1", sixes(*NET1, *NET2_GATEWAYS, *NET4)),
        ("net2", sixes(*NET2, *NET4) | {"1.1.1.1": 12}),
        ("net3", sixes(*NET2_GATEWAYS, *NET4) | {"1.1.1.1": 12}),
        ("net4", sixes(*NET4, *NET2_GATEWAYS) | {"1.1.1.1": 12}),
    ],
)
def test_gateways_weigh_what_is_behind_them(network: str, expected: dict[str, int]) -> None:
    assignment = seen(Client(network=network), ENDPOINTS)
    assert weights(assignment) == expected
    assert [group.weight for group in assignment.groups] == [sum(expected.values())]


@pytest.mark.parametrize(
    ("network", "expected"),
    [("net1", sixes(*NET1, *NET4)), ("net2", sixes(*NET2, *NET4)), ("net3", sixes(*NET4))],
)
def test_without_mtls_no_gateway_is_used(network: str, expected: dict[str, int]) -> None:
    plain = [replace(each, mtls=False) for each in ENDPOINTS]
    assignment = seen(Client(network=network), plain)
    assert weights(assignment) == expected
    assert {why.partition(",")[0] for _unused, why in assignment.dropped} == {
        "it does not speak mTLS"
    }


def test_a_client_without_network_uses_gateways() -> None:
    endpoints = [
        Endpoint("3.3.3.3", network="elsewhere"),
        Endpoint("10.10.10.10", network="net-1"),
        Endpoint("", network="net-2"),
        Endpoint(""),
    ]
    gateways = [NetworkGateway("net-1", "1.1.1.1"), NetworkGateway("net-2", "2.2.2.2")]
    assignment = seen(Client(), endpoints, gateways)
    assert weights(assignment) == {"3.3.3.3": 1, "1.1.1.1": 1, "2.2.2.2": 1}
    assert [why for _unused, why in assignment.dropped] == [
        "it has no address, and no gateway leads to it"
    ]


@pytest.mark.parametrize(
    ("families", "gateways", "expected"),
    [
        ({4}, ["2.2.2.2", "2001:db8:2::1"], {"2.2.2.2": 2}),
        ({6}, ["2.2.2.2", "2001:db8:2::1"], {"2001:db8:2::1": 2}),
        ({4, 6}, ["2.2.2.2", "2001:db8:2::1"], {"2.2.2.2": 1, "2001:db8:2::1": 1}),
        (set(), ["2.2.2.2", "2001:db8:2::1"], {"2.2.2.2": 1, "2001:db8:2::1": 1}),
        ({4}, ["2001:db8:2::1"], {}),
    ],
)
def test_address_families(
    families: set[int], gateways: list[str], expected: dict[str, int]
) -> None:
    client = Client(network="n1", ip_families=frozenset(families))
    known = [NetworkGateway("n2", address) for address in gateways]
    assert weights(seen(client, [Endpoint("10.0.0.1", network="n2")], known)) == expected


FOUR_NETWORKS = [
    Endpoint(f"10.0.{network}.{number}", network=f"net{network}")
    for network in (1, 2, 3, 4)
    for number in range(network)
]
FOUR_GATEWAYS = [
    NetworkGateway("net1", "159.122.219.1"),
    NetworkGateway("net2", "159.122.219.2"),
    NetworkGateway("net3", "159.122.219.3"),
    NetworkGateway("net3", "179.114.119.3"),
]
LAST = {f"10.0.4.{number}": 2 for number in range(4)}
THIRD = {"159.122.219.3": 3, "179.114.119.3": 3}


@pytest.mark.parametrize(
    ("network", "local", "expected"),
    [
        ("net1", 1, {"159.122.219.2": 4} | THIRD | LAST),
        ("net2", 2, {"159.122.219.1": 2} | THIRD | LAST),
        ("net3", 3, {"159.122.219.1": 2, "159.122.219.2": 4} | LAST),
        ("net4", 0, {"159.122.219.1": 2, "159.122.219.2": 4} | THIRD | LAST),
    ],
)
def test_four_networks(network: str, local: int, expected: dict[str, int]) -> None:
    direct = {f"10.0.{network[-1]}.{number}": 2 for number in range(local)}
    found = weights(seen(Client(network=network), FOUR_NETWORKS, FOUR_GATEWAYS))
    assert found == direct | expected


def test_endpoints_without_address() -> None:
    endpoints = [
        Endpoint("1.2.3.4", network="net-1"),
        Endpoint("", network="net-1"),
        Endpoint("", network="net-2"),
        Endpoint("", network="net-2"),
        Endpoint("", network="no-gateway"),
    ]
    gateways = [NetworkGateway("net-2", "2.2.2.2")]
    assignment = seen(Client(network="net-1"), endpoints, gateways)
    assert weights(assignment) == {"1.2.3.4": 1, "2.2.2.2": 2}
    assert [group.weight for group in assignment.groups] == [3]


def test_network_view() -> None:
    endpoints = [
        Endpoint("a", locality="r1/z1/s1", network="nw-0", weight=30),
        Endpoint("b", locality="r1/z1/s1", network="nw-1", weight=30),
        Endpoint("c", locality="r2", weight=40),
        Endpoint("d", locality="r3", network="filtered-out", weight=30),
    ]
    client = Client(network_view=frozenset({"nw-0", "nw-1"}))
    assignment = seen(client, endpoints, ())
    assert [(group.locality, group.weight) for group in assignment.groups] == [
        ("r1/z1/s1", 60),
        ("r2", 40),
    ]
    assert [(each.address, why) for each, why in assignment.dropped] == [
        ("d", "the client's network view leaves out network filtered-out")
    ]


def test_a_group_that_loses_everything_stays_empty() -> None:
    endpoints = [
        Endpoint("a", locality="east", network="n1"),
        Endpoint("b", locality="west", network="n2", mtls=False),
    ]
    assignment = seen(Client(network="n1"), endpoints, [NetworkGateway("n2", "9.9.9.9")])
    assert [
        (group.locality, group.weight, len(group.endpoints)) for group in assignment.groups
    ] == [
        ("east", 1, 1),
        ("west", None, 0),
    ]


def test_a_gateway_stands_in_each_locality_behind_it() -> None:
    endpoints = [
        Endpoint("a", locality="west/a", network="n2", labels={"app": "x"}),
        Endpoint("b", locality="west/b", network="n2"),
        Endpoint("c", locality="west/b", network="n2"),
    ]
    assignment = seen(Client(network="n1"), endpoints, [NetworkGateway("n2", "9.9.9.9")])
    found = [(group.locality, each) for group in assignment.groups for each in group.endpoints]
    assert [(locality, each.address, each.weight) for locality, each in found] == [
        ("west/a", "9.9.9.9", 1),
        ("west/b", "9.9.9.9", 2),
    ]
    assert all(each.gateway and each.mtls and not each.labels for _unused, each in found)
    assert all(group.repeats for group in assignment.groups)


def test_weights_are_clipped() -> None:
    endpoints = [Endpoint(f"a{n}", weight=4_000_000_000, network="n1") for n in range(2)]
    gateways = [NetworkGateway("n2", "9.9.9.8"), NetworkGateway("n2", "9.9.9.9")]
    assignment = seen(Client(network="n1"), endpoints, gateways)
    assert set(weights(assignment).values()) == {MAX_WEIGHT}
    assert [group.weight for group in assignment.groups] == [MAX_WEIGHT]


def test_weight_zero_counts_one() -> None:
    endpoints = [
        Endpoint("a", locality="a", weight=0),
        Endpoint("b", locality="a", weight=8),
        Endpoint("c", locality="b", weight=3),
    ]
    assignment = seen(Client(), endpoints, ())
    assert weights(assignment) == {"a": 1, "b": 8, "c": 3}
    assert [group.weight for group in assignment.groups] == [9, 3]
