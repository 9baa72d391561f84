# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses, and what should be refused beyond that."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.destination_rules import (
    destination_rule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_keys import (
    list_overlaps,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
    zone_aware_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.traffic_policies import (
    policy_violations,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._istio.locality.builders import (
    REGION,
    SUBZONE,
    ZONE,
    distribute,
    failover,
    labels_first,
)


def codes(raw: t.Mapping[str, t.Any] | None) -> list[str]:
    return [each.code for each in locality_violations(raw, outlier_detection=True)]


def to(**weights: int) -> dict[str, t.Any]:
    return distribute(("here", {key.replace("_", "/"): each for key, each in weights.items()}))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, []),
        ({}, []),
        (distribute(("a/b/*", {"a/b/*": 80, "c/d/*": 20})), []),
        (distribute(("a", {"a": 100})) | failover(("a", "b")), ["distribute-and-failover"]),
        (distribute(("a", {"a": 100})) | labels_first("app"), []),
        (failover(("a", "b")) | labels_first(REGION), ["failover-and-locality-label"]),
        (failover(("a", "b")) | labels_first(f"{ZONE}=x"), []),
        (failover(("a", "b")) | labels_first("app"), []),
        (to(a=80, b=10), ["weight-sum"]),
        (to(a=80, b=25), ["weight-sum"]),
        (to(a=80, b=30), ["weight-sum"]),
        (to(), ["weight-sum"]),
        (to(a=100, b=0), ["weight-range"]),
        (to(a=101), ["weight-range", "weight-sum"]),
        (failover(("a", "a")), ["failover-same-region"]),
        (failover(("", "")), ["failover-same-region"]),
        (failover(("a/b", "c")), ["failover-not-a-region"]),
        (failover(("a", "b/c")), ["failover-not-a-region"]),
        (failover(("*", "c")), ["failover-wildcard"]),
        (failover(("a", "*")), ["failover-wildcard"]),
        (failover(("", "b")), []),
        (failover(("a", "b"), ("a", "c")), []),
        (labels_first("x", "x"), []),
        (labels_first(""), []),
        # switched off, but checked all the same
        ({"enabled": False} | failover(("a", "a")), ["failover-same-region"]),
    ],
)
def test_settings(raw: dict[str, t.Any] | None, expected: list[str]) -> None:
    assert codes(raw) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", "key-empty-part"),
        ("a//b", "key-empty-part"),
        ("a/b/", "key-empty-part"),
        ("a/*/c", "key-wildcard"),
        ("*/*", "key-wildcard"),
        ("*/zone", "key-wildcard"),
        ("*/zone/*", "key-wildcard"),
        ("a/z*", None),
        ("a/b/c/d", None),
        ("a/b/c/", None),
        ("*", None),
    ],
)
def test_form_of_keys(key: str, expected: str | None) -> None:
    found = [expected] if expected else []
    assert codes(distribute((key, {"z": 100}))) == found
    assert codes(distribute(("z", {key: 100}))) == found


@pytest.mark.parametrize(
    "sources",
    [
        *(["a", "a"], ["a/*", "a/b"], ["a", "a/b"], ["*", "a"], ["a/b", "a"]),
        *(["a/b/*", "a/b/c"], ["a/b/c", "a/b"], ["a", "a/b/c"], ["a/*", "a/b/c"]),
        *(["a/b", "a/b/c"], ["*", "a/b/c"]),
    ],
)
def test_sources_that_overlap(sources: list[str]) -> None:
    assert [index for index, _unused in list_overlaps(sources)] == [1]
    assert codes(distribute(*((each, {"z": 100}) for each in sources))) == ["from-overlap"]


@pytest.mark.parametrize(
    "sources",
    [
        *(["a/b", "a/*"], ["a", "*"], ["a/b/c", "a/b/*"], ["a/z*", "a/*"]),
        ["a1/*", "a2/*", "a3/b3/c3", "a4/b4", "a5/b5/*"],
    ],
)
def test_specific_sources_before_general_ones(sources: list[str]) -> None:
    assert codes(distribute(*((each, {"z": 100}) for each in sources))) == []


@pytest.mark.parametrize(
    ("keys", "by_chance"),
    [
        (["a", "a/b"], False),
        (["a", "*"], True),
        (["a/*", "a/b"], True),
        (["a", "a/*"], False),
        # the webhook does not know that these are one locality for istiod
        (["a/b/c", "a/b/c/d"], True),
        (["a/b/c/d", "a/b/c/e"], True),
    ],
)
def test_keys_of_to_that_overlap(keys: list[str], by_chance: bool) -> None:
    raw = distribute(("here", dict.fromkeys(keys, 50)))
    assert [
        (each.code, each.by_chance) for each in locality_violations(raw, outlier_detection=True)
    ] == [("keys-overlap", by_chance)]


@pytest.mark.parametrize("raw", [failover(("a", "b")), labels_first("app")])
def test_no_outlier_detection_is_a_warning(raw: dict[str, t.Any]) -> None:
    found = locality_violations(raw, outlier_detection=False)
    assert [(each.code, each.warning) for each in found] == [("no-outlier-detection", True)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, []),
        ({}, []),
        (labels_first(REGION), ["zone-aware-locality-label"]),
        (labels_first("version", SUBZONE), ["zone-aware-locality-label"]),
        (labels_first("version", "app=ratings", f"{REGION}=x"), []),
        (failover(("a", "a")), ["failover-same-region"]),
        (failover(("a/b", "c")), ["failover-not-a-region"]),
    ],
)
def test_zone_aware(raw: dict[str, t.Any] | None, expected: list[str]) -> None:
    assert [each.code for each in zone_aware_violations(raw, outlier_detection=True)] == expected


def test_both_kinds_of_setting() -> None:
    policy: dict[str, t.Any] = {"loadBalancer": {"localityLbSetting": {}, "zoneAwareLbSetting": {}}}
    assert [each.code for each in policy_violations(policy, "spec.trafficPolicy")] == [
        "zone-aware-and-locality"
    ]


def test_every_policy_of_a_rule_is_checked() -> None:
    bad = {"loadBalancer": {"localityLbSetting": failover(("a", "a"))}, "outlierDetection": {}}
    inside = bad | {"portLevelSettings": [bad | {"port": {"number": 80}}]}
    rule = {
        "spec": {
            "host": "web",
            "trafficPolicy": inside,
            "subsets": [{"name": "v1"}, {"name": "v2", "trafficPolicy": inside}],
        }
    }
    setting = "loadBalancer.localityLbSetting.failover[0]"
    assert [each.field for each in destination_rule(rule)] == [
        f"spec.trafficPolicy.{setting}",
        f"spec.trafficPolicy.portLevelSettings[0].{setting}",
        f"spec.subsets[1].trafficPolicy.{setting}",
        f"spec.subsets[1].trafficPolicy.portLevelSettings[0].{setting}",
    ]


def test_outlier_detection_must_be_in_the_same_policy() -> None:
    port = {"port": {"number": 80}, "loadBalancer": {"localityLbSetting": failover(("a", "b"))}}
    rule = {
        "spec": {
            "host": "web",
            "trafficPolicy": {"outlierDetection": {}, "portLevelSettings": [port]},
        }
    }
    assert [each.code for each in destination_rule(rule)] == ["no-outlier-detection"]
