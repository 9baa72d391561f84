# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``distribute``: which rule, which weights, what is left out."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.distribute import (
    distribute as apply_distribute,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    read_setting,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
    LocalityGroup,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    PRESENT,
    distribute,
    ejecting,
    endpoints,
    failover,
)

FIVE = {"r1/z1/s1": [1, 1], "r1/z1/s2": [1], "r1/z2/s1": [1, 1, 1], "r2/z3": [1], "r3/z4": [1]}
UNCHANGED = [2, 1, 3, 1, 1]
# a group whose endpoints are removed
X = None


def weights(
    client: str, policy: Policy, where: t.Mapping[str, t.Sequence[int]]
) -> list[int | None]:
    assignment = build_load_assignment(Client(client), endpoints(where), policy)
    assert [group.locality for group in assignment.groups] == sorted(where)
    assert {group.priority for group in assignment.groups} == {0}
    assert assignment.locality_weighted
    return [group.weight if group.endpoints else X for group in assignment.groups]


@pytest.mark.parametrize(
    ("name", "client", "rules", "expected"),
    [
        (
            "three keys",
            "r1/z1/s1",
            [("r1/z1/*", {"r1/z1/*": 70, "r1/z2/*": 20, "r2/z3/*": 10})],
            [47, 24, 20, 10, X],
        ),
        ("no rule for the client", "r9/z1", [("r1/z1/*", {"r1/*": 100})], UNCHANGED),
        (
            "the first rule wins",
            "r1/z1/s1",
            [("r1/*", {"r2/*": 100}), ("r1/z1/*", {"r1/z1/*": 100})],
            [X, X, X, 100, X],
        ),
        ("everything by size", "r1/z1/s1", [("*", {"*": 100})], [25, 13, 38, 13, 13]),
        ("plain regions", "r1/z1/s1", [("r1", {"r1": 60, "r3": 40})], [20, 10, 30, X, 40]),
        (
            "the fourth part of a key counts for nothing",
            "r1/z1",
            [("r1", {"r1/z1/s1/x": 100})],
            [100, X, X, X, X],
        ),
        (
            "nor does the fourth part of from",
            "r1/z1/s1",
            [("r1/z1/s1/rack", {"r2/*": 100})],
            [X, X, X, 100, X],
        ),
        (
            "a key without endpoints vanishes",
            "r1/z1/s1",
            [("*", {"r1/z1/s1": 50, "r8/*": 50})],
            [50, X, X, X, X],
        ),
        (
            "a client without locality matches the asterisk",
            "",
            [("*", {"r1/*": 100})],
            [34, 17, 50, X, X],
        ),
        ("and nothing else", "", [("r1", {"r1/*": 100})], UNCHANGED),
        ("nothing is left", "r1/z1/s1", [("*", {"r7/*": 100})], [X, X, X, X, X]),
        ("z* is no wildcard", "r1/z1/s1", [("r1/z*", {"r2/*": 100})], UNCHANGED),
        (
            "an asterisk inside, which the webhook refuses",
            "r1/z1/s1",
            [("r1", {"r1/*/s1": 100})],
            [40, X, 60, X, X],
        ),
    ],
)
def test_five_groups(
    name: str, client: str, rules: list[t.Any], expected: list[int | None]
) -> None:
    assert weights(client, Policy(locality_lb=distribute(*rules)), FIVE) == expected, name


def test_outlier_detection_adds_no_priorities() -> None:
    policy = ejecting(distribute(("r1/z1/*", {"r1/*": 100})))
    assert weights("r1/z1/s1", policy, FIVE) == [34, 17, 50, X, X]


def test_failover_beside_distribute_is_ignored() -> None:
    both = distribute(("r1", {"r1": 100})) | failover(("r1", "r2"))
    assert weights("r1/z1", ejecting(both), FIVE) == [34, 17, 50, X, X]


@pytest.mark.parametrize(
    ("where", "rules", "expected"),
    [
        # rounded up for each group: the sum is 101
        (
            {"r1/a": [1], "r1/b": [1], "r1/c": [1], "r2/d": [1]},
            {"r1": 50, "r2": 50},
            [17, 17, 17, 50],
        ),
        ({"r1/a": [30], "r1/b": [10], "r2/d": [7]}, {"r1/*": 90, "r2/*": 10}, [68, 23, 10]),
    ],
)
def test_shares_of_one_key(
    where: dict[str, list[int]], rules: dict[str, int], expected: list[int]
) -> None:
    policy = Policy(locality_lb=distribute(("r1", rules)))
    assert weights("r1/z1", policy, where) == expected
    untouched = {each.weight for each in endpoints(where)}
    groups = build_load_assignment(Client("r1/z1"), endpoints(where), policy).groups
    assert {each.weight for group in groups for each in group.endpoints} == untouched


def test_the_asterisk_covers_endpoints_without_locality() -> None:
    policy = Policy(locality_lb=distribute(("*", {"*": 100})))
    assert weights("r1", policy, {"": [1, 1], "west": [1]}) == [67, 34]


