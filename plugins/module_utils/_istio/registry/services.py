# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that istiod knows, and which definition a proxy sees."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    age_key,
    annotations_of,
    labels_of,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    parse,
    service_port_protocol,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.traffic_distribution import (
    traffic_distribution,
)

CLIENT_SIDE = "CLIENT_SIDE"
DNS = "DNS"
DNS_ROUND_ROBIN = "DNS_ROUND_ROBIN"
NONE = "NONE"
HEADLESS = "HEADLESS"

_RESOLUTIONS = {"STATIC": CLIENT_SIDE, "DNS": DNS, "DNS_ROUND_ROBIN": DNS_ROUND_ROBIN}


@dataclass(frozen=True, slots=True)
class ServicePort:
    """``target`` is the port number of the endpoints, or the name that the pods give it."""

    name: str
    number: int
    protocol: str
    target: int | str


@dataclass(frozen=True, slots=True)
class Service:
    """One host. ``kind`` and ``name`` tell the object that defines it."""

    host: str
    namespace: str
    kind: str
    name: str
    ports: tuple[ServicePort, ...]
    resolution: str
    addresses: tuple[str, ...] = ()
    # the addresses are allocated by the control plane, for proxies that capture DNS
    auto_allocated: bool = False
    mesh_external: bool = False
    subject_alt_names: tuple[str, ...] = ()
    traffic_distribution: str = ""
    labels: t.Mapping[str, str] = field(default_factory=dict)
    # the namespaces that see it; empty: all
    export_to: frozenset[str] = frozenset()
    # the cluster whose object defines it (clients use the addresses of this cluster)
    cluster: str = ""
    # internalTrafficPolicy Local: only endpoints on the client's own node
    node_local: bool = False
    created: str = ""

    def port(self, number_or_name: int | str) -> ServicePort | None:
        """Return the port with this number or name."""
        for port in self.ports:
            if number_or_name in (port.number, port.name):
                return port
        return None

    def visible_in(self, namespace: str) -> bool:
        return not self.export_to or bool(self.export_to & {"*", namespace})

    def usable_addresses(self, dns_capture: bool) -> tuple[str, ...]:
        """Return the addresses by which a client reaches the host; only DNS capture reveals allocated ones."""
        return self.addresses if dns_capture or not self.auto_allocated else ()


class Services:
    """Every definition of every host, from all clusters that the local istiod watches."""

    def __init__(self, mesh: IstiodClusters) -> None:
        self._mesh = mesh
        found: dict[tuple[str, str], Service] = {}
        for cluster in mesh.visible:
            for obj in cluster.objects("Service"):
                service = kubernetes_service(cluster, obj)
                if service is not None:
                    key = (service.host, service.namespace)
                    # the local cluster comes first and lends its ports and addresses
                    found.setdefault(key, service)
        for obj in sorted(mesh.local.objects("ServiceEntry"), key=age_key):
            for service in service_entry(mesh.local, obj):
                key = (service.host, service.namespace)
                present = found.get(key)
                found[key] = service if present is None else _merged(present, service)
        self.all: tuple[Service, ...] = tuple(sorted(found.values(), key=_precedence))

    def visible(self, namespace: str) -> dict[str, Service]:
        """Return, by host, the one definition that a sidecar in ``namespace`` sees."""
        return self._choose(namespace, own_first=True)

    def visible_to_gateway(self, namespace: str) -> dict[str, Service]:
        """Return, by host, the one definition that a gateway in ``namespace`` sees."""
        return self._choose(namespace, own_first=False)

    def _choose(self, namespace: str, *, own_first: bool) -> dict[str, Service]:
        chosen: dict[str, Service] = {}
        ranks: dict[str, int] = {}
        for service in self.all:
            if not service.visible_in(namespace):
                continue
            rank = 2
            if own_first and service.namespace == namespace:
                rank = 0
            elif service.kind == "Service":
                rank = 1
            if service.host not in chosen or rank < ranks[service.host]:
                chosen[service.host] = service
                ranks[service.host] = rank
        return chosen


