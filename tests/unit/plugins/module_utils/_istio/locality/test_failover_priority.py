# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Priorities by labels."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Endpoint,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    CLUSTER,
    HOSTNAME,
    NETWORK,
    REGION,
    SUBZONE,
    ZONE,
    ejecting,
    failover,
    labels_first,
    priorities,
)

NINE = [
    Endpoint("same-node", locality="r1/z1/s1", network="n1", node="h1"),
    Endpoint("same-subzone", locality="r1/z1/s1", network="n1", node="h2"),
    Endpoint("same-zone", locality="r1/z1/s2", network="n1"),
    Endpoint("same-region", locality="r1/z2/s1", network="n1"),
    Endpoint("same-network", locality="r2/z3", network="n1"),
    Endpoint("other-network-same-zone", locality="r1/z1/s1", network="n2"),
    Endpoint("other-network", locality="r2/z3", network="n2"),
    Endpoint("gateway", locality="west", network="n2", cluster="c2", gateway=True),
    Endpoint("no-network", locality="west"),
]
HERE = Client("r1/z1/s1", network="n1", node="h1")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([NETWORK, REGION, ZONE], [0, 0, 0, 1, 2, 3, 4, 4, 4]),
        ([NETWORK, REGION, ZONE, SUBZONE, HOSTNAME], [0, 1, 2, 3, 4, 5, 6, 6, 6]),
        ([REGION, ZONE], [0, 0, 0, 1, 2, 0, 2, 2, 2]),
        ([NETWORK], [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        ([f"{NETWORK}=n2", REGION], [2, 2, 2, 2, 2, 0, 1, 1, 2]),
        ([REGION, NETWORK], [0, 0, 0, 0, 2, 1, 2, 2, 2]),
    ],
)
def test_nine_endpoints(entries: list[str], expected: list[int]) -> None:
    assignment = build_load_assignment(HERE, NINE, ejecting(labels_first(*entries)))
    found = priorities(assignment)
    assert [found[each.address] for each in NINE] == expected


def test_nearness_breaks_ties_where_failover_stands_beside() -> None:
    setting = labels_first(NETWORK, **failover(("r1", "r2")))
    found = priorities(build_load_assignment(HERE, NINE, ejecting(setting)))
    assert [found[each.address] for each in NINE] == [0, 0, 1, 2, 3, 4, 5, 6, 6]


def test_groups_are_split_by_priority() -> None:
    assignment = build_load_assignment(HERE, NINE, ejecting(labels_first(NETWORK, REGION, ZONE)))
    weights = {
        (group.locality, group.priority): (group.weight, len(group.endpoints))
        for group in assignment.groups
    }
    assert weights == {
        ("r1/z1/s1", 0): (2, 2),
        ("r1/z1/s1", 3): (1, 1),
        ("r1/z1/s2", 0): (1, 1),
        ("r1/z2/s1", 1): (1, 1),
        ("r2/z3", 2): (1, 1),
        ("r2/z3", 4): (1, 1),
        ("west", 4): (2, 2),
    }


@pytest.mark.parametrize(
    ("name", "labels", "entries", "endpoints", "expected"),
    [
        (
            "a label that both lack is equal",
            {"app": "x"},
            ["nolabel", "version"],
            [{}, {"version": "v1"}],
            [0, 1],
        ),
        ("asked to be empty", {"app": "x"}, ["version="], [{}, {"version": "v1"}], [0, 1]),
        (
            "two equals signs: the client's own value counts",
            {"version": "a=b"},
            ["version=a=b"],
            [{"version": "a=b"}, {"version": "v1"}],
            [0, 1],
        ),
        ("a client without labels", {}, ["version"], [{}, {"version": "v1"}], [0, 0]),
        (
            "one entry",
            {"priority": "1"},
            ["priority"],
            [{"priority": "1"}, {"priority": "2"}],
            [0, 1],
        ),
        (
            "an asked value counts in each entry of the name",
            {"app": "x"},
            ["app", "app=y"],
            [{"app": "x"}, {"app": "y"}],
            [1, 0],
        ),
    ],
)
def test_labels(
    name: str,
    labels: dict[str, str],
    entries: list[str],
    endpoints: list[dict[str, str]],
    expected: list[int],
) -> None:
    known = [Endpoint(f"10.0.0.{n}", labels=each) for n, each in enumerate(endpoints)]
    found = priorities(
        build_load_assignment(Client(labels=labels), known, ejecting(labels_first(*entries)))
    )
    assert [found[each.address] for each in known] == expected, name


def test_weights_of_split_groups() -> None:
    endpoints = [
        Endpoint("a", labels={REGION: "r1"}, weight=5),
        Endpoint("b", labels={REGION: "r2"}, weight=7),
        Endpoint("c", labels={REGION: "r1"}, weight=2),
    ]
    client = Client(labels={REGION: "r1"})
    groups = build_load_assignment(client, endpoints, ejecting(labels_first(REGION))).groups
    assert [
        (group.priority, group.weight, [each.address for each in group.endpoints])
        for group in groups
    ] == [(0, 7, ["a", "c"]), (1, 7, ["b"])]
    assert [group.reason for group in groups] == [
        f"all of {REGION} match",
        f"{REGION} is r2, not r1",
    ]


