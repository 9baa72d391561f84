# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Sidecars and exportTo show a proxy; the answers are istiod's."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)

CART = "cart.shop.svc.cluster.local"
PAY = "pay.web.svc.cluster.local"
BANK = "bank.example.test"


def scope(objects, namespace="web", labels=None, gateway=False):
    view = PushContext.of([ClusterState("c1", objects)], "c1")
    return view.scopes.of(namespace, labels or {}, gateway=gateway)


def hosts(objects, *args, **kwargs):
    return set(scope(objects, *args, **kwargs).services)


@pytest.fixture
def mesh(k8s):
    entry = {"hosts": [BANK], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}]}
    return [
        k8s.service("cart", "shop"),
        k8s.service("pay", "web"),
        k8s.obj("ServiceEntry", "bank", "shop", spec=entry),
    ]


def sidecar(k8s, namespace, *imported, name="default", **spec):
    return k8s.obj("Sidecar", name, namespace, spec={"egress": [{"hosts": [*imported]}], **spec})


@pytest.mark.parametrize(
    ("imported", "seen"),
    [
        (["./*"], {PAY}),
        (["shop/*"], {CART, BANK}),
        (["*/*"], {CART, PAY, BANK}),
        ([f"*/{CART}"], {CART}),
        ([f"web/{CART}"], set()),
        (["*/*.example.test"], {BANK}),
        (["*/*", "~shop/*"], {PAY}),
        (["~/*"], set()),
        (["no-slash"], set()),
    ],
)
def test_hosts_of_a_sidecar(k8s, mesh, imported, seen):
    assert hosts([*mesh, sidecar(k8s, "web", *imported)]) == seen


def test_the_sidecar_of_the_root_namespace_is_for_namespaces_without_one(k8s, mesh):
    objects = [*mesh, sidecar(k8s, "istio-system", "./*")]
    assert hosts(objects, "web") == {PAY}
    assert hosts([*objects, sidecar(k8s, "web", "*/*")], "web") == {CART, PAY, BANK}


def test_a_sidecar_that_selects_the_client_comes_before_a_general_one(k8s, mesh):
    selecting = sidecar(k8s, "web", "shop/*", workloadSelector={"labels": {"app": "asker"}})
    objects = [*mesh, sidecar(k8s, "web", "./*", name="all"), selecting]
    assert hosts(objects, labels={"app": "asker"}) == {CART, BANK}
    assert hosts(objects, labels={"app": "other"}) == {PAY}


def test_sidecars_mean_nothing_to_gateways(k8s, mesh):
    assert hosts([*mesh, sidecar(k8s, "web", "./*")], gateway=True) == {CART, PAY, BANK}


def test_a_port_of_an_egress_entry_imports_that_port_only(k8s, mesh):
    ports = [{"name": "http", "port": 80}, {"name": "tcp", "port": 9000}]
    objects = [k8s.service("cart", "shop", ports=ports)]
    egress = [{"port": {"number": 9000, "protocol": "TCP"}, "hosts": ["*/*"]}]
    confined = k8s.obj("Sidecar", "default", "web", spec={"egress": egress})
    found = scope([*objects, confined]).services[CART]
    assert [port.number for port in found.ports] == [9000]


def test_destinations_of_imported_routes_are_imported_too(k8s, mesh):
    route = {"hosts": ["pay"], "http": [{"route": [{"destination": {"host": CART}}]}]}
    objects = [*mesh, k8s.obj("VirtualService", "pay", "web", spec=route)]
    assert hosts([*objects, sidecar(k8s, "web", "./*")]) == {PAY, CART}
    route["exportTo"] = ["shop"]
    assert hosts([*objects, sidecar(k8s, "web", "./*")]) == {PAY}


@pytest.mark.parametrize(
    ("exported", "seen"),
    [(".", False), ("web", True), ("*", True), ("~", False), ("shop,web", True), ("", True)],
)
def test_export_to_of_a_service(k8s, exported, seen):
    annotations = {"networking.istio.io/exportTo": exported} if exported else {}
    objects = [k8s.service("cart", "shop", annotations=annotations)]
    assert (CART in hosts(objects, "web")) is seen


def test_the_mesh_settings_have_the_default_of_export_to(k8s):
    config = k8s.mesh_config("defaultServiceExportTo: ['.']")
    assert hosts([config, k8s.service("cart", "shop")], "web") == set()
    assert hosts([config, k8s.service("cart", "shop")], "shop") == {CART}


@pytest.mark.parametrize(
    ("spec", "mesh_mode", "allowed"),
    [
        ({}, "", True),
        ({}, "REGISTRY_ONLY", False),
        ({"outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}, "REGISTRY_ONLY", True),
        ({"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}, "", False),
        # the value of a policy without a mode
        ({"outboundTrafficPolicy": {}}, "", False),
    ],
)
def test_outbound_traffic_policy(k8s, mesh, spec, mesh_mode, allowed):
    config = [k8s.mesh_config(f"outboundTrafficPolicy: {{mode: {mesh_mode}}}")] if mesh_mode else []
    found = scope([*mesh, *config, sidecar(k8s, "web", "./*", **spec)])
    assert found.allow_any is allowed
