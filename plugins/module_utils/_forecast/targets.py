# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients and services as users name them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
    Topology,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    Proxy,
    ports_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.gateway_route_builder import (
    routed_hosts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    node_locality,
    topology_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import (
    workload_name,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    UNKNOWN,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    SidecarScope,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    has_address,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    connection_route_of,
)

# their services are not what rules for locality are written for
SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "metallb-system", "istio-cni"})


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """A workload, or a proxy that is described; in a cluster, the local one by default."""

    workload: str = ""
    namespace: str = ""
    locality: str | None = None
    labels: t.Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class ForecastClient:
    """A proxy, the cluster whose istiod serves it, and what to call it."""

    proxy: Proxy
    cluster: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """A service port, perhaps one subset of it."""

    service: Service
    port: ServicePort
    subset: str = ""


def forecast_clients(
    topology: Topology, local: str, specs: t.Sequence[ClientSpec] | None
) -> list[ForecastClient]:
    """Return the proxies to forecast for; without specs one for each locality with nodes."""
    if specs is not None:
        return [client for spec in specs for client in _resolve(topology, local, spec)]
    return _everywhere(topology, local)


def _resolve(topology: Topology, local: str, spec: ClientSpec) -> list[ForecastClient]:
    cluster = spec.cluster or local
    state = topology.state(cluster)
    if not spec.workload:
        if spec.locality is None:
            raise InvalidInput("clients: each needs a workload (with its namespace) or a locality")
        network = state.network if spec.network is None else spec.network
        labels = topology_labels(
            spec.labels, locality=spec.locality, cluster=cluster, network=network
        )
        described = Client(spec.locality, labels, network, cluster)
        return [ForecastClient(Proxy(described, spec.namespace or "default"), cluster)]
    found: dict[tuple[str, str, str], ForecastClient] = {}
    for pod in state.objects("Pod", spec.namespace or "default"):
        if spec.workload in (workload_name(pod), name_of(pod)) and has_address(pod):
            client = client_of(topology, cluster, pod)
            proxy = client.proxy.client
            # pods of one locality, network and node are equal clients
            found.setdefault((proxy.locality, proxy.network, proxy.node), client)
    if not found:
        known = sorted({workload_name(p) for p in state.objects("Pod", spec.namespace)})
        raise NotFound(
            f"clients: cluster {cluster} has no pod of workload "
            f"'{spec.namespace or 'default'}/{spec.workload}'; there are: "
            f"{', '.join(known) or 'none'}"
        )
    by_locality = {(key[0], key[1]): client for key, client in found.items()}
    return list(by_locality.values())


def client_of(topology: Topology, cluster: str, pod: KubernetesObject) -> ForecastClient:
    """Return the proxy of a pod."""
    view = topology.view(cluster)
    router = proxies.proxy_role(pod) == proxies.ROUTER
    proxy = Proxy(view.client(pod), namespace_of(pod), gateway=router)
    return ForecastClient(proxy, cluster, f"{namespace_of(pod)}/{workload_name(pod)}")


def _everywhere(topology: Topology, local: str) -> list[ForecastClient]:
    state = topology.state(local)
    found = {node_locality(labels_of(node)) for node in state.objects("Node") if _takes_pods(node)}
    if not found:
        entries = state.objects("WorkloadEntry")
        found = {str(spec_of(entry).get("locality") or "") for entry in entries}
    specs = [ClientSpec(locality=locality) for locality in sorted(found)]
    return [client for spec in specs for client in _resolve(topology, local, spec)]


def _takes_pods(node: KubernetesObject) -> bool:
    taints = spec_of(node).get("taints") or ()
    return not any(taint.get("effect") in ("NoSchedule", "NoExecute") for taint in taints)


def scope_of(view: PushContext, proxy: Proxy) -> SidecarScope:
    """Return what the proxy is shown of the mesh."""
    return view.scopes.of(proxy.namespace, proxy.client.labels, gateway=proxy.gateway)


