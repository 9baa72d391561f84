# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.gateway_address import (
    GatewayAddress,
    gateway_address,
)


def find(kind: str, nodes: tuple[str, ...] = (), **ingress: str) -> GatewayAddress:
    service: dict[str, t.Any] = {
        "kind": "Service",
        "metadata": {"name": "gw", "namespace": "istio-system"},
        "spec": {
            "type": kind,
            "ports": [{"port": 15021, "nodePort": 30021}, {"port": 15443, "nodePort": 30443}],
        },
        "status": {"loadBalancer": {"ingress": [ingress] if ingress else None}},
    }
    return gateway_address([{"kind": "Deployment"}, service], 15443, nodes)


def test_addresses() -> None:
    assert find("LoadBalancer", ip="192.0.2.1") == GatewayAddress("192.0.2.1", 15443)
    assert find("LoadBalancer", hostname="gw.example") == GatewayAddress("gw.example", 15443)
    assert find("NodePort", ("192.0.2.2", "192.0.2.3")) == GatewayAddress("192.0.2.2", 30443)
    assert find("ClusterIP") == GatewayAddress("", 15443)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("LoadBalancer", "of type LoadBalancer, but has no load balancer address. Is there a free"),
        ("NodePort", "of type NodePort, but no address of a node is known; set gateway_node_addr"),
    ],
)
def test_no_address(kind: str, expected: str) -> None:
    with pytest.raises(MeshError, match=f"Service istio-system/gw is {expected}"):
        find(kind)


def test_no_service() -> None:
    with pytest.raises(MeshError, match="objects: there is no Service among them"):
        gateway_address([], 15443, ())
