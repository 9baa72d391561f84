# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters of a forecast."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    OutboundCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    STRICT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import (
    workload_name,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    has_address,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads

# cluster, namespace, name
PodKey: t.TypeAlias = tuple[str, str, str]


class GatewayAddress(t.NamedTuple):
    """The pods of a gateway behind an address, in a cluster that is known."""

    cluster: str
    port: int
    pods: tuple[KubernetesObject, ...]


class Topology:
    """All clusters whose objects are known, and the pods that are drained."""

    def __init__(
        self,
        objects: t.Mapping[str, t.Sequence[KubernetesObject]],
        drained: t.Collection[PodKey] = (),
    ) -> None:
        # in an order of its own, for nothing to depend on the order of what was given
        self.objects = {name: sorted(found, key=_order) for name, found in objects.items()}
        self.states = {name: ClusterState(name, found) for name, found in self.objects.items()}
        self.drained = frozenset(drained)
        self._views: dict[str, PushContext] = {}
        self._builders: dict[str, ClusterBuilder] = {}

    def view(self, cluster: str) -> PushContext:
        """Return what the istiod of one cluster knows."""
        if cluster not in self._views:
            self._views[cluster] = PushContext.of(self.states.values(), cluster)
        return self._views[cluster]

    def builder(self, cluster: str) -> ClusterBuilder:
        """The builder of what that istiod sends to its proxies."""
        if cluster not in self._builders:
            self._builders[cluster] = ClusterBuilder(self.view(cluster))
        return self._builders[cluster]

    def state(self, cluster: str) -> ClusterState:
        """Return a cluster's state; raises InvalidInput for an unknown one."""
        if cluster not in self.states:
            known = ", ".join(sorted(self.states)) or "none"
            raise InvalidInput(f"there is no cluster '{cluster}'; known clusters: {known}")
        return self.states[cluster]

    def pod(self, cluster: str, endpoint: str) -> KubernetesObject | None:
        """Return the pod of an endpoint called ``namespace/pod``; None if it is none."""
        namespace, _slash, name = endpoint.partition("/")
        state = self.states.get(cluster)
        return state.get("Pod", name, namespace) if state else None

    def is_drained(self, endpoint: Endpoint) -> bool:
        """Is the endpoint a drained pod?"""
        namespace, _slash, name = endpoint.name.partition("/")
        return (endpoint.cluster, namespace, name) in self.drained

    def takes_mtls_only(self, endpoint: Endpoint) -> bool:
        """Does a sidecar serve the endpoint that closes every connection without mTLS?"""
        pod = self.pod(endpoint.cluster, endpoint.name)
        if pod is None or not workloads.has_proxy(pod):
            return False
        authentications = self.view(endpoint.cluster).authentications
        return authentications.mode(namespace_of(pod), labels_of(pod), endpoint.port) == STRICT

    def plain_to_strict(self, outbound: OutboundCluster) -> str:
        """Return why every endpoint closes the connections of a client; empty where one does not."""
        endpoints = outbound.members.endpoints
        if outbound.policy.mutual_tls is not False or not endpoints:
            return ""
        if not all(map(self.takes_mtls_only, endpoints)):
            return ""
        rule = outbound.policy.rule
        name = f"DestinationRule {rule.name}" if rule else "the rule"
        return f"{name} sends no mTLS, and the sidecars take nothing else"

    def workload_of(self, cluster: str, endpoint: str) -> str:
        """Return the workload's name behind an endpoint called ``namespace/pod``."""
        pod = self.pod(cluster, endpoint)
        return workload_name(pod) if pod else endpoint.partition("/")[2] or endpoint

    def gateway_at(self, address: str, port: int) -> GatewayAddress | None:
        """Return the gateway that an address and port outside of its cluster lead to."""
        return self._gateway_addresses.get((address, port))

    @cached_property
    def _gateway_addresses(self) -> dict[tuple[str, int], GatewayAddress]:
        found: dict[tuple[str, int], GatewayAddress] = {}
        for state in self.states.values():
            pods = [pod for pod in state.objects("Pod") if has_address(pod)]
            for service in state.objects("Service"):
                selector = spec_of(service).get("selector")
                addresses = gateways.load_balancer_addresses(service)
                if not selector or not addresses:
                    continue
                members = tuple(
                    pod
                    for pod in pods
                    if namespace_of(pod) == namespace_of(service)
                    and matches_labels(selector, labels_of(pod))
                )
                for port in spec_of(service).get("ports") or ():
                    gateway = GatewayAddress(state.name, port["port"], members)
                    for address in addresses:
                        found.setdefault((address, port["port"]), gateway)
        return found


def _order(obj: KubernetesObject) -> tuple[str, str, str]:
    return str(obj.get("kind") or ""), namespace_of(obj), name_of(obj)
