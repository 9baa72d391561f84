# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways: the way into a network, and what Gateway resources expose."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    NetworkGateway,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    age_key,
    annotations_of,
    labels_of,
    matches_labels,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)

AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One entry of a server's ``hosts``; ``namespace`` is ``*`` without a prefix."""

    host: str
    namespace: str = "*"

    def matches(self, host: str, namespace: str) -> bool:
        return self.namespace in ("*", namespace) and host_matches(self.host, host)


@dataclass(frozen=True, slots=True)
class GatewayServer:
    """One server of a Gateway resource."""

    gateway: str
    namespace: str
    port: int
    port_name: str
    protocol: str
    tls_mode: str
    hosts: tuple[HostPattern, ...]
    # the name of the listener that it is, of a Gateway of the Gateway API
    listener: str = ""
    created: str = ""
    # every plain request is sent to HTTPS, whatever the routes say
    https_redirect: bool = False

    @property
    def full_name(self) -> str:
        """The name by which VirtualServices are bound to it."""
        return f"{self.namespace}/{self.gateway}"

    @property
    def object(self) -> str:
        """The Gateway in words."""
        return f"Gateway {self.namespace}/{self.gateway.partition('~')[0]}"

    def hosts_for(self, namespace: str) -> tuple[str, ...]:
        """Return the host patterns that count for routes of a namespace."""
        return tuple(each.host for each in self.hosts if each.namespace in ("*", namespace))

    def exposes(self, host: str, namespace: str) -> bool:
        return any(pattern.matches(host, namespace) for pattern in self.hosts)


def network_gateways(mesh: IstiodClusters) -> tuple[NetworkGateway, ...]:
    """Return the gateways that istiod sends traffic for other networks to, sorted as it sorts them."""
    found: set[NetworkGateway] = set()
    for cluster in mesh.visible:
        for service in cluster.objects("Service"):
            network = labels_of(service).get(well_known.NETWORK)
            if network:
                found.update(_service_gateways(cluster, service, network))
    for network, setting in mesh.local.mesh_networks.items():
        for gateway in (setting or {}).get("gateways") or ():
            found.update(_configured(mesh, network, gateway))
    return tuple(
        sorted(found, key=lambda gateway: (gateway.address, gateway.port, gateway.network))
    )


def gateway_servers(cluster: ClusterState, pod: KubernetesObject) -> tuple[GatewayServer, ...]:
    """Return the servers of every Gateway that selects the pod, whatever namespace it is in."""
    return selected_servers(cluster, labels_of(pod))


def selected_servers(
    cluster: ClusterState, labels: t.Mapping[str, str]
) -> tuple[GatewayServer, ...]:
    """Return the servers of every Gateway of Istio that selects proxies with these labels."""
    return tuple(
        server
        for obj in sorted(cluster.objects("Gateway"), key=age_key)
        if matches_labels(spec_of(obj).get("selector") or {}, labels)
        for server in servers(obj)
    )


def passthrough_servers(cluster: ClusterState, pod: KubernetesObject) -> tuple[GatewayServer, ...]:
    """Return the servers that send traffic on by its SNI: what makes a pod an east-west gateway."""
    found = gateway_servers(cluster, pod)
    return tuple(server for server in found if server.tls_mode == AUTO_PASSTHROUGH)


def servers(obj: KubernetesObject) -> tuple[GatewayServer, ...]:
    namespace = namespace_of(obj)
    return tuple(
        GatewayServer(
            gateway=name_of(obj),
            namespace=namespace,
            port=server["port"]["number"],
            port_name=server["port"].get("name") or "",
            protocol=(server["port"].get("protocol") or "").upper(),
            tls_mode=str((server.get("tls") or {}).get("mode") or ""),
            hosts=tuple(host_pattern(host, namespace) for host in server.get("hosts") or ()),
            created=str(metadata(obj).get("creationTimestamp") or ""),
            https_redirect=bool((server.get("tls") or {}).get("httpsRedirect")),
        )
        for server in spec_of(obj).get("servers") or ()
    )


def host_pattern(text: str, gateway_namespace: str) -> HostPattern:
    namespace, slash, host = text.partition("/")
    if not slash:
        return HostPattern(text)
    return HostPattern(host, gateway_namespace if namespace == "." else namespace)


def _service_gateways(
    cluster: ClusterState, service: KubernetesObject, network: str
) -> t.Iterator[NetworkGateway]:
    mtls_port = int(labels_of(service).get(well_known.GATEWAY_PORT) or well_known.GATEWAY_MTLS_PORT)
    ports = {port["port"]: port for port in spec_of(service).get("ports") or ()}
    if mtls_port not in ports:
        return
    selector = annotations_of(service).get(well_known.NODE_SELECTOR)
    if spec_of(service).get("type") == "NodePort" and selector is not None:
        number = ports[mtls_port].get("nodePort")
        addresses = _node_addresses(cluster, selector, name_of(service))
    else:
        number = mtls_port
        addresses = load_balancer_addresses(service)
    if number:
        for address in addresses:
            yield NetworkGateway(network, address, number, cluster.name)


def load_balancer_addresses(service: KubernetesObject) -> list[str]:
    """Return the addresses (or host names) by which a Service is reached from outside its cluster."""
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = [entry.get("ip") or entry.get("hostname") or "" for entry in ingress]
    found += spec_of(service).get("externalIPs") or ()
    return [address for address in found if address]


def _node_addresses(cluster: ClusterState, selector: str, service: str) -> list[str]:
    node_labels = load_mapping(
        selector, f"annotation {well_known.NODE_SELECTOR} of Service {service}"
    )
    found = []
    for node in cluster.objects("Node", labels=node_labels):
        by_type = {
            entry.get("type"): entry.get("address")
            for entry in (node.get("status") or {}).get("addresses") or ()
        }
        address = by_type.get("ExternalIP") or by_type.get("InternalIP")
        if address:
            found.append(address)
    return found


def _configured(
    mesh: IstiodClusters, network: str, gateway: t.Mapping[str, t.Any]
) -> t.Iterator[NetworkGateway]:
    port = int(gateway.get("port") or well_known.GATEWAY_MTLS_PORT)
    if gateway.get("address"):
        yield NetworkGateway(network, gateway["address"], port)
        return
    name, _dot, rest = str(gateway.get("registryServiceName") or "").partition(".")
    for cluster in mesh.visible:
        service = cluster.get("Service", name, rest.partition(".")[0])
        for address in load_balancer_addresses(service) if service else ():
            yield NetworkGateway(network, address, port, cluster.name)
