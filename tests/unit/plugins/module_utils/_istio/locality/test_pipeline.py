# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole cases: three pods (one on a node without labels) and a WorkloadEntry in the west."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    TERMINATING,
    UNHEALTHY,
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    HOSTNAME,
    PRESENT,
    REGION,
    ZONE,
    distribute,
    ejecting,
    failover,
    labels_first,
)

NONE, EAST_A, EAST_B, WEST = "", "east/east-a/", "east/east-b/", "west"
FOUR = (NONE, EAST_A, EAST_B, WEST)
CLIENT = Client("east/east-a", network="east-network", cluster="east")
KEEP_HALF = {"minHealthPercent": 50}
MESH_DISTRIBUTE = distribute(("east/*", {"east/*": 100}))
# a group that istiod does not send, and one whose endpoints are removed
ABSENT, REMOVED = "absent", "removed"


def service(third: str = HEALTHY, **west: t.Any) -> list[Endpoint]:
    fields: dict[str, t.Any] = {"locality": WEST, "network": "west-network", "cluster": "east"}
    # nothing tells istiod which network the pods are in
    pod: dict[str, t.Any] = {"cluster": "east", "port": 80}
    return [
        Endpoint("10.10.0.1", locality=EAST_A, node="n1", **pod),
        Endpoint("10.10.0.2", locality=EAST_B, node="n2", **pod),
        Endpoint("10.10.0.3", locality=NONE, node="n3", health=third, **pod),
        Endpoint("172.18.2.1", 15443, **(fields | west)),
    ]


def seen(assignment: Assignment) -> list[int | str]:
    """What became of the four localities, in the order of ``FOUR``: mostly the priority."""
    groups = {group.locality: group for group in assignment.groups}
    return [
        ABSENT
        if locality not in groups
        else groups[locality].priority
        if groups[locality].endpoints
        else REMOVED
        for locality in FOUR
    ]


@pytest.mark.parametrize(
    ("name", "policy", "expected", "weighted"),
    [
        ("no rule", Policy(), [0, 0, 0, 0], False),
        ("outlier detection", ejecting(), [2, 0, 1, 2], False),
        ("and failover", ejecting(failover(("east", "west"))), [3, 0, 1, 2], True),
        (
            "distribute",
            Policy(locality_lb=distribute(("east/*", {"east/*": 80, "west": 20}))),
            [REMOVED, 0, 0, 0],
            True,
        ),
        ("switched off", ejecting({"enabled": False}), [0, 0, 0, 0], False),
        ("PreferClose", Policy(traffic_distribution="PreferClose"), [2, 0, 1, 2], True),
        (
            "ejection by the mesh's default",
            Policy(mesh_outlier_detection=PRESENT),
            [0, 0, 0, 0],
            False,
        ),
        (
            "PreferClose, but the rule says no",
            Policy(traffic_distribution="PreferClose", locality_lb={"enabled": False}),
            [0, 0, 0, 0],
            False,
        ),
        (
            "PreferClose, but the rule distributes",
            Policy(
                traffic_distribution="PreferClose",
                locality_lb=distribute(("*", {"east": 90, "west": 10})),
            ),
            [REMOVED, 0, 0, 0],
            True,
        ),
        (
            "the mesh distributes",
            ejecting(mesh_locality_lb=MESH_DISTRIBUTE),
            [REMOVED, 0, 0, REMOVED],
            True,
        ),
        (
            "the rule replaces that by nothing",
            ejecting({"enabled": True}, mesh_locality_lb=MESH_DISTRIBUTE),
            [2, 0, 1, 2],
            False,
        ),
        ("another algorithm", ejecting(load_balancer="ROUND_ROBIN"), [2, 0, 1, 2], False),
        (
            "hashing",
            Policy(
                locality_lb=distribute(("*", {"east": 80, "west": 20})),
                load_balancer="CONSISTENT_HASH",
            ),
            [REMOVED, 0, 0, 0],
            True,
        ),
    ],
)
def test_rules(name: str, policy: Policy, expected: list[int | str], weighted: bool) -> None:
    assignment = build_load_assignment(CLIENT, service(), policy)
    assert seen(assignment) == expected, name
    assert assignment.locality_weighted is weighted, name
    assert assignment.panic_threshold == 0, name
    # an ejected host needs outlier detection, wherever it is from
    known = (policy.outlier_detection, policy.mesh_outlier_detection)
    assert (assignment.outlier_detection is None) is (known == (None, None)), name


@pytest.mark.parametrize(
    ("east", "west", "expected"),
    [(80, 20, [1, 40, 40, 20]), (90, 10, [1, 45, 45, 10])],
)
def test_weights(east: int, west: int, expected: list[int]) -> None:
    policy = Policy(locality_lb=distribute(("east/*", {"east/*": east, "west": west})))
    assert [
        group.weight for group in build_load_assignment(CLIENT, service(), policy).groups
    ] == expected