def find_service(view: PushContext, host: str, proxy: Proxy) -> Service:
    """Return the service that a host name means for a proxy. Raises NotFound."""
    namespace, scope = proxy.namespace, scope_of(view, proxy)
    services = scope.services
    found = _named(services, host, namespace)
    if found is not None:
        return found
    hidden = _named(view.services.visible(namespace), host, namespace)
    if hidden is not None and scope.name:
        fate = (
            f"requests to {hidden.host} leave the proxy as they are, and no rule applies"
            if scope.allow_any
            else f"requests to {hidden.host} fail, for outboundTrafficPolicy is REGISTRY_ONLY"
        )
        raise NotFound(
            f"host: Sidecar {scope.name} does not show '{host}' to clients in namespace "
            f"{namespace} of cluster {view.mesh.local.name}: {fate}; add it to the Sidecar's hosts"
        )
    known = ", ".join(sorted(services)) or "none"
    raise NotFound(
        f"host: '{host}' is no service that namespace {namespace} of cluster "
        f"{view.mesh.local.name} sees; there are: {known}"
    )


def _named(services: t.Mapping[str, Service], host: str, namespace: str) -> Service | None:
    for name in (
        host,
        f"{host}.{namespace}.{well_known.SERVICE_SUFFIX}",
        f"{host}.{well_known.SERVICE_SUFFIX}",
        f"{host}.{well_known.DOMAIN_SUFFIX}",
    ):
        if name in services:
            return services[name]
    return next((each for each in services.values() if host in each.addresses), None)


def find_port(service: Service, name: t.Any) -> ServicePort:
    """Return the port with this number or name. Raises NotFound."""
    found = ports_of(service, name)
    if not found:
        known = ", ".join(f"{port.number} {port.name}".strip() for port in service.ports)
        raise NotFound(f"port: {service.host} has no port {name}; its ports: {known or 'none'}")
    return found[0]


def service_targets(
    view: PushContext, proxy: Proxy, host: str, port: t.Any, subset: str
) -> list[ServiceTarget]:
    """Return one port of a service, or all of its ports."""
    service = find_service(view, host, proxy)
    if port not in (None, ""):
        return [ServiceTarget(service, find_port(service, port), subset)]
    return [ServiceTarget(service, each, subset) for each in service.ports]


def default_targets(view: PushContext, proxy: Proxy) -> list[ServiceTarget]:
    """Return the services that rules name; where none does, all that have endpoints.

    Of a gateway with routes, those count that its routes lead to.
    """
    services = scope_of(view, proxy).services
    led_to = routed_hosts(view, proxy) if proxy.gateway else frozenset()
    if led_to:
        services = {host: each for host, each in services.items() if host in led_to}
    ruled = {
        host
        for host in services
        for rule in view.mesh.local.objects("DestinationRule")
        if _names(str(spec_of(rule).get("host") or ""), host, namespace_of(rule))
    }
    left = {view.mesh.local.root_namespace, *SYSTEM_NAMESPACES}
    chosen = [
        service
        for host, service in sorted(services.items())
        if (host in ruled if ruled else service.namespace not in left)
    ]
    return [
        ServiceTarget(service, port)
        for service in chosen
        for port in service.ports
        if ruled or view.endpoints.of(service, port)
    ]


def _names(written: str, host: str, namespace: str) -> bool:
    full = written if "." in written else f"{written}.{namespace}.{well_known.SERVICE_SUFFIX}"
    return bool(written) and host_matches(full, host)


def routed_by(view: PushContext, proxy: Proxy, target: ServiceTarget) -> str:
    """Return the object whose route sends connections elsewhere; empty if there is none.

    Where istiod guesses the protocol, the forecast is of HTTP requests; TCP has other routes.
    """
    if target.subset or target.port.protocol != UNKNOWN:
        return ""
    route = connection_route_of(view, proxy, target.service, target.port)
    return route.origin.object if route and route.origin else ""
