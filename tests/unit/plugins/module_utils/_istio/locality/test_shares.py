# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Envoy makes of an assignment."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    UNHEALTHY,
    Assignment,
    Client,
    Endpoint,
    LocalityGroup,
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    distribute,
    ejecting,
    endpoints,
    failover,
    labels_first,
)


def group(locality: str, weight: int, healthy: int, hosts: int, priority: int = 0) -> LocalityGroup:
    members = tuple(
        Endpoint(f"{locality}-{n}", health="HEALTHY" if n < healthy else UNHEALTHY)
        for n in range(hosts)
    )
    return LocalityGroup(locality, priority, weight, members)


def weighted(*groups: LocalityGroup, **fields: t.Any) -> Shares:
    return expected_shares(Assignment(groups, locality_weighted=True, **fields))


@pytest.mark.parametrize(
    ("localities", "expected"),
    [
        ([(80, 2, 2), (20, 1, 1)], [80, 20]),
        ([(80, 1, 2), (20, 1, 1)], [73.68, 26.32]),
        ([(80, 0, 2), (20, 1, 1)], [0, 100]),
        ([(40, 2, 2), (40, 0, 1), (20, 1, 1)], [66.67, 0, 33.33]),
        ([(1, 70, 100), (2, 1, 1)], [32.9, 67.1]),
        ([(1, 69, 100), (2, 1, 1)], [32.6, 67.4]),
        ([(1, 50, 100), (2, 1, 1)], [25.9, 74.1]),
        ([(1, 25, 100), (2, 1, 1)], [14.9, 85.1]),
        # an empty locality takes nothing away from the others
        ([(80, 0, 0), (20, 1, 1)], [0, 100]),
        # weight 0 gets nothing beside others
        ([(0, 1, 1), (20, 1, 1)], [0, 100]),
        # but where no locality has a weight, hosts count
        ([(0, 1, 1), (0, 3, 3)], [25, 75]),
    ],
)
def test_locality_weights(localities: list[tuple[int, int, int]], expected: list[float]) -> None:
    shares = weighted(*(group(f"l{n}", *each) for n, each in enumerate(localities)))
    found = [100 * each.share for each in shares.localities]
    assert found == pytest.approx(expected, abs=0.05)


def test_hashing_knows_no_overprovisioning() -> None:
    groups = (group("a", 80, 1, 2), group("b", 20, 1, 1))
    shares = weighted(*groups, load_balancer="CONSISTENT_HASH")
    assert [each.share for each in shares.localities] == [0.8, 0.2]


@pytest.mark.parametrize(
    ("groups", "panic", "reasons"),
    [
        (
            [(80, 2, 2), (20, 1, 1)],
            0,
            ["weight 80", "weight 20"],
        ),
        (
            [(80, 1, 2), (20, 0, 1), (5, 0, 0)],
            0,
            [
                "weight 80, of which 70 % count, as 1 of 2 hosts serve",
                "none of its hosts is healthy",
                "it has no endpoints",
            ],
        ),
        # just enough, and just not enough
        ([(1, 5, 7), (1, 1, 1)], 0, ["weight 1", "weight 1"]),
        (
            [(1, 69, 100), (1, 1, 1)],
            0,
            ["weight 1, of which 97 % count, as 69 of 100 hosts serve", "weight 1"],
        ),
        (
            [(80, 1, 4), (20, 0, 4)],
            50,
            ["panic: unhealthy hosts get requests, too, and localities do not count"] * 2,
        ),
    ],
)
def test_why_a_locality_has_its_share(
    groups: list[tuple[int, int, int]], panic: float, reasons: list[str]
) -> None:
    found = (group(f"l{n}", *each) for n, each in enumerate(groups))
    shares = weighted(*found, panic_threshold=panic)
    assert [each.reason for each in shares.localities] == reasons


@pytest.mark.parametrize(
    ("healthy", "reason"),
    [
        (2, "its 2 hosts share with all of the priority's"),
        (1, "its 1 of 2 hosts share with all of the priority's"),
    ],
)
def test_why_a_locality_shares(healthy: int, reason: str) -> None:
    groups = (group("a", 0, healthy, 2), group("b", 0, 1, 1), group("c", 0, 1, 1, priority=1))
    shares = expected_shares(Assignment(groups))
    assert shares.localities[0].reason == reason


