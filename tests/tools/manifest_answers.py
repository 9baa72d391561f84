# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's answer to one case of whole manifests, as far as istiod's can be compared."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.http_routes import envoy_route
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    outbound_cluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.gateway_route_builder import (
    gateway_hosts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    PASSTHROUGH,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import services
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    is_http,
    parse,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    HashPolicies,
    connection_route_of,
    http_routes_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    check_shape,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    violations,
)
from manifest_outcome import Case, camel_case, comparable_route, locality_name, object_name

_TYPES = {
    services.CLIENT_SIDE: "EDS",
    services.DNS: "STRICT_DNS",
    services.DNS_ROUND_ROBIN: "LOGICAL_DNS",
    services.HEADLESS: "EDS",
    services.NONE: "EDS",
}


def answer(case: Case) -> Case:
    """Return what the webhook refuses, and for each proxy its clusters and their endpoints."""
    local = case["local"]
    refused: dict[str, str] = {}
    clusters = {name: list(objects) for name, objects in case["clusters"].items()}
    for obj in list(clusters[local]):
        if ".istio.io/" in obj["apiVersion"]:
            why = _refusal(obj)
            if why:
                refused[object_name(obj)] = why
                clusters[local].remove(obj)
    others = [name for name in clusters if name != local]
    clusters[local].append(_remote_secret(others))
    states = [ClusterState(name, objects) for name, objects in clusters.items()]
    view = PushContext.of(states, local)
    builder = ClusterBuilder(view)
    return {
        "refused": refused,
        "proxies": {each["name"]: _proxy(view, builder, each) for each in case["proxies"]},
    }


def _refusal(obj: Case) -> str:
    try:
        check_shape(obj, "manifests")
    except MeshError as error:
        return str(error)
    found = [each for each in violations(obj) if not each.warning]
    return "; ".join(f"{each.field}: {each.message}" for each in found)


def _remote_secret(clusters: t.Iterable[str]) -> Case:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "remotes",
            "namespace": well_known.ROOT_NAMESPACE,
            "labels": {well_known.REMOTE_CLUSTERS: "true"},
        },
        "data": dict.fromkeys(clusters, ""),
    }


def _proxy(view: PushContext, builder: ClusterBuilder, given: Case) -> Case:
    namespace, _slash, name = given["pod"].partition("/")
    pod = view.mesh.local.get("Pod", name, namespace)
    if pod is None:
        raise ValueError(f"no pod {given['pod']}")
    router = given["type"] == "router"
    proxy = Proxy(view.client(pod), namespace, gateway=router)
    scope = view.scopes.of(namespace, proxy.client.labels, gateway=router)
    found: Case = {}
    for service in scope.services.values():
        for port in service.ports:
            if port.protocol == "udp":
                continue
            for cluster in builder.clusters(proxy, service, port):
                by_name = service.resolution in (services.DNS, services.DNS_ROUND_ROBIN)
                made = _cluster(cluster)
                if by_name and not cluster.assignment.groups and "endpoints" in made:
                    # istiod makes no cluster of this type without endpoints
                    continue
                full = outbound_cluster(port.number, cluster.subset, service.host)
                found[full] = made
    routes = (_gateway_routes if router else _routes)(view, builder, proxy)
    connections = {} if router else _connections(view, proxy)
    return {"clusters": found, "routes": routes, "connections": connections}


def _connections(view: PushContext, proxy: Proxy) -> Case:
    """Return where connections to each address and port go that the proxy has a listener for."""
    scope = view.scopes.of(proxy.namespace, proxy.client.labels)
    found: Case = {}
    for service in scope.services.values():
        for port in service.ports:
            if service.kind != "Service" or port.protocol not in ("tcp", "tls"):
                continue
            route = connection_route_of(view, proxy, service, port)
            own = [[outbound_cluster(port.number, "", service.host), 1]]
            if route:
                own = [
                    [outbound_cluster(each.port, each.subset, each.host), each.weight]
                    for each in route.destinations
                ]
                if not route.weighted:
                    own[0][1] = 1
            for address in service.addresses:
                found[f"{address}_{port.number}"] = own
    return found


def _routes(view: PushContext, builder: ClusterBuilder, proxy: Proxy) -> Case:
    """Return the routes of each virtual host that stands for a service."""
    scope = view.scopes.of(proxy.namespace, proxy.client.labels)
    hashes = HashPolicies(builder, proxy, scope.services)
    defaults = view.mesh.config.get("defaultHttpRetryPolicy")
    found: Case = {}
    for service in scope.services.values():
        for port in service.ports:
            routes = http_routes_of(view, proxy, service, port)
            if routes:
                found[f"{service.host}:{port.number}"] = [
                    comparable_route(camel_case(envoy_route(each, hashes.of, defaults)))
                    for each in routes
                ]
    return found


def _gateway_routes(view: PushContext, builder: ClusterBuilder, proxy: Proxy) -> Case:
    """Return the routes of each host at each port without TLS."""
    hashes = HashPolicies(builder, proxy, view.scopes.of(proxy.namespace, gateway=True).services)
    defaults = view.mesh.config.get("defaultHttpRetryPolicy")
    return {
        f"{host.host}:{host.server.port}": [
            comparable_route(camel_case(envoy_route(each, hashes.of, defaults)))
            for each in host.routes
        ]
        for host in gateway_hosts(view, proxy)
        if is_http(parse(host.server.protocol)) and not host.server.tls_mode
    }


def _cluster(cluster: OutboundCluster) -> Case:
    assignment = cluster.assignment
    if assignment.load_balancer == PASSTHROUGH:
        return {"type": "ORIGINAL_DST"}
    found: Case = {
        "type": _TYPES[cluster.service.resolution],
        "algorithm": assignment.load_balancer,
        "weighted": assignment.locality_weighted,
        "outlier_detection": assignment.outlier_detection is not None,
        "panic": assignment.panic_threshold,
    }
    if assignment.nondeterministic:
        return {"undecided": True}
    found["endpoints"] = [
        [
            locality_name(group.locality),
            group.priority,
            group.weight,
            sorted(
                [f"{each.address}:{each.port}", each.weight, each.health]
                for each in group.endpoints
            ),
        ]
        for group in assignment.groups
    ]
    return found
