# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a sidecar asks for routes of, where no protocol is declared."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import Proxy
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    http_routes_of,
)

Object: t.TypeAlias = dict[str, t.Any]


def service(name: str, port: str, address: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "clusterIP": address,
            "selector": {"app": name},
            "ports": [{"name": port, "port": 80, "targetPort": 80}],
        },
    }


def entry(**spec: t.Any) -> Object:
    ports = [{"number": 80, "name": "any", "protocol": "MYSTERY"}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "bank", "namespace": "shop"},
        "spec": {"hosts": ["bank.test"], "resolution": "NONE", "ports": ports, **spec},
    }


POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "cart-0", "namespace": "shop", "labels": {"app": "cart"}},
    "spec": {"containers": [{"name": "app"}]},
    "status": {"podIP": "10.0.0.1", "phase": "Running"},
}
SLICE: Object = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "cart-1",
        "namespace": "shop",
        "labels": {"kubernetes.io/service-name": "cart"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "cart-0"}}],
    "ports": [{"name": "any", "port": 80}],
}
HTTP = service("pay", "http", "10.9.0.2")


@pytest.mark.parametrize(
    ("objects", "host", "asked_for"),
    [
        ([service("cart", "any", "10.9.0.1")], "cart.shop.svc.cluster.local", True),
        # no listener: nobody could connect to it
        ([service("cart", "any", "None")], "cart.shop.svc.cluster.local", False),
        ([service("cart", "any", "None"), POD, SLICE], "cart.shop.svc.cluster.local", True),
        # the routes of a port number are for all its hosts
        ([service("cart", "any", "None"), HTTP], "cart.shop.svc.cluster.local", True),
        ([service("cart", "http", "None")], "cart.shop.svc.cluster.local", True),
        ([service("cart", "tcp", "None"), POD, SLICE], "cart.shop.svc.cluster.local", False),
        # connections to any address
        ([entry()], "bank.test", True),
        ([entry(workloadSelector={"labels": {"app": "bank"}})], "bank.test", False),
    ],
)
def test_routes_of_a_port_without_a_declared_protocol(
    objects: list[Object], host: str, asked_for: bool
) -> None:
    view = PushContext.of([ClusterState("c", objects)], "c")
    (found,) = view.services.definitions(host).values()
    proxy = Proxy(Client("", {}, "", "c"), "shop")
    assert bool(http_routes_of(view, proxy, found, found.ports[0])) is asked_for