def test_a_priority_that_gets_nothing() -> None:
    shares = weighted(group("a", 1, 1, 1), group("b", 1, 1, 1, priority=1))
    assert shares.localities[1].reason == "priority 1 gets nothing"


@pytest.mark.parametrize(
    ("load_balancer", "expected"),
    [
        ("ROUND_ROBIN", [0.75, 0.25]),
        ("LEAST_REQUEST", [0.75, 0.25]),
        ("CONSISTENT_HASH", [0.75, 0.25]),
        ("RANDOM", [0.5, 0.5]),
    ],
)
def test_host_weights(load_balancer: str, expected: list[float]) -> None:
    policy = Policy(load_balancer=load_balancer)
    shares = expected_shares(
        build_load_assignment(Client(), endpoints({"a": [3], "b": [1]}), policy)
    )
    assert [each.share for each in shares.endpoints] == expected


def test_without_locality_weights_the_priority_is_one_pool() -> None:
    policy = ejecting()
    where = {"west": [1], "north": [1, 1, 1]}
    shares = expected_shares(build_load_assignment(Client("east"), endpoints(where), policy))
    assert shares.by_locality() == {"north": 0.75, "west": 0.25}


def test_failover_makes_priorities_locality_weighted() -> None:
    setting = failover(("east", "south"))
    where = {"north": [1, 1, 1], "west": [1]}
    assignment = build_load_assignment(Client("east"), endpoints(where), ejecting(setting))
    assert {each.priority for each in assignment.groups} == {0}
    shares = expected_shares(assignment, unhealthy=["10.0.0.1", "10.0.0.2"])
    north = 3 * 1.4 / 3
    assert shares.by_locality() == pytest.approx(
        {"north": north / (north + 1), "west": 1 / (north + 1)}
    )


@pytest.mark.parametrize("name", ["10.0.0.1", "10.0.0.1:80", "sample/pod"])
def test_naming_unhealthy_endpoints(name: str) -> None:
    known = [Endpoint("10.0.0.1", 80, name="sample/pod"), Endpoint("10.0.0.2", 80)]
    shares = expected_shares(build_load_assignment(Client(), known, Policy()), unhealthy=[name])
    assert [(each.endpoint.address, each.share) for each in shares.endpoints] == [
        ("10.0.0.1", 0.0),
        ("10.0.0.2", 1.0),
    ]
    assert shares.endpoints[0].reason == "it is not healthy"


def test_spill_over_by_the_140_percent_rule() -> None:
    where = {"east/a": [1, 1, 1], "east/b": [1], "west": [1]}
    assignment = build_load_assignment(Client("east/a"), endpoints(where), ejecting())
    shares = expected_shares(assignment, unhealthy=["10.0.0.1"])
    assert shares.by_locality() == pytest.approx({"east/a": 0.93, "east/b": 0.07, "west": 0})
    assert [each.share for each in shares.endpoints] == pytest.approx([0, 0.465, 0.465, 0.07, 0])
    assert [each.reason for each in shares.priorities] == [
        "2 of 3 hosts healthy: it can carry 93 % (140 % of 2/3) and gets 93 %; the rest spills over",
        "1 of 1 host healthy: it can carry 100 % and gets 7 %, as priorities before it take only "
        "93 %",
        "1 of 1 host healthy, but nothing is left for it",
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Policy(), "4 of 4 hosts healthy: it can carry 100 %"),
        (
            ejecting(),
            "3 of 3 hosts healthy: it can carry 100 %; below 3 healthy it spills over",
        ),
    ],
)
def test_only_what_has_a_next_priority_spills_over(settings: Policy, reason: str) -> None:
    assignment = build_load_assignment(
        Client("east/a"), endpoints({"east/a": [1, 1, 1], "west": [1]}), settings
    )
    assert expected_shares(assignment).priorities[0].reason == reason


def test_panic_ignores_health_and_localities() -> None:
    shares = weighted(
        group("a", 90, 1, 4), group("b", 10, 0, 4), panic_threshold=50, load_balancer="ROUND_ROBIN"
    )
    assert [each.share for each in shares.localities] == [0.5, 0.5]
    assert {each.share for each in shares.endpoints} == {0.125}
    assert shares.priorities[0].panic


