# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the checker looks: from which clients, and what it says with numbers."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import (
    finding_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    SEVERITIES,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    is_typo,
    suggest,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    EAST_PODS,
    FAILOVER,
    entry,
    lab,
    mesh_config,
    pod,
    policy,
    rule,
    service,
    to,
)

KNOWN = [
    Locality("east", "zone1"),
    Locality("east", "zone2"),
    Locality("west", "zone3"),
    Locality("west", "zone3", "rack1"),
]


@pytest.mark.parametrize(
    ("text", "locality", "kind"),
    [
        ("us/west/zone3", "west/zone3", "misplaced"),
        ("us/west/zone3/*", "west/zone3", "misplaced"),
        ("us/west", "west", "misplaced"),
        ("zone3", "west/zone3", "misplaced"),
        ("zone3/west", "west/zone3", "misplaced"),
        ("West/zone3", "west/zone3", "misspelt"),
        ("WEST", "west", "misspelt"),
        (" west/zone3", "west/zone3", "misspelt"),
        ("west/ zone3", "west/zone3", "misspelt"),
        ("west.zone3", "west/zone3", "misspelt"),
        ("west//zone3", "west/zone3", "misspelt"),
        ("west/zone4", "west/zone3", "similar"),
        ("wets/zone3", "west/zone3", "similar"),
        ("eastt", "east", "similar"),
        ("west/zone3/rack2", "west/zone3/rack1", "similar"),
    ],
)
def test_what_was_probably_meant(text, locality, kind):
    found = suggest(text, KNOWN)
    assert found is not None
    assert (str(found.locality), found.kind) == (locality, kind)


@pytest.mark.parametrize("text", ["north/pole", "asia", "north/zone7"])
def test_nothing_is_guessed_from_nothing_alike(text):
    assert suggest(text, KNOWN) is None


@pytest.mark.parametrize(
    ("first", "second", "typo"),
    [
        ("frankfurt", "frankfort", True),
        ("west", "wets", True),
        ("eastt", "east", True),
        ("us-west-1", "us-wst-1", True),
        # other places of one cloud
        ("us-east-1", "us-west-1", False),
        ("eu-west-1", "eu-west-2", False),
        ("us-east-1a", "us-east-1b", False),
        ("zone1", "zone2", False),
        ("zone9x", "zone9", False),
        ("de", "fr", False),
        ("de", "de", False),
    ],
)
def test_a_typo_is_one_letter_in_a_word(first, second, typo):
    assert is_typo(first, second) == is_typo(second, first) == typo


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("east/zone7", None),
        ("eu-west-1/eu-west-1a", None),
        ("eats/zone1", "EW101"),
        ("East/zone1", "EW103"),
        ("zone1/east", "EW102"),
    ],
)
def test_what_an_entry_outside_of_known_networks_declares_exists(declared, code):
    found = lab(entries=[entry(declared, without=["network"], ports={"http": 80})]).codes()
    assert found & {"EW101", "EW102", "EW103"} == ({code} if code else set())


def test_the_gravest_comes_first():
    detection = {"consecutive5xxErrors": 1}
    balancer = {"localityLbSetting": {**to(), **FAILOVER}}
    findings = lab(rule(policy(loadBalancer=balancer, outlierDetection=detection))).findings()
    ranks = [SEVERITIES.index(each.severity) for each in findings]
    assert len(set(ranks)) == len(SEVERITIES)
    assert ranks == sorted(ranks)


def test_a_finding_as_a_mapping():
    found = lab(rule(policy(FAILOVER, connectionPool=None))).one("EW801")
    assert found.as_dict()["object"] == "DestinationRule sample/helloworld"
    assert list(found.as_dict()) == [
        "code",
        "severity",
        "object",
        "field",
        "message",
        "effect",
        "instead",
    ]


def test_a_finding_as_text():
    finding = Finding(
        "EW1", "error", "Rule a/b", "spec.host", "wrong", "nothing works", "a: 1\nb: 2"
    )
    assert [(line.text, line.colour) for line in finding_lines(finding)] == [
        ("", None),
        ("error EW1: Rule a/b spec.host", "red"),
        ("  wrong", None),
        ("  → nothing works", None),
        ("  write:", None),
        ("    a: 1", None),
        ("    b: 2", None),
    ]
    bare = Finding("EW2", "info", "Rule a/b", "", "known", "", "")
    assert [line.text for line in finding_lines(bare)] == ["", "info EW2: Rule a/b", "  known"]


