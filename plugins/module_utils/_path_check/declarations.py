# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the objects that declare a host, its endpoints and its gateways."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    DISABLE,
    PeerAuthentications,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    network_gateways,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.networks import Networks
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    SIDECAR,
    proxy_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    containers,
    has_address,
)


@dataclass(frozen=True, slots=True)
class DeclaredEndpoint:
    """An endpoint that a WorkloadEntry or a ServiceEntry declares."""

    # kind, namespace and name of the object
    source: str
    namespace: str
    address: str
    network: str = ""
    ports: t.Mapping[str, int] = field(default_factory=dict)
    # the ports of the service by number
    service_ports: t.Mapping[int, str] = field(default_factory=dict)


def declared_endpoints(state: ClusterState, hosts: t.Collection[str]) -> list[DeclaredEndpoint]:
    """Return the endpoints of a host that are not pods."""
    found = []
    for entry in _service_entries(state, hosts):
        spec, ports = spec_of(entry), _port_names(spec_of(entry), "number")
        found += [
            _endpoint(describe(entry), namespace_of(entry), each, ports)
            for each in spec.get("endpoints") or ()
        ]
        selector = (spec.get("workloadSelector") or {}).get("labels")
        if selector:
            found += _workload_entries(state, namespace_of(entry), selector, ports)
    service = service_of(state, hosts)
    selector = spec_of(service).get("selector") if service else None
    if service and selector:
        ports = _port_names(spec_of(service), "port")
        found += _workload_entries(state, namespace_of(service), selector, ports)
    return found


def service_of(state: ClusterState, hosts: t.Collection[str]) -> KubernetesObject | None:
    """Return the Service of a host."""
    for service in state.objects("Service"):
        if f"{name_of(service)}.{namespace_of(service)}.svc.{well_known.DOMAIN_SUFFIX}" in hosts:
            return service
    return None


def members(state: ClusterState, service: KubernetesObject) -> list[KubernetesObject]:
    """Return the pods that the Service selects."""
    selector = spec_of(service).get("selector")
    if not selector:
        return []
    return [
        pod
        for pod in state.objects("Pod", namespace_of(service))
        if matches_labels(selector, labels_of(pod)) and has_address(pod)
    ]


def target_port(port: t.Mapping[str, t.Any], pods: t.Iterable[KubernetesObject]) -> int:
    """Return the pods' port for a port of their Service."""
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in containers(pod):
            for each in container.get("ports") or ():
                if each.get("name") == target:
                    return int(each["containerPort"])
    return int(port["port"])


def is_declared(state: ClusterState, hosts: t.Collection[str]) -> bool:
    return bool(_service_entries(state, hosts)) or service_of(state, hosts) is not None


def is_external(state: ClusterState, hosts: t.Collection[str]) -> bool:
    """Return whether the host is outside of the mesh."""
    entries = _service_entries(state, hosts)
    return bool(entries) and all(
        spec_of(entry).get("location") != "MESH_INTERNAL" for entry in entries
    )


def is_redirected(state: ClusterState, hosts: t.Collection[str]) -> bool:
    """Return whether an object gives the host to another one on purpose."""
    service = service_of(state, hosts)
    return spec_of(service or {}).get("type") == "ExternalName" or any(
        set(spec_of(virtual).get("hosts") or ()) & set(hosts)
        and (spec_of(virtual).get("tcp") or spec_of(virtual).get("tls"))
        for virtual in state.objects("VirtualService")
    )


def disabling_policy(state: ClusterState, pod: KubernetesObject, port: int) -> str:
    """Return the PeerAuthentication that turns mTLS off at a pod's port, or nothing."""
    mesh = IstiodClusters([state], state.name)
    if PeerAuthentications(mesh).mode(namespace_of(pod), labels_of(pod), port) != DISABLE:
        return ""
    for namespace in (namespace_of(pod), state.root_namespace):
        for policy in state.objects("PeerAuthentication", namespace):
            alone = ClusterState(state.name, [policy, *state.objects("ConfigMap")])
            mode = PeerAuthentications(IstiodClusters([alone], state.name)).mode
            if mode(namespace_of(pod), labels_of(pod), port) == DISABLE:
                return describe(policy)
    return ""


def gateway_addresses(states: t.Iterable[ClusterState], network: str = "") -> list[str]:
    """Return the known gateways' addresses, of one network or of all."""
    return [
        f"{gateway.address}:{gateway.port}"
        for state in states
        for gateway in network_gateways(IstiodClusters([state], state.name))
        if network in ("", gateway.network)
    ]


def misplaced_gateways(state: ClusterState) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the gateways to networks without pods of their cluster, and the pods' networks."""
    # Without access to these, the networks of pods are unknown.
    if not state.objects("Namespace") or not state.objects("ConfigMap"):
        return []
    networks = Networks(IstiodClusters([state], state.name))
    # The label of a gateway's own pods says nothing of the others.
    pods = [p for p in state.objects("Pod") if has_address(p) and proxy_role(p) == SIDECAR]
    found = {networks.of(state, labels_of(pod), pod["status"]["podIP"]) for pod in pods}
    return [
        (f"{namespace_of(service)}/{name_of(service)}", network, tuple(sorted(found)))
        for service in state.objects("Service")
        if (network := labels_of(service).get(well_known.NETWORK))
        # meshNetworks may name the cluster by another name
        if pods and network not in found and network not in state.mesh_networks
    ]


def describe(obj: KubernetesObject) -> str:
    return f"{obj.get('kind')} {namespace_of(obj)}/{name_of(obj)}"


def _service_entries(state: ClusterState, hosts: t.Collection[str]) -> list[KubernetesObject]:
    return [
        entry
        for entry in state.objects("ServiceEntry")
        if set(spec_of(entry).get("hosts") or ()) & set(hosts)
    ]


def _workload_entries(
    state: ClusterState,
    namespace: str,
    selector: t.Mapping[str, str],
    ports: t.Mapping[int, str],
) -> t.Iterator[DeclaredEndpoint]:
    for entry in state.objects("WorkloadEntry", namespace):
        labels = {**(spec_of(entry).get("labels") or {}), **labels_of(entry)}
        if matches_labels(selector, labels):
            yield _endpoint(describe(entry), namespace, spec_of(entry), ports)


def _endpoint(
    source: str, namespace: str, spec: t.Mapping[str, t.Any], ports: t.Mapping[int, str]
) -> DeclaredEndpoint:
    return DeclaredEndpoint(
        source,
        namespace,
        str(spec.get("address") or ""),
        str(spec.get("network") or ""),
        spec.get("ports") or {},
        ports,
    )


def _port_names(spec: t.Mapping[str, t.Any], number: str) -> dict[int, str]:
    """Return the names by which entries list the service's ports."""
    found = {}
    for port in spec.get("ports") or ():
        target = port.get("targetPort")
        found[port[number]] = target if isinstance(target, str) else port.get("name") or ""
    return found