def test_a_client_without_locality() -> None:
    assert seen(build_load_assignment(replace(CLIENT, locality=""), service(), ejecting())) == [
        0,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("name", "third", "policy", "expected", "panic"),
    [
        ("terminating", TERMINATING, Policy(), [ABSENT, 0, 0, 0], 0),
        (
            "terminating",
            TERMINATING,
            Policy(outlier_detection=KEEP_HALF),
            [ABSENT, 0, 1, 2],
            50,
        ),
        ("not ready", UNHEALTHY, Policy(), [0, 0, 0, 0], 0),
        ("not ready", UNHEALTHY, Policy(outlier_detection=KEEP_HALF), [ABSENT, 0, 1, 2], 50),
        (
            "not ready, but the Service prefers close ones",
            UNHEALTHY,
            Policy(outlier_detection=KEEP_HALF, traffic_distribution="PreferClose"),
            [2, 0, 1, 2],
            0,
        ),
    ],
)
def test_a_pod_that_is_not_ready(
    name: str, third: str, policy: Policy, expected: list[int | str], panic: float
) -> None:
    assignment = build_load_assignment(CLIENT, service(third), policy)
    assert seen(assignment) == expected, name
    assert assignment.panic_threshold == panic, name
    assert len(assignment.dropped) == expected.count(ABSENT), name


def addresses(assignment: Assignment, locality: str) -> dict[str, int]:
    return {
        f"{each.address}:{each.port}": each.weight
        for group in assignment.groups
        for each in group.endpoints
        if group.locality == locality
    }


@pytest.mark.parametrize(
    ("name", "gateways", "expected"),
    [
        ("the gateway's address replaces the entry's", ["9.9.9.9"], {"9.9.9.9:15443": 1}),
        ("two gateways", ["9.9.9.8", "9.9.9.9"], {"9.9.9.8:15443": 1, "9.9.9.9:15443": 1}),
        ("none", [], {"172.18.2.1:15443": 1}),
    ],
)
def test_gateways_of_the_west(name: str, gateways: list[str], expected: dict[str, int]) -> None:
    known = [NetworkGateway("west-network", address) for address in gateways]
    for client in (CLIENT, replace(CLIENT, network="")):
        assignment = build_load_assignment(client, service(), Policy(), known)
        assert addresses(assignment, WEST) == expected, name
        local = addresses(assignment, EAST_A)
        assert set(local.values()) == {max(1, len(gateways))}, name


def test_a_gateway_of_the_own_network_changes_nothing() -> None:
    gateways = [NetworkGateway("east-network", "8.8.8.8")]
    assignment = build_load_assignment(CLIENT, service(), Policy(), gateways)
    assert addresses(assignment, WEST) == {"172.18.2.1:15443": 1}


@pytest.mark.parametrize(
    ("network", "expected"), [("west-network", [0, 0, 0, ABSENT]), ("", [0, 0, 0, 0])]
)
def test_the_gateway_that_only_sees_its_own_network(
    network: str, expected: list[int | str]
) -> None:
    client = replace(CLIENT, network_view=frozenset({"east-network"}))
    assert seen(build_load_assignment(client, service(network=network), Policy())) == expected


def test_one_locality_in_two_spellings() -> None:
    groups = build_load_assignment(
        CLIENT, service(locality="east/east-a", weight=3), Policy()
    ).groups
    assert [(group.locality, group.weight) for group in groups] == [
        (NONE, 1),
        ("east/east-a", 3),
        (EAST_A, 1),
        (EAST_B, 1),
    ]


def test_an_entry_without_mtls_is_lost_behind_a_gateway() -> None:
    plain = service(mtls=False)
    assert addresses(build_load_assignment(CLIENT, plain, Policy()), WEST) == {
        "172.18.2.1:15443": 1
    }
    gateways = [NetworkGateway("west-network", "9.9.9.9")]
    assert seen(build_load_assignment(CLIENT, plain, Policy(), gateways)) == [0, 0, 0, REMOVED]


@pytest.mark.parametrize(
    ("setting", "expected", "weighted"),
    [(labels_first(REGION, ZONE), [0, 0, 0, 0], True), (None, [1, 1, 1, 0], False)],
)
def test_the_west_behind_a_gateway(
    setting: dict[str, t.Any] | None, expected: list[int], weighted: bool
) -> None:
    client = Client("west", network="west2-network", cluster="west2")
    gateways = [NetworkGateway("west-network", "9.9.9.9")]
    assignment = build_load_assignment(client, service(), ejecting(setting), gateways)
    assert seen(assignment) == expected
    assert assignment.locality_weighted is weighted


def test_same_node() -> None:
    client = replace(CLIENT, node="n1")
    policy = Policy(traffic_distribution="PreferSameNode")
    assert seen(build_load_assignment(client, service(), policy)) == [2, 0, 1, 2]
    with_label = replace(CLIENT, labels={HOSTNAME: "n1"})
    assert seen(build_load_assignment(with_label, service(), policy)) == [2, 0, 1, 2]


def test_imported_by_a_service_entry() -> None:
    endpoints = [
        Endpoint("1.1.1.1", locality="west"),
        Endpoint("2.2.2.2", locality="central/c1", weight=2),
    ]
    groups = build_load_assignment(CLIENT, endpoints, Policy()).groups
    assert [(group.locality, group.weight) for group in groups] == [("central/c1", 2), ("west", 1)]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (failover(("east", "west")), {"east/east-a": 0, "west": 1, "central": 2}),
        (
            distribute(("east", {"east": 70, "west": 30})),
            {"east/east-a": 0, "west": 0, "central": REMOVED},
        ),
    ],
)
def test_endpoints_with_names(setting: dict[str, t.Any], expected: dict[str, int | str]) -> None:
    endpoints = [Endpoint(f"{each}.example", locality=each) for each in expected]
    groups = build_load_assignment(CLIENT, endpoints, ejecting(setting)).groups
    found = {each.locality: each.priority if each.endpoints else REMOVED for each in groups}
    assert found == expected
