# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    PeerAuthentications,
    expected_identities,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
)

LABELS = {"app": "a", "x": "y"}


def policy(k8s, namespace, mode=None, *, app=None, ports=None, created="1", name="pa"):
    spec = {"mtls": {"mode": mode}} if mode else {}
    if app:
        spec["selector"] = {"matchLabels": {"app": app}}
    if ports:
        spec["portLevelMtls"] = ports
    return k8s.obj("PeerAuthentication", name, namespace, spec=spec, creationTimestamp=created)


def mode_of(objects, port=None, settings=None):
    mesh = IstiodClusters(
        [ClusterState("east", [*objects, *([settings] if settings else [])])], "east"
    )
    return PeerAuthentications(mesh).mode("ns", LABELS, port)


@pytest.mark.parametrize(
    ("policies", "port", "expected"),
    [
        ([], None, "PERMISSIVE"),
        ([("istio-system", "STRICT")], None, "STRICT"),
        ([("other", "STRICT")], None, "PERMISSIVE"),
        ([("istio-system", "STRICT"), ("ns", "DISABLE")], None, "DISABLE"),
        ([("istio-system", "STRICT"), ("ns", "UNSET")], None, "STRICT"),
        ([("istio-system", "STRICT"), ("ns", None)], None, "STRICT"),
    ],
)
def test_levels(k8s, policies, port, expected):
    assert mode_of([policy(k8s, *p) for p in policies], port) == expected


@pytest.mark.parametrize(
    ("mode", "app", "port", "expected"),
    [
        ("PERMISSIVE", "a", None, "PERMISSIVE"),
        ("PERMISSIVE", "b", None, "STRICT"),
        ("UNSET", "a", None, "STRICT"),
        ("PERMISSIVE", "a", 80, "DISABLE"),
        ("PERMISSIVE", "a", 81, "PERMISSIVE"),
        ("PERMISSIVE", "a", 82, "PERMISSIVE"),
        (None, "a", 82, "STRICT"),
        ("PERMISSIVE", "b", 80, "STRICT"),
        ("PERMISSIVE", "a", 83, "DISABLE"),
    ],
)
def test_a_workloads_policy_and_its_ports(k8s, mode, app, port, expected):
    ports = {"80": {"mode": "DISABLE"}, "82": {"mode": "UNSET"}, 83: {"mode": "DISABLE"}}
    objects = [policy(k8s, "istio-system", "STRICT"), policy(k8s, "ns", mode, app=app, ports=ports)]
    assert mode_of(objects, port) == expected


def test_the_oldest_policy_wins(k8s):
    objects = [
        policy(k8s, "ns", "DISABLE", created="2026-02-01T00:00:00Z", name="a"),
        policy(k8s, "ns", "STRICT", created="2026-01-01T00:00:00Z", name="b"),
    ]
    assert mode_of(objects) == "STRICT"


def test_the_root_namespace_may_be_another(k8s):
    settings = k8s.mesh_config("rootNamespace: mesh-root")
    objects = [policy(k8s, "istio-system", "DISABLE"), policy(k8s, "mesh-root", "STRICT")]
    assert mode_of(objects, settings=settings) == "STRICT"


@pytest.mark.parametrize(
    ("aliases", "accounts", "names", "expected"),
    [
        ([], [], [], ()),
        ([], ["ns/a"], [], ("spiffe://td/ns/ns/sa/a",)),
        (["x"], ["ns/a"], [], ("spiffe://td/ns/ns/sa/a", "spiffe://x/ns/ns/sa/a")),
        (["x"], [], ["spiffe://o/ns/n/sa/b"], ("spiffe://o/ns/n/sa/b", "spiffe://x/ns/n/sa/b")),
        (["x"], [""], ["host.example.com"], ("host.example.com",)),
    ],
)
def test_expected_identities(aliases, accounts, names, expected):
    config = {"trustDomain": "td", "trustDomainAliases": aliases}
    assert expected_identities(config, accounts, names) == expected