def test_nobody_healthy() -> None:
    shares = weighted(group("a", 90, 0, 4), group("b", 10, 0, 4, priority=1))
    assert {each.share for each in shares.endpoints} == {0}
    assert {each.load for each in shares.priorities} == {0}
    assert shares.lost == (
        "503 no healthy upstream: no endpoint is healthy, and panic routing is off"
    )


def test_distribute_to_nowhere() -> None:
    policy = Policy(locality_lb=distribute(("*", {"south": 100})))
    shares = expected_shares(
        build_load_assignment(Client("east"), endpoints({"east": [1]}), policy)
    )
    assert shares.lost == "503 no healthy upstream: distribute left no endpoints"
    assert shares.by_locality() == {"east": 0}


@pytest.mark.parametrize("panic", [0, 50])
def test_no_endpoints(panic: float) -> None:
    shares = expected_shares(Assignment((), panic_threshold=panic))
    assert "has no endpoints for this client" in shares.lost
    assert shares.endpoints == ()


def test_passthrough() -> None:
    policy = Policy(load_balancer="PASSTHROUGH")
    shares = expected_shares(build_load_assignment(Client(), endpoints({"": [1]}), policy))
    assert shares.lost.startswith("PASSTHROUGH")
    assert [each.share for each in shares.endpoints] == [0]


def test_a_key_that_covers_nothing_is_shared_out_to_the_others() -> None:
    policy = Policy(
        locality_lb=distribute(("east", {"east": 20, "west": 20, "north": 60})),
        load_balancer="ROUND_ROBIN",
    )
    where = {"east": [1], "west": [1]}
    shares = expected_shares(build_load_assignment(Client("east"), endpoints(where), policy))
    assert shares.by_locality() == {"east": 0.5, "west": 0.5}


def test_two_spellings_of_one_locality_are_one_pool_with_the_last_weight() -> None:
    policy = Policy(locality_lb=distribute(("*", {"east/*": 80, "west": 20})))
    where = {"east/a": [1], "east/a/": [1, 1], "west": [1]}
    shares = expected_shares(build_load_assignment(Client("east"), endpoints(where), policy))
    assert shares.by_locality() == pytest.approx({"east/a": 54 / 74, "west": 20 / 74})
    assert shares.localities[0].hosts == 3


GATEWAY = NetworkGateway("west-network", "9.9.9.9")


def across(*localities: str) -> list[Endpoint]:
    return [
        Endpoint("10.0.0.1", 80, "east", network="east-network"),
        *(
            Endpoint(f"10.1.0.{n}", 80, locality, network="west-network")
            for n, locality in enumerate(localities)
        ),
    ]


def test_a_gateway_behind_several_localities_stays_in_the_first() -> None:
    policy = Policy(
        locality_lb=distribute(("east", {"east": 20, "west/*": 80})), load_balancer="ROUND_ROBIN"
    )
    client = Client("east", network="east-network")
    assignment = build_load_assignment(client, across("west/a", "west/b"), policy, [GATEWAY])
    assert [each.weight for each in assignment.groups] == [20, 40, 40]
    shares = expected_shares(assignment)
    assert shares.by_locality() == pytest.approx({"east": 1 / 3, "west/a": 2 / 3, "west/b": 0})
    assert shares.localities[2].reason.endswith(
        "its addresses stand in an earlier locality, where Envoy keeps them: no hosts"
    )
    assert shares.by_address() == pytest.approx({"10.0.0.1": 1 / 3, "9.9.9.9": 2 / 3})


def test_a_gateway_stays_in_the_first_locality_even_at_a_later_priority() -> None:
    client = Client("west/b", network="east-network")
    known = [
        Endpoint("10.1.0.1", 80, "west/a", network="west-network"),
        Endpoint("10.1.0.2", 80, "west/b", network="west-network"),
        Endpoint("10.0.0.1", 80, "west/c", network="east-network"),
    ]
    assignment = build_load_assignment(client, known, ejecting(), [GATEWAY])
    assert [(each.locality, each.priority) for each in assignment.groups] == [
        ("west/a", 1),
        ("west/b", 0),
        ("west/c", 1),
    ]
    shares = expected_shares(assignment)
    assert shares.by_address() == pytest.approx({"9.9.9.9": 0.5, "10.0.0.1": 0.5})
    assert shares.priorities[0].reason == "it has no hosts"


