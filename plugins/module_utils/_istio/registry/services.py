# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that istiod knows, and which definition a proxy sees."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import service_host
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.visibility import (
    exported_to,
    reaches,
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
    # the labels of the workloads that back it
    selector: t.Mapping[str, str] = field(default_factory=dict)
    # the namespaces that see it; empty: all
    export_to: frozenset[str] = frozenset()
    # as written, which decides whether two definitions of the host become one
    declared_exports: frozenset[str] = frozenset()
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
        return reaches(self.export_to, namespace)

    def usable_addresses(self, dns_capture: bool) -> tuple[str, ...]:
        """Return the addresses by which a client reaches the host; only DNS capture reveals allocated ones."""
        return self.addresses if dns_capture or not self.auto_allocated else ()


class Alias(t.NamedTuple):
    """What a Service of type ExternalName stands for, in requests to the ports that it declares."""

    host: str
    ports: frozenset[int]


class Services:
    """Every definition of every host, from all clusters that the local istiod watches."""

    def __init__(self, mesh: IstiodClusters) -> None:
        default = mesh.config.get("defaultServiceExportTo")
        kubernetes: dict[tuple[str, str], Service] = {}
        self._aliases: dict[str, Alias] = {}
        for cluster in mesh.visible:
            for obj in cluster.objects("Service"):
                service = kubernetes_service(cluster, obj, default)
                if service is not None:
                    # the local cluster comes first and lends its ports and addresses
                    kubernetes.setdefault((service.host, service.namespace), service)
                else:
                    self._aliases.setdefault(
                        service_host(name_of(obj), namespace_of(obj)), _alias(obj)
                    )
        entries = [
            service
            for obj in mesh.local.objects("ServiceEntry")
            for service in service_entry(mesh.local, obj, default)
        ]
        self._oldest_first = sorted([*kubernetes.values(), *entries], key=_age)
        by_place: dict[tuple[str, str], list[Service]] = {}
        for service in self._oldest_first:
            by_place.setdefault((service.host, service.namespace), []).append(service)
        self._definitions: dict[str, dict[str, Service]] = {}
        for (host, namespace), found in by_place.items():
            self._definitions.setdefault(host, {})[namespace] = merge_by_host(found)[host]

    @property
    def all(self) -> tuple[Service, ...]:
        """The definition of each host in each namespace."""
        return tuple(each for found in self._definitions.values() for each in found.values())

    def alias(self, host: str) -> Alias | None:
        """Return what the host stands for, if it is that of an ExternalName."""
        return self._aliases.get(host)

    def named(self, host: str, port: int = 0) -> str:
        """Return the host that an alias stands for, in requests to a port; any other as it is.

        Port 0 stands for any. Of an alias of an alias, istiod follows the first one only.
        """
        alias = self._aliases.get(host)
        return alias.host if alias and (not port or port in alias.ports) else host

    def definitions(self, host: str) -> t.Mapping[str, Service]:
        """Return the definition of a host in each namespace that has one."""
        return self._definitions.get(host, {})

    def exported_to(self, namespace: str) -> list[Service]:
        """Return what a namespace sees: first what is exported to named ones, then public services."""
        found = self._oldest_first
        named = [each for each in found if each.export_to and namespace in each.export_to]
        return [*named, *(each for each in found if not each.export_to)]

    def visible(self, namespace: str) -> dict[str, Service]:
        """Return, by host, the definition that a sidecar sees which no Sidecar object confines."""
        return merge_by_host(one_namespace(self.exported_to(namespace), namespace))

    def visible_to_gateway(self, namespace: str) -> dict[str, Service]:
        """Return, by host, the definition that a gateway in the namespace sees."""
        return merge_by_host(self.exported_to(namespace))


def one_namespace(services: t.Sequence[Service], own: str) -> t.Iterator[Service]:
    """Yield, of services of one host, those of one namespace: the own, Kubernetes', the first."""
    chosen: dict[str, tuple[str, bool]] = {}
    for service in services:
        kubernetes = service.kind == "Service"
        namespace, was_kubernetes = chosen.get(service.host, ("", False))
        better = kubernetes and not was_kubernetes and namespace != own
        if service.host not in chosen or service.namespace == own or better:
            chosen[service.host] = (service.namespace, kubernetes)
    return (each for each in services if chosen[each.host][0] == each.namespace)


def merge_by_host(services: t.Iterable[Service]) -> dict[str, Service]:
    """Return one service for each host: a Kubernetes one, else the first, ports united if alike."""
    found: dict[str, Service] = {}
    for service in services:
        present = found.get(service.host)
        if present is None or (present.kind != "Service" and service.kind == "Service"):
            found[service.host] = service
        elif _alike(present, service):
            numbers = {port.number for port in present.ports}
            added = tuple(port for port in service.ports if port.number not in numbers)
            found[service.host] = replace(present, ports=present.ports + added)
    return found


def _alike(one: Service, other: Service) -> bool:
    """Tell whether two definitions of a host become one."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("namespace", "resolution", "kind", "labels", "selector", "declared_exports")
    )


def kubernetes_service(
    cluster: ClusterState, obj: KubernetesObject, default_export: t.Iterable[str] | None = None
) -> Service | None:
    """Return None for an ExternalName, which is an alias and has no endpoints of its own."""
    spec = spec_of(obj)
    if spec.get("type") == "ExternalName":
        return None
    namespace = namespace_of(obj)
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    headless = addresses[0] == "None"
    return Service(
        host=service_host(name_of(obj), namespace_of(obj)),
        namespace=namespace,
        kind="Service",
        name=name_of(obj),
        ports=tuple(_service_port(port) for port in spec.get("ports") or ()),
        resolution=HEADLESS if headless else CLIENT_SIDE,
        addresses=() if headless else tuple(address for address in addresses if address),
        traffic_distribution=traffic_distribution(cluster, obj),
        labels=labels_of(obj),
        selector=spec.get("selector") or {},
        export_to=exported_to(
            [part.strip() for part in annotations_of(obj).get(well_known.EXPORT_TO, "").split(",")],
            namespace,
            default_export,
        ),
        cluster=cluster.name,
        node_local=spec.get("internalTrafficPolicy") == "Local",
        created=str(metadata(obj).get("creationTimestamp") or ""),
    )


def _alias(obj: KubernetesObject) -> Alias:
    spec = spec_of(obj)
    ports = frozenset(int(port["port"]) for port in spec.get("ports") or ())
    return Alias(str(spec.get("externalName") or ""), ports)


def service_entry(
    cluster: ClusterState, obj: KubernetesObject, default_export: t.Iterable[str] | None = None
) -> list[Service]:
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
            selector=(spec.get("workloadSelector") or {}).get("labels") or {},
            export_to=exported_to(spec.get("exportTo") or (), namespace, default_export),
            declared_exports=frozenset(spec.get("exportTo") or ()),
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


def _age(service: Service) -> tuple[str, str, str]:
    name = service.name if service.kind == "Service" else service.host
    return service.created, name, service.namespace
