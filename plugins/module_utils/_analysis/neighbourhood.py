# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a large mesh that decides about one object: its services, their pods, some clients."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import read_rule
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    full_host,
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    load_balancer_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    node_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service

_ROUTES = ("VirtualService", "HTTPRoute", "GRPCRoute")
# each is of one service; all other kinds decide about every service
_MANY = frozenset(
    {"Pod", "Service", "DestinationRule", "EndpointSlice", "WorkloadEntry"}
    | {*_ROUTES, *well_known.WORKLOADS, "ServiceEntry", "ServiceAccount"}
)


class Neighbourhoods:
    """Finds the parts of one mesh."""

    def __init__(self, topology: Topology, local: str) -> None:
        self._topology = topology
        self._context = AnalysisContext(topology, local, imagine=False)
        self._made: dict[str, Topology | None] = {}

    def of(self, title: str) -> Topology | None:
        """Return the part that decides about an object, called ``Kind namespace/name``.

        None where its services are not known, as those of a Node or of the mesh settings.
        """
        if title not in self._made:
            services = concerned_services(self._context, title)
            self._made[title] = self._part(services, title) if services else None
        return self._made[title]

    def _part(self, services: t.Sequence[Service], title: str) -> Topology:
        hosts = {service.host for service in services}
        names = {name for each in services for name in self._context.endpoint_names(each)}
        names |= self._client_names({each.namespace for each in services})
        nodes = self._node_names(names)
        owners = {(each.kind, each.namespace, each.name) for each in services}

        def is_part(obj: KubernetesObject) -> bool:
            kind, namespace, name = obj["kind"], namespace_of(obj), name_of(obj)
            if kind == "Node":
                return name in nodes
            if kind not in _MANY or f"{kind} {namespace}/{name}" == title:
                return True
            if kind == "DestinationRule":
                covered = self._context.services_of(read_rule(obj))
                return any(each.host in hosts for each in covered)
            if kind in _ROUTES:
                return _routes(obj, hosts) or _names_service(obj, owners)
            if kind == "EndpointSlice":
                label = labels_of(obj).get(well_known.SLICE_SERVICE, "")
                return ("Service", namespace, label) in owners
            if kind == "Service":
                is_gateway = well_known.NETWORK in labels_of(obj) or load_balancer_addresses(obj)
                return bool(is_gateway) or (kind, namespace, name) in owners
            if kind == "ServiceEntry":
                return (kind, namespace, name) in owners
            if kind == "Pod" and proxies.proxy_role(obj) == proxies.ROUTER:
                return True
            return f"{namespace}/{name}" in names

        parts = {
            cluster: [obj for obj in objects if is_part(obj)]
            for cluster, objects in self._topology.objects.items()
        }
        return Topology(parts, self._topology.drained)

    def _node_names(self, pods: t.Container[str]) -> set[str]:
        """The nodes of pods, and one of each locality."""
        by_locality: dict[str, str] = {}
        found: set[str] = set()
        for state in self._topology.states.values():
            for node in state.objects("Node"):
                by_locality.setdefault(node_locality(labels_of(node)), name_of(node))
            found |= {
                str(spec_of(pod).get("nodeName"))
                for pod in state.objects("Pod")
                if f"{namespace_of(pod)}/{name_of(pod)}" in pods
            }
        return found | set(by_locality.values())

    def _client_names(self, namespaces: t.Container[str]) -> set[str]:
        """One client of each kind, and of each kind in the services' namespaces."""
        found: dict[t.Hashable, str] = {}
        for origin in self._context.origins:
            client, namespace = origin.client, origin.proxy.namespace
            inside = namespace if namespace in namespaces else ""
            if origin.names:
                key = (client.locality, client.network, origin.proxy.gateway, inside)
                found.setdefault(key, min(origin.names))
        return set(found.values())


def _routes(virtual: KubernetesObject, hosts: t.Collection[str]) -> bool:
    """Does a VirtualService route requests to one of the hosts? One without hosts is a delegate of another."""
    if virtual["kind"] != "VirtualService":
        return False
    written = [
        full_host(str(host), namespace_of(virtual)) for host in spec_of(virtual).get("hosts") or ()
    ]
    return not written or any(host_matches(each, host) for each in written for host in hosts)


def _names_service(route: KubernetesObject, services: t.Container[tuple[str, str, str]]) -> bool:
    """Is one of the services a parent or a backend of a Gateway API route?"""
    spec = spec_of(route)
    backends = [each for rule in spec.get("rules") or () for each in rule.get("backendRefs") or ()]
    return any(
        (kind, str(each.get("namespace") or namespace_of(route)), each.get("name")) in services
        for each in (*(spec.get("parentRefs") or ()), *backends)
        for kind in ("Service", "ServiceEntry")
    )


def _routed_services(context: AnalysisContext, title: str) -> list[Service]:
    """Return the services that an object has routes for, or to."""
    hosts: set[str] = set()
    for virtual in context.view.virtual_services:
        rules = (*virtual.http, *virtual.tcp, *virtual.tls)
        if any(each.origin.object == title for each in rules):
            hosts.update(virtual.hosts)
            hosts.update(each.host for each in virtual.destinations(virtual.namespace))
    return [
        each for each in context.services if any(host_matches(host, each.host) for host in hosts)
    ]


def concerned_services(context: AnalysisContext, title: str) -> list[Service]:
    """Return the services that an object, called ``Kind namespace/name``, decides about."""
    kind, _space, full_name = title.partition(" ")
    if kind == "DestinationRule":
        rules = [rule for rule in context.rules if rule.title == title]
        return [each for rule in rules for each in context.services_of(rule)]
    if kind == "VirtualService":
        namespace, _slash, name = full_name.partition("/")
        virtual = context.local.get(kind, name, namespace)
        hosts = spec_of(virtual).get("hosts") if virtual else None
        written = [full_host(str(host), namespace) for host in hosts or ()]
        return [
            each for each in context.services if any(host_matches(w, each.host) for w in written)
        ]
    if kind in ("Service", "ServiceEntry"):
        found = [each for each in context.services if each.kind == kind]
        return [each for each in found if f"{each.namespace}/{each.name}" == full_name]
    if kind in _ROUTES:
        return _routed_services(context, title)
    if kind in ("WorkloadEntry", "Pod"):
        return context.services_by_endpoint.get(full_name, [])
    return []