def labelled(address: str, locality: str, network: str, cluster: str, key: str = "") -> Endpoint:
    labels = {"key": key} if key else {}
    return Endpoint(address, 80, locality, 1, labels, network, cluster)


SIX = [
    labelled("1.1.1.1", "loc1", "n1", "c1"),
    labelled("2.2.2.2", "loc1", "n2", "c2", "value"),
    labelled("3.3.3.3", "loc2", "n1", "c3", "value"),
    labelled("4.4.4.4", "loc2", "n2", "c4", "value"),
    labelled("1.2.3.4", "loc3", "n1", "c1", "value"),
    labelled("2.3.4.5", "loc3", "n2", "c2", "value"),
]


@pytest.mark.parametrize(
    ("client", "entries", "expected"),
    [
        (Client(network="test", cluster="test"), [NETWORK, CLUSTER], [0, 0, 0, 0, 0, 0]),
        (Client(network="n1", cluster="test"), [NETWORK, CLUSTER], [0, 1, 0, 1, 0, 1]),
        (Client(network="test", cluster="c1"), [NETWORK, CLUSTER], [0, 1, 1, 1, 0, 1]),
        (Client(network="n2", cluster="test"), [f"{NETWORK}=n1"], [0, 1, 0, 1, 0, 1]),
        (Client(network="n1", cluster="test"), [f"{NETWORK}=n3"], [0, 0, 0, 0, 0, 0]),
        (
            Client(labels={"key": "value"}, network="n2", cluster="c2"),
            ["key", NETWORK, CLUSTER],
            [3, 0, 2, 1, 2, 0],
        ),
    ],
)
def test_networks_and_clusters(client: Client, entries: list[str], expected: list[int]) -> None:
    found = priorities(build_load_assignment(client, SIX, ejecting(labels_first(*entries))))
    assert [found[each.address] for each in SIX] == expected


def test_network_cluster_and_region() -> None:
    table: list[tuple[str, str, str, str, int]] = [
        ("1.1.1.1", "region1/zone1/subzone1", "n1", "c1", 3),
        ("2.2.2.2", "region1/zone2/subzone2", "n2", "c2", 0),
        ("3.3.3.3", "region2", "n1", "c3", 4),
        ("4.4.4.4", "region3", "n2", "c4", 2),
        ("5.5.5.5", "region2", "n2", "c2", 1),
        ("6.6.6.6", "region3", "n1", "c6", 5),
    ]
    client = Client("region1/zone1/subzone1", network="n2", cluster="c2")
    setting = labels_first(NETWORK, CLUSTER, **failover(("region1", "region2")))
    found = priorities(
        build_load_assignment(client, [labelled(*row[:4]) for row in table], ejecting(setting))
    )
    assert found == {row[0]: row[4] for row in table}


def test_own_labels_for_region_and_zone() -> None:
    table = [
        ("n1", "r1", "z1", 1),
        ("n2", "r1", "z2", 3),
        ("n1", "r2", "z2", 0),
        ("n2", "r3", "z3", 3),
        ("n2", "r2", "z2", 2),
        ("n1", "r3", "z3", 1),
    ]
    endpoints = [
        Endpoint(str(n), network=network, labels={"region": region, "zone": zone})
        for n, (network, region, zone, _unused) in enumerate(table)
    ]
    client = Client(network="n1", labels={"region": "r2", "zone": "z2"})
    setting = labels_first(NETWORK, "region", "zone")
    found = priorities(build_load_assignment(client, endpoints, ejecting(setting)))
    assert found == {str(n): row[-1] for n, row in enumerate(table)}


def test_the_locality_wins_over_labels_that_say_otherwise() -> None:
    endpoints = [
        Endpoint("a", locality="r1", labels={REGION: "r2"}),
        Endpoint("b", locality="", labels={REGION: "r1"}),
    ]
    found = priorities(
        build_load_assignment(Client("r1"), endpoints, ejecting(labels_first(REGION)))
    )
    assert found == {"a": 0, "b": 0}


def assigned_behind(client: Client, setting: dict[str, t.Any]) -> Assignment:
    return build_load_assignment(client, NINE, ejecting(setting))


def test_a_gateway_has_no_region_label_but_a_region() -> None:
    client = Client("west", network="n9")
    by_label = assigned_behind(client, labels_first(REGION))
    by_region = assigned_behind(client, {})
    assert priorities(by_label)["gateway"] == priorities(by_label)["same-node"] == 1
    assert priorities(by_region)["gateway"] == 0


def test_without_outlier_detection_labels_do_nothing() -> None:
    policy = Policy(locality_lb=labels_first(REGION))
    assert set(priorities(build_load_assignment(HERE, NINE, policy)).values()) == {0}
