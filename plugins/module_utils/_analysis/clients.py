# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clients whose requests are looked at."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    ClientOrigin,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    has_address,
)


@dataclass(frozen=True, slots=True)
class OriginGroup:
    """Clients of one namespace that choose alike, and the traits that decide."""

    first: ClientOrigin
    traits: t.Hashable

    @property
    def names(self) -> tuple[frozenset[str], ...]:
        return self.first.name_sets

    def is_within(self, own: frozenset[str]) -> bool:
        """Are all of them behind the service whose endpoints these are?"""
        return bool(self.names) and all(each <= own for each in self.names)


@dataclass(frozen=True, slots=True)
class OriginSpace:
    """The clients of one namespace that see the same services."""

    namespace: str
    gateway: bool
    real: bool
    groups: tuple[OriginGroup, ...]


def find_origins(view: PushContext, builder: ClusterBuilder) -> tuple[ClientOrigin, ...]:
    """The proxies of the local cluster that choose endpoints; those that choose alike are one."""
    found: dict[t.Hashable, tuple[Proxy, set[str]]] = {}
    pods = view.mesh.local.objects("Pod")
    for pod in sorted(pods, key=lambda each: (namespace_of(each), name_of(each))):
        role = proxies.proxy_role(pod)
        if not has_address(pod) or not _chooses(view.mesh.local, pod, role):
            continue
        proxy = Proxy(view.client(pod), namespace_of(pod), gateway=role == proxies.ROUTER)
        _proxy, names = found.setdefault(builder.client_key(proxy), (proxy, set()))
        names.add(f"{namespace_of(pod)}/{name_of(pod)}")
    return tuple(ClientOrigin(proxy, (frozenset(names),)) for proxy, names in found.values())


def imagine_clients(view: PushContext, namespace: str) -> tuple[ClientOrigin, ...]:
    """A client in each locality that nodes of the local cluster are in."""
    local = view.mesh.local
    localities = {node_locality(labels_of(node)) for node in local.objects("Node")}
    return tuple(
        ClientOrigin(Proxy(_client_at(local, locality), namespace), real=False)
        for locality in sorted(localities - {""})
    )


def _client_at(cluster: ClusterState, locality: str) -> Client:
    network = cluster.network
    labels = topology_labels({}, locality=locality, cluster=cluster.name, network=network)
    return Client(locality, labels, network, cluster.name)


def _chooses(cluster: ClusterState, pod: KubernetesObject, role: str) -> bool:
    """An east-west gateway only passes connections on."""
    if role != proxies.ROUTER:
        return bool(role)
    servers = gateways.gateway_servers(cluster, pod)
    if not servers and well_known.GATEWAY_NAME in labels_of(pod):
        name = labels_of(pod)[well_known.GATEWAY_NAME]
        found = cluster.get(well_known.GATEWAY_API_GATEWAY, name, namespace_of(pod))
        return not all(map(_is_east_west, spec_of(found).get("listeners") or ())) if found else True
    return any(server.tls_mode != gateways.AUTO_PASSTHROUGH for server in servers)


def _is_east_west(listener: t.Mapping[str, t.Any]) -> bool:
    """Does a listener of the Gateway API pass connections on by their server name?"""
    options = (listener.get("tls") or {}).get("options") or {}
    return options.get(well_known.LISTENER_PROTOCOL) == "auto-passthrough"
