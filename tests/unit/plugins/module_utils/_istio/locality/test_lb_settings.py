# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which setting is in effect, and which flags and health rules follow from a policy."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.health import (
    panic_threshold,
    sends_unhealthy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    Mode,
    effective_setting,
    resolve_mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Policy,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    HOSTNAME,
    NETWORK,
    PRESENT,
    REGION,
    SUBZONE,
    ZONE,
    distribute,
    ejecting,
    endpoints,
    failover,
    labels_first,
)

ON: dict[str, t.Any] = {"enabled": True}
OFF: dict[str, t.Any] = {"enabled": False}
MOVE = failover(("a", "b"))

NONE = "none"
RULE = "the DestinationRule's localityLbSetting"
RULE_ZONE_AWARE = "the DestinationRule's zoneAwareLbSetting"
MESH = "the mesh's localityLbSetting"
MESH_ZONE_AWARE = "the mesh's zoneAwareLbSetting"
SAME_ZONE = "the Service's trafficDistribution PreferSameZone"
SAME_NODE = "the Service's trafficDistribution PreferSameNode"


@pytest.mark.parametrize(
    ("mesh", "mesh_zone_aware", "rule", "rule_zone_aware", "service", "expected"),
    [
        (None, None, None, None, "", NONE),
        ({}, None, None, None, "", MESH),
        (None, None, {}, None, "", RULE),
        (None, None, ON, None, "", RULE),
        ({}, None, MOVE, None, "", RULE),
        ({}, None, None, None, "PreferSameZone", SAME_ZONE),
        ({}, None, None, None, "PreferSameNode", SAME_NODE),
        (OFF, None, None, None, "", NONE),
        (ON, None, OFF, None, "", NONE),
        (OFF, None, ON, None, "", RULE),
        (None, {}, None, None, "", MESH_ZONE_AWARE),
        (MOVE, None, None, {}, "", RULE_ZONE_AWARE),
        (None, {}, MOVE, None, "", RULE),
        ({}, MOVE, None, None, "", MESH_ZONE_AWARE),
        (ON, OFF, None, None, "", NONE),
        (ON, None, None, OFF, "", NONE),
        (None, {}, None, None, "PreferSameZone", SAME_ZONE),
        (None, None, None, {}, "PreferSameZone", RULE_ZONE_AWARE),
        (None, None, MOVE, None, "PreferSameZone", RULE),
        (ON, None, OFF, None, "PreferSameZone", NONE),
        (ON, None, None, None, "SomethingElse", MESH),
    ],
)
def test_the_first_level_that_says_something(
    mesh: dict[str, t.Any] | None,
    mesh_zone_aware: dict[str, t.Any] | None,
    rule: dict[str, t.Any] | None,
    rule_zone_aware: dict[str, t.Any] | None,
    service: str,
    expected: str,
) -> None:
    setting = effective_setting(
        Policy(
            locality_lb=rule,
            mesh_locality_lb=mesh,
            zone_aware_lb=rule_zone_aware,
            mesh_zone_aware_lb=mesh_zone_aware,
            traffic_distribution=service,
        )
    )
    assert (setting.origin if setting.enabled else NONE) == expected
    assert setting.force_failover is (
        expected in (SAME_ZONE, SAME_NODE, MESH_ZONE_AWARE, RULE_ZONE_AWARE)
    )


def test_levels_are_not_merged() -> None:
    mesh = distribute(("east/*", {"east/*": 100}))
    policy = Policy(locality_lb=ON, mesh_locality_lb=mesh, outlier_detection=PRESENT)
    assert effective_setting(policy).distribute == ()
    assert resolve_mode(policy).mode is Mode.FAILOVER


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PreferClose", (NETWORK, REGION, ZONE)),
        ("PreferSameZone", (NETWORK, REGION, ZONE)),
        ("PreferSameNode", (NETWORK, REGION, ZONE, SUBZONE, HOSTNAME)),
    ],
)
def test_labels_of_traffic_distribution(value: str, expected: tuple[str, ...]) -> None:
    assert effective_setting(Policy(traffic_distribution=value)).failover_priority == expected


@pytest.mark.parametrize(
    ("name", "policy", "mode", "weighted"),
    [
        ("nothing at all", Policy(), Mode.NOTHING, False),
        ("outlier detection only", ejecting(), Mode.FAILOVER, False),
        ("with failover", ejecting(MOVE), Mode.FAILOVER, True),
        ("failover without ejection", Policy(locality_lb=MOVE), Mode.NOTHING, False),
        ("labels", ejecting(labels_first(REGION)), Mode.FAILOVER_PRIORITY, True),
        ("labels alone", Policy(locality_lb=labels_first(REGION)), Mode.NOTHING, False),
        (
            "distribute",
            Policy(locality_lb=distribute(("a", {"b": 100}))),
            Mode.DISTRIBUTE,
            True,
        ),
        (
            "the Service",
            Policy(traffic_distribution="PreferClose"),
            Mode.FAILOVER_PRIORITY,
            True,
        ),
        ("switched off", ejecting(OFF | MOVE), Mode.NOTHING, False),
        ("unset is on", ejecting({"enabled": None}), Mode.FAILOVER, False),
        ("zone-aware", Policy(zone_aware_lb={}), Mode.ZONE_AWARE, False),
        ("zone-aware off", ejecting(zone_aware_lb=OFF), Mode.NOTHING, False),
        (
            "ejection by the mesh's default",
            Policy(mesh_outlier_detection=PRESENT),
            Mode.NOTHING,
            False,
        ),
    ],
)
def test_what_applies(name: str, policy: Policy, mode: Mode, weighted: bool) -> None:
    applied = resolve_mode(policy)
    assert (applied.mode, applied.locality_weighted) == (mode, weighted), name
    assert applied.reasons, name


@pytest.mark.parametrize(
    ("policy", "sent", "panic"),
    [
        (Policy(), True, 0),
        (Policy(outlier_detection={"minHealthPercent": 0}), True, 0),
        (Policy(outlier_detection={"minHealthPercent": 50}), False, 50),
        # the Service's setting counts more than the rule's
        (
            Policy(outlier_detection={"minHealthPercent": 50}, traffic_distribution="PreferClose"),
            True,
            0,
        ),
        (Policy(mesh_outlier_detection={"minHealthPercent": 30}), True, 30),
    ],
)
def test_endpoints_that_are_not_ready(policy: Policy, sent: bool, panic: float) -> None:
    assert sends_unhealthy(policy) is sent
    assert panic_threshold(policy) == panic


def test_passthrough_is_left_alone() -> None:
    policy = ejecting(MOVE, load_balancer="PASSTHROUGH")
    assignment = build_load_assignment(Client("a"), endpoints({"a": [1], "b": [1]}), policy)
    assert {group.priority for group in assignment.groups} == {0}
    assert not assignment.locality_weighted


def test_a_weight_that_is_no_number() -> None:
    policy = Policy(locality_lb={"distribute": [{"from": "a", "to": {"b": "many"}}]})
    with pytest.raises(InvalidInput, match="weight of 'b' is 'many'"):
        build_load_assignment(Client("a"), (), policy)
