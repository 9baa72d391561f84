# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address at which other clusters reach a gateway, read from its Service."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

Object: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """An IP address or a host name, and the port there."""

    host: str
    port: int


def gateway_address(
    objects: t.Iterable[Object], port: int, node_addresses: t.Sequence[str]
) -> GatewayAddress:
    """Read the address of a gateway's Service; with type ClusterIP there is none.

    Raises MeshError where the Service's type promises an address and there is none.
    """
    service = next((obj for obj in objects if obj["kind"] == "Service"), None)
    if service is None:
        raise MeshError("objects: there is no Service among them; give those of the gateway")
    kind = str(service["spec"].get("type") or "ClusterIP")
    found = GatewayAddress(_load_balancer(service), port)
    if kind == "NodePort":
        # any node leads to the gateway
        found = GatewayAddress(next(iter(node_addresses), ""), _node_port(service, port))
    if kind == "ClusterIP" or found.host:
        return found
    metadata = service["metadata"]
    reason = (
        "no address of a node is known; set gateway_node_addresses"
        if kind == "NodePort"
        else "has no load balancer address. Is there a free address in the pools of MetalLB, or does"
        " the platform have load balancers?"
    )
    raise MeshError(
        f"Service {metadata['namespace']}/{metadata['name']} is of type {kind}, but {reason}"
    )


def _load_balancer(service: Object) -> str:
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(ingress[0].get("ip") or ingress[0].get("hostname") or "")


def _node_port(service: Object, port: int) -> int:
    ports = service["spec"].get("ports") or ()
    return next((int(each.get("nodePort") or 0) for each in ports if each["port"] == port), 0)
