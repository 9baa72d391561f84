# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve an address to the pod or gateway behind it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.name_resolution import addresses
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    load_balancer_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    pod_health,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    members,
    target_port,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import UnservedPort

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster

_OPTIONAL = (
    *("Node", "Namespace", "ConfigMap", "PeerAuthentication"),
    *("ServiceEntry", "WorkloadEntry", "VirtualService"),
)


@dataclass(frozen=True, slots=True)
class AddressOwner:
    """The ready pods of a cluster behind an address, and their port for it."""

    cluster: Cluster
    # namespace and name of the Service or the pod
    name: str
    pods: tuple[PodRef, ...]
    port: int
    gateway: bool


class AddressIndex:
    """The addresses of all inspected clusters."""

    def __init__(self, clusters: t.Sequence[Cluster]) -> None:
        self._clusters = clusters
        self._states = {cluster.name: _state(cluster) for cluster in clusters}

    @property
    def states(self) -> t.Mapping[str, ClusterState]:
        return self._states

    def state(self, cluster: Cluster) -> ClusterState:
        return self._states[cluster.name]

    def has_sidecar(self, cluster: Cluster, pod: PodRef) -> bool:
        found = self.state(cluster).get("Pod", pod.name, pod.namespace)
        return found is not None and bool(proxies.proxy_role(found))

    def captures_dns(self, cluster: Cluster, pod: PodRef) -> bool | None:
        """Return whether the pod's sidecar answers DNS queries; None without access to the settings."""
        state = self.state(cluster)
        found = state.get("Pod", pod.name, pod.namespace)
        if found is None or not state.objects("ConfigMap"):
            return None
        return proxies.captures_dns(state, found)

    def find(self, home: Cluster, address: str, port: int) -> AddressOwner | None:
        """Resolve an address for a pod in ``home``.

        Pods of other clusters come last: on different networks, pods may share an address.
        """
        others = [cluster for cluster in self._clusters if cluster is not home]
        found = self._pod(home, address, port)
        for cluster in (home, *others):
            found = found or self._service(cluster, address, port)
        candidates = [self._pod(cluster, address, port) for cluster in others]
        there = [each for each in candidates if each is not None]
        return found or (there[0] if len(there) == 1 else None)

    def _pod(self, cluster: Cluster, address: str, port: int) -> AddressOwner | None:
        for pod in self.state(cluster).objects("Pod"):
            status = pod.get("status") or {}
            if address and status.get("podIP") == address and not spec_of(pod).get("hostNetwork"):
                name = f"{namespace_of(pod)}/{name_of(pod)}"
                return AddressOwner(cluster, name, (reference(pod),), port, is_gateway(pod))
        return None

    def _service(self, cluster: Cluster, address: str, port: int) -> AddressOwner | None:
        """Find a Service by its load balancer, cluster IP or node port."""
        state = self.state(cluster)
        nodes = _node_addresses(state)
        for service in state.objects("Service"):
            spec = spec_of(service)
            outer = {*_known_as(service), spec.get("clusterIP")}
            for entry in spec.get("ports") or ():
                through_node = address in nodes and entry.get("nodePort") == port
                if not (address in outer and entry["port"] == port) and not through_node:
                    continue
                pods = members(state, service)
                ready = [pod for pod in pods if pod_health(pod) == HEALTHY]
                return AddressOwner(
                    cluster,
                    f"{namespace_of(service)}/{name_of(service)}",
                    tuple(reference(pod) for pod in ready),
                    target_port(entry, pods),
                    not pods or is_gateway(pods[0]),
                )
        return None

    def unserved_port(self, home: Cluster, address: str) -> UnservedPort | None:
        """Find the Service with this external address, whatever its ports are."""
        for cluster in (home, *(each for each in self._clusters if each is not home)):
            for service in self.state(cluster).objects("Service"):
                if address in _known_as(service):
                    name = f"{namespace_of(service)}/{name_of(service)}"
                    ports = (entry["port"] for entry in spec_of(service).get("ports") or ())
                    return UnservedPort(cluster.name, name, tuple(ports))
        return None


def reference(pod: KubernetesObject) -> PodRef:
    address = (pod.get("status") or {}).get("podIP") or ""
    return PodRef(namespace_of(pod), name_of(pod), address, spec_of(pod).get("nodeName") or "")


def is_gateway(pod: KubernetesObject) -> bool:
    return proxies.proxy_role(pod) == proxies.ROUTER


def _state(cluster: Cluster) -> ClusterState:
    required = [obj for kind in ("Pod", "Service") for obj in cluster.objects(kind)]
    optional = [obj for kind in _OPTIONAL for obj in _if_allowed(cluster, kind)]
    return ClusterState(cluster.name, [*required, *optional])


def _if_allowed(cluster: Cluster, kind: str) -> list[KubernetesObject]:
    """Return objects that are useful but optional."""
    namespace = well_known.ROOT_NAMESPACE if kind == "ConfigMap" else None
    try:
        return cluster.objects(kind, namespace)
    except MeshError:
        return []


def _known_as(service: KubernetesObject) -> list[str]:
    """Return the external addresses, with those of host names resolved."""
    found = load_balancer_addresses(service)
    return [*found, *(each for name in found if not name[-1].isdigit() for each in addresses(name))]


def _node_addresses(state: ClusterState) -> set[str]:
    return {
        str(entry.get("address"))
        for node in state.objects("Node")
        for entry in (node.get("status") or {}).get("addresses") or ()
    }