@pytest.mark.parametrize(
    ("name", "policy", "where", "unhealthy", "expected"),
    [
        ("scheduled", Policy(load_balancer="ROUND_ROBIN"), {"a": [1, 1]}, [], ("exact", "exact")),
        ("drawn", Policy(), {"a": [1, 1], "b": [1]}, [], ("random", "random")),
        ("one locality", Policy(), {"a": [1, 1]}, [], ("random", "exact")),
        ("one host", Policy(), {"a": [1]}, [], ("exact", "exact")),
        (
            "localities are scheduled, hosts are drawn",
            Policy(locality_lb=distribute(("*", {"a": 60, "b": 40}))),
            {"a": [1, 1], "b": [1]},
            [],
            ("random", "exact"),
        ),
        (
            "one host in each locality",
            Policy(locality_lb=distribute(("*", {"a": 60, "b": 40}))),
            {"a": [1], "b": [1]},
            [],
            ("exact", "exact"),
        ),
        (
            "two priorities",
            ejecting(load_balancer="ROUND_ROBIN"),
            {"a": [1, 1], "b": [1]},
            ["10.0.0.1"],
            ("random", "random"),
        ),
        (
            "hashing",
            Policy(
                locality_lb=distribute(("*", {"a": 60, "b": 40})), load_balancer="CONSISTENT_HASH"
            ),
            {"a": [1], "b": [1]},
            [],
            ("random", "random"),
        ),
    ],
)
def test_how_samples_are_to_be_judged(
    name: str,
    policy: Policy,
    where: dict[str, list[int]],
    unhealthy: list[str],
    expected: tuple[str, str],
) -> None:
    shares = expected_shares(
        build_load_assignment(Client("a"), endpoints(where), policy), unhealthy=unhealthy
    )
    assert (shares.model, shares.locality_model) == expected, name


LOCAL = ["10.0.0.1"]
NEAR = ["10.0.0.2"]
REMOTE = ["10.0.0.3"]


@pytest.mark.parametrize(
    ("name", "policy", "unhealthy", "expected"),
    [
        ("prioritized", ejecting(failover(("region", "nearregion"))), [], LOCAL),
        ("failover", ejecting(failover(("region", "nearregion"))), LOCAL, NEAR),
        ("nobody near", ejecting(failover(("region", "nearregion"))), LOCAL + NEAR, REMOTE),
        (
            "labels",
            ejecting(labels_first("topology.kubernetes.io/region", "topology.kubernetes.io/zone")),
            [],
            LOCAL,
        ),
        ("PreferClose", Policy(traffic_distribution="PreferClose"), [], LOCAL),
        ("PreferSameZone", Policy(traffic_distribution="PreferSameZone"), [], LOCAL),
        ("PreferSameNode", Policy(traffic_distribution="PreferSameNode"), [], LOCAL),
    ],
)
def test_all_requests_to_one(
    name: str, policy: Policy, unhealthy: list[str], expected: list[str]
) -> None:
    where = {
        "region/zone/subzone": [1],
        "nearregion/zone/subzone": [1],
        "notregion/notzone/notsubzone": [1],
    }
    assignment = build_load_assignment(Client("region/zone/subzone"), endpoints(where), policy)
    shares = expected_shares(assignment, unhealthy=unhealthy).by_address()
    assert [address for address, share in shares.items() if share] == expected, name
    assert sum(shares.values()) == 1, name


def test_eighty_twenty() -> None:
    policy = Policy(locality_lb=distribute(("region", {"nearregion": 80, "region": 20})))
    where = {"region/zone": [1], "nearregion/zone": [1], "notregion": [1]}
    shares = expected_shares(build_load_assignment(Client("region/zone"), endpoints(where), policy))
    assert shares.by_locality() == {"nearregion/zone": 0.8, "notregion": 0, "region/zone": 0.2}


def test_names_and_addresses() -> None:
    known = [Endpoint("10.0.0.1", name="sample/a"), Endpoint("10.0.0.2")]
    shares = expected_shares(
        build_load_assignment(Client(), known, Policy(load_balancer="ROUND_ROBIN"))
    )
    assert shares.by_name() == {"sample/a": 0.5, "10.0.0.2": 0.5}
