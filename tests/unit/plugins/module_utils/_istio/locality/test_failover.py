# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Priorities by nearness: default ranks, failover rules, zone-aware."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    PRESENT,
    ejecting,
    endpoints,
    failover,
)

FIVE = ["r1/z1/s1", "r1/z1/s2", "r1/z2/s1", "r2/z3", "r3/z4"]
ELEVEN = [
    *("region1/zone1/subzone1", "region1/zone1/subzone2", "region1/zone1/subzone3"),
    *("region1/zone2", "region2", "region3"),
]
EDS = [
    *("region1/zone1/subzone1", "region1/zone1/subzone2", "region1/zone2/subzone1"),
    *("region2/zone1/subzone1", "region2/zone1/subzone2"),
    *("region2/zone2/subzone1", "region2/zone2/subzone2"),
]


def ranks(client: str, localities: list[str], policy: Policy) -> list[int]:
    """The priorities in the order of ``localities``."""
    where = {key: [1] for key in localities}
    groups = build_load_assignment(Client(client), endpoints(where), policy).groups
    found = {group.locality: group.priority for group in groups}
    return [found[locality] for locality in localities]


@pytest.mark.parametrize(
    ("client", "rules", "expected"),
    [
        ("r1/z1/s1", [], [0, 1, 2, 3, 3]),
        ("r1/z1/s1", [("r1", "r2")], [0, 1, 2, 3, 4]),
        # a rule for another region
        ("r1/z1/s1", [("r2", "r3")], [0, 1, 2, 3, 3]),
        # the first rule for a region counts
        ("r1/z1/s1", [("r1", "r3"), ("r1", "r2")], [0, 1, 2, 4, 3]),
        ("r1", [], [0, 0, 0, 1, 1]),
        ("r1/z1", [], [0, 0, 1, 2, 2]),
    ],
)
def test_five_groups(client: str, rules: list[tuple[str, str]], expected: list[int]) -> None:
    assert ranks(client, FIVE, ejecting(failover(*rules))) == expected


def test_without_outlier_detection_nothing_is_ranked() -> None:
    policy = Policy(locality_lb=failover(("r1", "r2")))
    assert ranks("r1/z1/s1", FIVE, policy) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "client", "localities", "rules", "expected"),
    [
        ("no host of its own region", "r1/z1/s1", ["r2/z3", "r3/z4"], [("r1", "r2")], [0, 1]),
        ("client without locality", "", ["", "west"], [], [0, 1]),
        ("and endpoints with one", "", ["east/a", "west"], [], [0, 0]),
        ("a trailing slash is nothing", "east/east-a", ["east/east-a/", "west"], [], [0, 1]),
        (
            "anywhere",
            "east/east-a/",
            ["east/east-a/", "west/", "central"],
            [("east", "west")],
            [0, 1, 2],
        ),
        ("no locality is another region", "east/east-a", ["", "west"], [], [0, 0]),
        (
            "an endpoint that is placed more exactly than the client",
            "r1/z1",
            ["r1/z1", "r1/z1/s1", "r1/z2", "r2/z1"],
            [],
            [0, 1, 2, 3],
        ),
        ("zones of other regions don't match", "r1/z1", ["r2/z1", "r1/z2"], [], [1, 0]),
        (
            "the documentation's example",
            "region1/zone1",
            ["region1/zone1", "region1/zone2", "region2/zone3", "region3/zone4"],
            [("region1", "region2")],
            [0, 1, 2, 3],
        ),
        (
            "six groups",
            "region1/zone1/subzone1",
            ELEVEN,
            [("region1", "region2")],
            [0, 1, 1, 2, 3, 4],
        ),
        (
            "the client's subzone is missing",
            "region1/zone1/subzone1",
            ["region1/zone1/subzone2", "region2/zone1/subzone1", "region2/zone1/subzone2"],
            [("region1", "region2")],
            [0, 1, 1],
        ),
        (
            "endpoints without locality come after the rule's region",
            "region1/zone1/subzone1",
            ["region1/zone1/subzone2", "", "region2/zone1/subzone2"],
            [("region1", "region2")],
            [0, 2, 1],
        ),
        (
            "an empty list of rules",
            "region1/zone1/subzone1",
            ["region1/zone1/subzone1", "region1/zone1/subzone2", "region2/zone1/subzone1"],
            [],
            [0, 1, 2],
        ),
        ("seven groups", "region1/zone1/subzone1", EDS, [], [0, 1, 2, 3, 3, 3, 3]),
        ("from the other side", "region2/zone2/subzone2", EDS, [], [3, 3, 3, 2, 2, 1, 0]),
    ],
)
def test_ranks(
    name: str,
    client: str,
    localities: list[str],
    rules: list[tuple[str, str]],
    expected: list[int],
) -> None:
    assert ranks(client, localities, ejecting(failover(*rules))) == expected, name


@pytest.mark.parametrize("client", ["region1/zone1/subzone1", "region2/zone2/subzone2"])
def test_a_rule_without_outlier_detection(client: str) -> None:
    assert set(ranks(client, EDS, Policy())) == {0}


def test_disabled() -> None:
    policy = Policy(locality_lb={"enabled": False}, outlier_detection=PRESENT)
    assert set(ranks("region1/zone1/subzone1", ELEVEN, policy)) == {0}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], [0, 0, 0, 0, 1, 1]),
        ([("region1", "region2")], [0, 0, 0, 0, 1, 2]),
        ([("region9", "region2")], [0, 0, 0, 0, 1, 1]),
    ],
)
def test_zone_aware_only_tells_regions_apart(
    rules: list[tuple[str, str]], expected: list[int]
) -> None:
    policy = Policy(zone_aware_lb=failover(*rules))
    assert ranks("region1/zone1/subzone1", ELEVEN, policy) == expected


def test_zone_aware_is_not_locality_weighted() -> None:
    policy = Policy(zone_aware_lb=failover(("region1", "region2")))
    assignment = build_load_assignment(
        Client("region1"), endpoints({key: [1] for key in ELEVEN}), policy
    )
    assert assignment.zone_aware
    assert not assignment.locality_weighted


def reasons(client: str, localities: list[str], setting: dict[str, t.Any]) -> list[str]:
    groups = build_load_assignment(
        Client(client), endpoints({key: [1] for key in localities}), ejecting(setting)
    ).groups
    return [group.reason for group in groups]


def test_reasons() -> None:
    localities = ["", "east/a/1", "east/a/2", "east/b", "north", "west"]
    assert reasons("east/a/1", localities, failover(("east", "west"))) == [
        "without locality: it counts as another region",
        "in the client's own region, zone and subzone",
        "in the client's region and zone",
        "in the client's region",
        "in a region that failover from east does not name",
        "in the region that failover from east names",
    ]
