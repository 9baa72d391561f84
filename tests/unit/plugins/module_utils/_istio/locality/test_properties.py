# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every topology and every rule."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from dataclasses import replace

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_order import (
    failover_order,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    UNHEALTHY,
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from random_locality_cases import random_cases

localities = st.sampled_from(
    ["", "east", "east/a", "east/a/", "east/a/1", "east/b", "west", "west/a", "west/b/2", "north"]
)
networks = st.sampled_from(["", "n1", "n2", "n3"])
keys = st.sampled_from(["east/a/*", "east/b/*", "west/a", "west/b/*", "north/*", "south"])
load_balancers = st.sampled_from(["LEAST_REQUEST", "ROUND_ROBIN", "RANDOM", "CONSISTENT_HASH"])


@st.composite
def services(draw: st.DrawFn) -> list[Endpoint]:
    several = st.builds(
        Endpoint,
        address=st.just(""),
        locality=localities,
        weight=st.integers(1, 50),
        labels=st.dictionaries(st.just("app"), st.sampled_from(["x", "y"])),
        network=networks,
        health=st.sampled_from([HEALTHY, HEALTHY, UNHEALTHY]),
        mtls=st.booleans(),
    )
    found = draw(st.lists(several, max_size=12))
    return [replace(each, address=f"10.0.0.{n}", port=80) for n, each in enumerate(found)]


@st.composite
def distributes(draw: st.DrawFn) -> dict[str, t.Any]:
    chosen = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    cuts = sorted(
        draw(
            st.lists(
                st.integers(1, 99), min_size=len(chosen) - 1, max_size=len(chosen) - 1, unique=True
            )
        )
    )
    parts = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    source = draw(st.sampled_from(["*", "east", "east/a", "west/*"]))
    return {"distribute": [{"from": source, "to": dict(zip(chosen, parts, strict=True))}]}


regions = st.sampled_from(["east", "west", "north", "south"])
failovers = st.lists(
    st.fixed_dictionaries({"from": regions, "to": regions}), min_size=1, max_size=3
).map(lambda rules: {"failover": rules})
by_labels = st.lists(
    st.sampled_from(["topology.istio.io/network", "topology.kubernetes.io/region", "app", "app=y"]),
    min_size=1,
    max_size=4,
).map(lambda entries: {"failoverPriority": entries})
policies = st.builds(
    Policy,
    locality_lb=st.one_of(st.none(), distributes(), failovers, by_labels),
    outlier_detection=st.sampled_from([None, {}, {"minHealthPercent": 40}]),
    load_balancer=load_balancers,
    traffic_distribution=st.sampled_from(["", "", "PreferClose"]),
)
clients = st.builds(Client, locality=localities, network=networks, cluster=st.just("c1"))
gateways = st.lists(
    st.builds(
        NetworkGateway,
        network=networks.filter(bool),
        address=st.sampled_from(["9.9.9.1", "9.9.9.2", "9.9.9.3"]),
    ),
    max_size=3,
    unique_by=lambda each: each.address,
)


@given(clients, services(), policies, gateways)
def test_shares_add_up_or_say_why_not(
    client: Client, service: list[Endpoint], policy: Policy, known: list[NetworkGateway]
) -> None:
    shares = expected_shares(build_load_assignment(client, service, policy, known))
    total = 0 if shares.lost else 1
    assert sum(each.share for each in shares.localities) == pytest.approx(total)
    assert sum(each.share for each in shares.endpoints) == pytest.approx(total)
    assert sum(each.load for each in shares.priorities) == 100 * total
    assert all(each.reason for each in shares.localities)
    assert all(each.reason for each in shares.priorities)
    for place in shares.localities:
        of_place = (
            each.share
            for each in shares.endpoints
            if (each.locality, each.priority) == (place.locality, place.priority)
        )
        assert sum(of_place) == pytest.approx(place.share)


@given(clients, services(), policies)
def test_no_endpoint_has_two_priorities(
    client: Client, service: list[Endpoint], policy: Policy
) -> None:
    assignment = build_load_assignment(client, service, policy)
    sent = [each.address for group in assignment.groups for each in group.endpoints]
    dropped = [each.address for each, _unused in assignment.dropped]
    assert max(Counter(sent + dropped).values(), default=1) == 1
    if not (policy.locality_lb or {}).get("distribute"):
        assert sorted(sent + dropped) == sorted(each.address for each in service)


@given(clients, services(), policies, gateways)
def test_priorities_have_no_gaps(
    client: Client, service: list[Endpoint], policy: Policy, known: list[NetworkGateway]
) -> None:
    found = {
        group.priority for group in build_load_assignment(client, service, policy, known).groups
    }
    assert found == set(range(len(found)))


@given(clients, services(), policies, gateways)
def test_dead_priorities_and_unhealthy_endpoints_get_nothing(
    client: Client, service: list[Endpoint], policy: Policy, known: list[NetworkGateway]
) -> None:
    assignment = replace(build_load_assignment(client, service, policy, known), panic_threshold=0)
    for step in failover_order(assignment).steps:
        for each in step.shares.endpoints:
            if each.priority in step.dead or each.endpoint.health != HEALTHY:
                assert each.share == 0
    assert failover_order(assignment).steps[-1].shares.lost


@given(clients, services(), policies, gateways, st.randoms(use_true_random=False))
def test_the_order_of_endpoints_does_not_matter(
    client: Client,
    service: list[Endpoint],
    policy: Policy,
    known: list[NetworkGateway],
    dice: random.Random,
) -> None:
    shuffled = dice.sample(service, len(service))
    first, second = (
        build_load_assignment(client, each, policy, known) for each in (service, shuffled)
    )
    assert comparable(first) == comparable(second)
    assert shares_of(first) == pytest.approx(shares_of(second))


def comparable(assignment: Assignment) -> list[t.Any]:
    return [
        (
            group.locality,
            group.priority,
            group.weight,
            sorted((each.address, each.weight) for each in group.endpoints),
        )
        for group in assignment.groups
    ]


def shares_of(assignment: Assignment) -> dict[str, float]:
    return dict(sorted(expected_shares(assignment).by_address().items()))


@given(clients, services(), policies, st.integers(2, 40))
def test_the_scale_of_weights_does_not_matter(
    client: Client, service: list[Endpoint], policy: Policy, scale: int
) -> None:
    # RANDOM looks at no host's weight; everything else is a matter of proportions
    scaled = [replace(each, weight=each.weight * scale) for each in service]
    first, second = (build_load_assignment(client, each, policy) for each in (service, scaled))
    assert [(group.locality, group.priority) for group in first.groups] == [
        (group.locality, group.priority) for group in second.groups
    ]
    if (policy.locality_lb or {}).get("distribute") and first.reasons[-1].startswith("the rule"):
        # percentages are divided by weight and rounded, which scaling cannot change
        assert [group.weight for group in first.groups if group.endpoints] == [
            group.weight for group in second.groups if group.endpoints
        ]
    assert shares_of(first) == pytest.approx(shares_of(second))


@given(clients, services(), distributes(), distributes())
def test_rules_that_cannot_interact_may_change_places(
    client: Client, service: list[Endpoint], one: dict[str, t.Any], other: dict[str, t.Any]
) -> None:
    rules = [*one["distribute"], *other["distribute"]]
    where = parse_locality(client.locality)
    assume(sum(matches(parse_locality(rule["from"]), where) for rule in rules) < 2)
    answers = [
        comparable(
            build_load_assignment(client, service, Policy(locality_lb={"distribute": order}))
        )
        for order in (rules, rules[::-1])
    ]
    assert answers[0] == answers[1]


@given(clients, services(), distributes(), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter_without_overlap(
    client: Client, service: list[Endpoint], setting: dict[str, t.Any], dice: random.Random
) -> None:
    [rule] = setting["distribute"]
    entries = list(rule["to"].items())
    mixed = {"distribute": [rule | {"to": dict(dice.sample(entries, len(entries)))}]}
    answers = [
        build_load_assignment(client, service, Policy(locality_lb=each))
        for each in (setting, mixed)
    ]
    assert not answers[0].nondeterministic
    assert comparable(answers[0]) == comparable(answers[1])


@given(st.lists(clients, min_size=1, max_size=5), services(), policies, gateways)
def test_grouping_once_is_the_same_as_grouping_for_each_client(
    many: list[Client], service: list[Endpoint], policy: Policy, known: list[NetworkGateway]
) -> None:
    grouped = GroupedEndpoints(service, known)
    for client in many:
        assert build_load_assignment(client, grouped, policy) == build_load_assignment(
            client, service, policy, known
        )


def test_gateways_belong_to_the_grouped_endpoints() -> None:
    with pytest.raises(ValueError, match="belong into GroupedEndpoints"):
        build_load_assignment(
            Client(), GroupedEndpoints(()), Policy(), [NetworkGateway("n", "9.9.9.9")]
        )


def test_random_cases_are_reproducible() -> None:
    assert list(random_cases(3, 20)) == list(random_cases(3, 20))
    assert list(random_cases(3, 20)) != list(random_cases(4, 20))