def kubernetes_service(cluster: ClusterState, obj: KubernetesObject) -> Service | None:
    """Return None for an ExternalName, which is an alias and has no endpoints of its own."""
    spec = spec_of(obj)
    if spec.get("type") == "ExternalName":
        return None
    namespace = namespace_of(obj)
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    headless = addresses[0] == "None"
    return Service(
        host=f"{name_of(obj)}.{namespace}.{well_known.SERVICE_SUFFIX}",
        namespace=namespace,
        kind="Service",
        name=name_of(obj),
        ports=tuple(_service_port(port) for port in spec.get("ports") or ()),
        resolution=HEADLESS if headless else CLIENT_SIDE,
        addresses=() if headless else tuple(address for address in addresses if address),
        traffic_distribution=traffic_distribution(cluster, obj),
        labels=labels_of(obj),
        export_to=_export_to(
            [part.strip() for part in annotations_of(obj).get(well_known.EXPORT_TO, "").split(",")],
            namespace,
        ),
        cluster=cluster.name,
        node_local=spec.get("internalTrafficPolicy") == "Local",
        created=str(metadata(obj).get("creationTimestamp") or ""),
    )


def service_entry(cluster: ClusterState, obj: KubernetesObject) -> list[Service]:
    """Return one service for each host of a ServiceEntry."""
    spec = spec_of(obj)
    declared = tuple(spec.get("addresses") or ())
    allocated: dict[str, list[str]] = {}
    for entry in (obj.get("status") or {}).get("addresses") or ():
        allocated.setdefault(entry.get("host") or "", []).append(entry["value"])
    namespace = namespace_of(obj)
    return [
        Service(
            host=host,
            namespace=namespace,
            kind="ServiceEntry",
            name=name_of(obj),
            ports=tuple(_entry_port(port) for port in spec.get("ports") or ()),
            resolution=_RESOLUTIONS.get(spec.get("resolution") or "NONE", NONE),
            addresses=declared or tuple(allocated.get(host, ())),
            auto_allocated=not declared and host in allocated,
            mesh_external=spec.get("location") != "MESH_INTERNAL",
            subject_alt_names=tuple(spec.get("subjectAltNames") or ()),
            traffic_distribution=traffic_distribution(cluster, obj),
            labels=labels_of(obj),
            export_to=_export_to(spec.get("exportTo") or (), namespace),
            cluster=cluster.name,
            created=str(metadata(obj).get("creationTimestamp") or ""),
        )
        for host in spec.get("hosts") or ()
    ]


def _service_port(port: t.Mapping[str, t.Any]) -> ServicePort:
    number, name = port["port"], port.get("name") or ""
    protocol = service_port_protocol(
        number, name, port.get("protocol") or "TCP", port.get("appProtocol")
    )
    return ServicePort(name, number, protocol, port.get("targetPort") or number)


def _entry_port(port: t.Mapping[str, t.Any]) -> ServicePort:
    number = port["number"]
    target = port.get("targetPort") or number
    return ServicePort(port.get("name") or "", number, parse(port.get("protocol") or ""), target)


def _export_to(declared: t.Iterable[str], namespace: str) -> frozenset[str]:
    return frozenset(namespace if part == "." else part for part in declared if part)


def _merged(present: Service, addition: Service) -> Service:
    """Return one host defined twice in one namespace: the earlier definition wins, ports are united.

    A Kubernetes Service keeps its own ports; its endpoints still grow by the ServiceEntry's.
    """
    if present.kind == "Service" or present.resolution != addition.resolution:
        return present
    numbers = {port.number for port in present.ports}
    return replace(
        present,
        ports=present.ports + tuple(p for p in addition.ports if p.number not in numbers),
    )


def _precedence(service: Service) -> tuple[bool, str, str, str, str]:
    # istiod lists services exported to named namespaces before public ones, each oldest first
    public = not service.export_to or "*" in service.export_to
    return (public, service.created, service.name, service.namespace, service.host)