def test_two_spellings_of_one_locality_are_two_groups() -> None:
    policy = Policy(locality_lb=distribute(("*", {"east/*": 80, "west": 20})))
    where = {"east/a": [1], "east/a/": [1, 1], "west": [1]}
    assert weights("east", policy, where) == [27, 54, 20]


def applied(
    groups: list[LocalityGroup], client: str, *rules: tuple[str, dict[str, int]]
) -> list[int | None]:
    setting = read_setting("", distribute(*rules))
    return [
        group.weight
        for group in apply_distribute(groups, parse_locality(client), setting.distribute).groups
    ]


def test_a_group_that_is_empty_already_counts_as_one() -> None:
    groups = [
        LocalityGroup("r1/a", 0, 1, (Endpoint("1"),)),
        LocalityGroup("r1/b", 0, None, ()),
        LocalityGroup("r2/d", 0, 1, (Endpoint("2"),)),
    ]
    assert applied(groups, "r1", ("r1", {"r1/*": 90, "r2/*": 10})) == [45, 45, 10]


def test_groups_without_any_weight() -> None:
    localities = ["s1", "s1", "s2", "s3"]
    groups = [LocalityGroup(f"region1/zone1/sub{each}", 0, None, ()) for each in localities]
    groups += [LocalityGroup(each, 0, None, ()) for each in ("region1/zone2", "region2", "region3")]
    to = {
        f"region1/zone1/sub{each}": weight for each, weight in (("s1", 80), ("s2", 15), ("s3", 5))
    }
    assert applied(groups, "region1/zone1/subs1", ("region1/zone1/subs1", to)) == [
        *(40, 40, 15, 5),
        *(None, None, None),
    ]


THREE = {
    "region1/zone1/subzone1": [40],
    "region1/zone1/subzone2": [20],
    "region2/zone1/subzone1": [40],
}
MESH = distribute(("region1/zone1/subzone1", {"region1/zone1/*": 50, "region2/zone1/subzone1": 50}))
RULE = distribute(("region1/zone1/subzone1", {"region1/zone1/*": 60, "region2/zone1/subzone1": 40}))


@pytest.mark.parametrize(("rule", "expected"), [(None, [34, 17, 50]), (RULE, [40, 20, 40])])
def test_mesh_weights_and_the_rule_that_replaces_them(
    rule: dict[str, t.Any] | None, expected: list[int]
) -> None:
    policy = Policy(
        locality_lb=rule, mesh_locality_lb=MESH, outlier_detection={"minHealthPercent": 10}
    )
    assert weights("region1/zone1/subzone1", policy, THREE) == expected
    assert build_load_assignment(Client(), endpoints(THREE), policy).panic_threshold == 10


@pytest.mark.parametrize(
    ("keys", "undecided"),
    [
        ({"a/*": 40, "a/b": 40, "d": 20}, True),
        ({"a": 80, "d": 20}, False),
        # both keys cover the same groups with the same weight: the order makes no difference
        ({"a": 40, "a/*": 40, "d": 20}, False),
        ({"a/b/c/x": 50, "a/b/c/y": 50}, False),
        ({"a/b": 30, "a/b/*": 50, "d": 20}, True),
    ],
)
def test_overlapping_keys(keys: dict[str, int], undecided: bool) -> None:
    policy = Policy(locality_lb=distribute(("x", keys)))
    assignment = build_load_assignment(
        Client("x"), endpoints({"a/b": [1], "a/c": [1], "d": [1]}), policy
    )
    assert assignment.nondeterministic is undecided


def test_weights_wrap_at_32_bits() -> None:
    policy = Policy(locality_lb=distribute(("a", {"a": 30, "b": 70})))
    where = {"a/1": [4_000_000_000], "a/2": [4_000_000_000], "b": [50_000_000]}
    assert weights("a", policy, where) == [2, 2, 70]


def test_a_percentage_of_nothing_leaves_the_weight_alone() -> None:
    policy = Policy(locality_lb=distribute(("a", {"a": 0, "b": 98})))
    assert weights("a", policy, {"a/1": [7], "a/2": [5], "b": [3]}) == [7, 5, 98]


def test_reasons_name_rule_and_key() -> None:
    policy = Policy(
        locality_lb=distribute(("east/*", {"east/*": 80, "west": 20})), outlier_detection=PRESENT
    )
    groups = build_load_assignment(
        Client("east/a"), endpoints({"": [1], "east/a": [1], "east/b": [1], "west": [1]}), policy
    ).groups
    assert [group.reason for group in groups] == [
        "'to' of the rule from east/* does not name it: its endpoints are removed",
        "the rule from east/* gives east/* 80 %, of which it has 1 of 2 parts, rounded up",
        "the rule from east/* gives east/* 80 %, of which it has 1 of 2 parts, rounded up",
        "the rule from east/* gives west 20 %",
    ]
