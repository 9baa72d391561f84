# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    entry_locality,
    node_locality,
    pod_locality,
    proxy_locality,
    topology_labels,
)

REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({REGION: "r", ZONE: "z", SUBZONE: "s"}, "r/z/s"),
        ({REGION: "r", ZONE: "z"}, "r/z/"),
        ({REGION: "r"}, "r//"),
        ({ZONE: "z"}, "/z/"),
        ({SUBZONE: "s"}, "//s"),
        ({}, ""),
        ({"failure-domain.beta.kubernetes.io/region": "old", ZONE: "z"}, "old/z/"),
        ({"failure-domain.beta.kubernetes.io/region": "old", REGION: "new"}, "new//"),
    ],
)
def test_node(labels, expected):
    assert node_locality(labels) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"istio-locality": "r.z.s"}, "r/z/s"),
        ({"istio-locality": "r.1/z"}, "r.1/z"),
        ({"topology.istio.io/locality": "a.b", "istio-locality": "c.d"}, "a/b"),
        ({"topology.istio.io/locality": ""}, ""),
        ({}, "r/z/"),
    ],
)
def test_pod_labels_override_the_node(labels, expected):
    assert pod_locality(labels, {REGION: "r", ZONE: "z"}) == expected


def test_pod_on_an_unknown_node_has_no_locality():
    assert pod_locality({}, None) == ""


@pytest.mark.parametrize(
    ("declared", "labels", "expected"),
    [
        ("west.west-a", {}, "west.west-a"),
        ("us/west/zone3", {"istio-locality": "x"}, "us/west/zone3"),
        (None, {"istio-locality": "west.west-a"}, "west/west-a"),
        ("", {"topology.istio.io/locality": "new.y.z", "istio-locality": "old.x"}, "new/y/z"),
        (None, {}, ""),
    ],
)
def test_entry(declared, labels, expected):
    assert entry_locality(declared, labels) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({REGION: "r", ZONE: "z"}, "r/z/"),
        ({ZONE: "z"}, "/z/"),
        ({REGION: "r", "istio-locality": "a/b"}, "r//"),
        ({"istio-locality": "a/b"}, "a/b"),
        ({"istio-locality": "a.b"}, "a.b"),
        ({}, ""),
    ],
)
def test_proxy(labels, expected):
    assert proxy_locality(labels) == expected


def test_added_labels_leave_a_network_label_alone_and_skip_empty_parts():
    own = {"app": "a", "topology.istio.io/network": "mine", REGION: "stale"}
    found = topology_labels(own, locality="r/z/", cluster="c", network="other", node="n1")
    assert found == {
        "app": "a",
        "topology.istio.io/network": "mine",
        REGION: "r",
        ZONE: "z",
        "topology.istio.io/cluster": "c",
        "kubernetes.io/hostname": "n1",
    }
    assert own[REGION] == "stale"