def test_clients_may_be_given():
    rules = rule(policy(to(source="east/zone2")))
    here = Client("east/zone2", network="east-network", cluster="east")
    there = Client("east/zone1", network="east-network", cluster="east")
    assert lab(rules).findings(clients=[here]) == []
    codes = [each.code for each in lab(rules).findings(clients=[here, there])]
    assert codes == ["EW216"]


def test_given_clients_are_in_a_namespace():
    rules = [rule(policy(FAILOVER)), rule(policy(to()), "mine", "client")]
    client = Client("east/zone1", network="east-network", cluster="east")
    found = lab(*rules).findings(clients=[client], client_namespace="client")
    assert [(each.code, each.object) for each in found] == [
        ("EW504", "DestinationRule sample/helloworld")
    ]
    assert "client/mine is found first" in found[0].message


def test_without_any_proxy_clients_are_imagined_where_nodes_are():
    pods = [
        pod("helloworld-zone1", "east-worker", sidecar=False),
        pod("helloworld-zone2", "east-worker2", sidecar=False),
    ]
    found = lab(rule(policy(to())), pods=pods, entries=[]).one("EW211")
    assert "for clients in east/zone1 the split is 50 % to east/zone1" in found.effect


def test_a_client_beside_a_server_counts():
    """Same namespace, same zone, same everything, but another app."""
    pods = [*EAST_PODS[1:], pod("curl", "east-worker", app="curl")]
    found = lab(rule(policy(to(source="east/zone2"))), pods=pods).one("EW216")
    assert "clients in east/zone1" in found.message


def test_servers_are_no_clients_of_their_own():
    codes = lab(rule(policy(to()))).codes()
    assert "EW216" not in codes


def test_overlapping_keys_are_told_with_both_splits():
    found = lab(rule(policy(to({"east/*": 80, "east/zone1": 20})))).one("EW203")
    assert found.severity == "error"
    assert "50 % to east/zone1, 50 % to east/zone2" in found.effect
    assert "20 % to east/zone1, 80 % to east/zone2" in found.effect


def test_a_weight_that_is_no_number_is_told_and_the_rest_is_checked():
    bad = rule(policy(to({"east/zone1": "most"})), host="helloworld.sample")
    codes = lab(bad).codes()
    assert {"EW201", "EW502"} <= codes


def test_an_imported_place_is_not_doubted_while_its_nodes_are_unknown():
    setting = to({"east/zone1": 50, "asia/zone8": 50})
    parts = {"entries": [entry("asia/zone8")]}
    known = {"EW101", "EW111"}
    assert known <= lab(rule(policy(setting)), **parts).codes()
    assert not known & lab(rule(policy(setting)), west_is_known=False, **parts).codes()


def test_what_is_spelt_wrong_is_doubted_all_the_same():
    parts = {"entries": [entry("East/zone1")], "west_is_known": False}
    assert "EW103" in lab(rule(policy(to())), **parts).codes()


def test_a_defect_behind_an_empty_key_is_told_with_shares():
    found = lab(rule(policy(to())), entries=[entry("us/west/zone3")]).one("EW102")
    assert "it breaks the split: for clients in east/zone1" in found.effect
    assert "50 % to east/zone1, 50 % to east/zone2" in found.effect
    assert "mended, it would be 10 % to east/zone1" in found.effect


def test_rules_of_a_headless_service_are_not_predicted():
    services = [service(clusterIP="None")]
    assert lab(rule(policy(to())), services=services, entries=[]).codes() == {"EW904"}


@pytest.mark.parametrize("percent", [10, 33])
def test_ejection_that_rounds_down_to_nothing(percent):
    detection = {"maxEjectionPercent": percent}
    assert "EW402" in lab(rule(policy(FAILOVER, outlierDetection=detection))).codes()
    detection = {"maxEjectionPercent": 34}
    assert "EW402" not in lab(rule(policy(FAILOVER, outlierDetection=detection))).codes()


def test_a_rule_for_the_clients_of_its_own_namespace_is_no_mistake():
    pods = [*EAST_PODS, pod("other", "east-worker", "other", app="other")]
    assert lab(rule(policy(FAILOVER), namespace="sleep"), pods=pods).findings() == []


def test_a_mesh_wide_setting_is_checked_too():
    config = mesh_config("localityLbSetting: {failover: [{from: east, to: east}]}")
    found = lab(extra=[config]).one("EW301")
    assert found.object == "ConfigMap istio-system/istio"
    assert found.field == "mesh.localityLbSetting.failover[0]"
