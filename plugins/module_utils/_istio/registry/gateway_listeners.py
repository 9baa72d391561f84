# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners of the Gateway API's Gateways: which proxies have them, and which routes they take.

Source: pilot/pkg/config/kube/gateway of Istio. Certificates are taken to be there.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    WILDCARD,
    host_matches,
    hosts_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    matches_labels,
    metadata,
    name_of,
    namespace_of,
    selects_labels,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    AUTO_PASSTHROUGH,
    GatewayServer,
    HostPattern,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_routes import (
    SUFFIX,
    ParentHosts,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

CONTROLLER = "istio.io/gateway-controller"
# classes of istiod whose proxies take no routes: waypoints, and gateways of other clusters
_WITHOUT_ROUTES = ("istio-waypoint", "istio-remote", "istio-east-west")
_ROUTE_KINDS = ("HTTPRoute", "GRPCRoute")
_NOWHERE = "~"
_NAMESPACE_NAME = "kubernetes.io/metadata.name"


def listeners_of(
    cluster: ClusterState, labels: t.Mapping[str, str], namespace: str
) -> tuple[GatewayServer, ...]:
    """Return the listeners that a proxy with these labels has."""
    return tuple(
        server
        for obj in cluster.objects(well_known.GATEWAY_API_GATEWAY, namespace)
        if _is_istios(cluster, obj) and _has(cluster, obj, labels)
        for server in listeners(cluster, obj)
    )


def without_proxies(
    cluster: ClusterState, labels: t.Sequence[tuple[str, t.Mapping[str, str]]]
) -> list[str]:
    """Name the Gateways of istiod that no proxy is of; ``labels`` are those of pods, by namespace."""
    return [
        f"{namespace_of(obj)}/{name_of(obj)}"
        for obj in cluster.objects(well_known.GATEWAY_API_GATEWAY)
        if _is_istios(cluster, obj)
        and not any(
            space == namespace_of(obj) and _has(cluster, obj, each) for space, each in labels
        )
    ]


def listeners(cluster: ClusterState, obj: KubernetesObject) -> tuple[GatewayServer, ...]:
    """Return the listeners of a Gateway as servers of one Gateway of Istio each.

    Of two that exclude each other, the first one counts.
    """
    namespace = namespace_of(obj) or "default"
    return tuple(
        GatewayServer(
            gateway=f"{name_of(obj)}~{SUFFIX}~{each.get('name') or ''}",
            namespace=namespace,
            port=int(each.get("port") or 0),
            port_name="default",
            protocol=str(each.get("protocol") or "").upper(),
            tls_mode=_tls_mode(each),
            hosts=tuple(
                HostPattern(str(each.get("hostname") or WILDCARD), allowed)
                for allowed in _namespaces(cluster, each, namespace)
            ),
            listener=str(each.get("name") or ""),
            created=str(metadata(obj).get("creationTimestamp") or ""),
        )
        for each in _distinct(spec_of(obj).get("listeners") or ())
    )


def _distinct(written: t.Iterable[Raw]) -> list[Raw]:
    """Leave out listeners of a port and hostname, or of a TCP port, that an earlier one has."""
    found: list[Raw] = []
    for each in written:
        if not any(_excludes(earlier, each) for earlier in found):
            found.append(each)
    return found


def _excludes(one: Raw, other: Raw) -> bool:
    if one.get("port") != other.get("port"):
        return False
    if any(each.get("protocol") in ("TCP", "UDP") for each in (one, other)):
        return True
    return (one.get("hostname") or WILDCARD) == (other.get("hostname") or WILDCARD)


def route_parents(
    cluster: ClusterState, route: KubernetesObject, reference: Raw
) -> tuple[ParentHosts, ...] | str:
    """Return the listeners that take a route, with its hosts there, or why none does."""
    own = namespace_of(route) or "default"
    name, namespace = str(reference.get("name") or ""), str(reference.get("namespace") or own)
    obj = cluster.get(well_known.GATEWAY_API_GATEWAY, name, namespace)
    if obj is None:
        return f"there is no Gateway {namespace}/{name}"
    if not _is_istios(cluster, obj):
        return ()
    everything = listeners(cluster, obj)
    servers = [
        each
        for each in everything
        if reference.get("sectionName") in (None, each.listener)
        and reference.get("port") in (None, each.port)
    ]
    if not servers:
        asked = {key: reference[key] for key in ("sectionName", "port") if reference.get(key)}
        named = " and ".join(f"{key} {value}" for key, value in asked.items())
        named = f" with {named}" if named else ""
        return f"Gateway {namespace}/{name} has no listener{named} that counts beside its others"
    hosts = tuple(map(str, spec_of(route).get("hostnames") or (WILDCARD,)))
    found = []
    reasons = []
    for server in servers:
        why = _refusal(obj, server, str(route.get("kind")), hosts, own)
        if why:
            reasons.append(f"listener {server.listener} of Gateway {namespace}/{name} {why}")
            continue
        kept = tuple(host for host in hosts if _keeps(server, everything, host))
        found.append(ParentHosts(server.full_name, server.full_name, kept))
    return tuple(found) or "; ".join(reasons)


def _is_istios(cluster: ClusterState, obj: KubernetesObject) -> bool:
    """Whether istiod makes routes for a Gateway; of a class that is not known, it is taken to."""
    name = str(spec_of(obj).get("gatewayClassName") or "")
    known = cluster.get("GatewayClass", name)
    if known is not None:
        return bool(spec_of(known).get("controllerName") == CONTROLLER)
    return name not in _WITHOUT_ROUTES


def _has(cluster: ClusterState, obj: KubernetesObject, labels: t.Mapping[str, str]) -> bool:
    """Whether a proxy of the Gateway's namespace is the Gateway's."""
    addresses = spec_of(obj).get("addresses") or ()
    hosts = [each for each in addresses if each.get("type") in (None, "Hostname")]
    if not hosts:
        named = (labels.get(well_known.GATEWAY_NAME), labels.get(well_known.LEGACY_GATEWAY_NAME))
        return name_of(obj) in named
    # the proxies are behind Services that somebody else made
    for each in hosts:
        name = str(each.get("value") or "").partition(".")[0]
        service = cluster.get("Service", name, namespace_of(obj))
        selector = spec_of(service).get("selector") if service else None
        if selector and matches_labels(selector, labels):
            return True
    return False


def _tls_mode(listener: Raw) -> str:
    tls: Raw = listener.get("tls") or {}
    if (tls.get("options") or {}).get(well_known.LISTENER_PROTOCOL) == "auto-passthrough":
        return AUTO_PASSTHROUGH
    if not tls:
        return ""
    return "PASSTHROUGH" if tls.get("mode") == "Passthrough" else "SIMPLE"


def _namespaces(cluster: ClusterState, listener: Raw, own: str) -> tuple[str, ...]:
    """Return the namespaces whose routes a listener takes; ``*`` for all, ``~`` for none."""
    allowed: Raw = (listener.get("allowedRoutes") or {}).get("namespaces") or {}
    source = str(allowed.get("from") or "Same")
    if source == "Same":
        return (own,)
    selector = allowed.get("selector")
    if source == "All" or selector is None:
        return (WILDCARD,)
    found = (
        name_of(each)
        for each in cluster.objects("Namespace")
        if selects_labels(selector, {_NAMESPACE_NAME: name_of(each), **labels_of(each)})
    )
    return tuple(sorted(found)) or (_NOWHERE,)


def _refusal(
    obj: KubernetesObject,
    server: GatewayServer,
    kind: str,
    hosts: t.Sequence[str],
    namespace: str,
) -> str:
    """Return why a listener does not take a route; nothing if it does."""
    listener: Raw = next(
        each for each in spec_of(obj)["listeners"] if str(each.get("name") or "") == server.listener
    )
    if not any(hosts_overlap(host, pattern.host) for host in hosts for pattern in server.hosts):
        return f"has the hostname {server.hosts[0].host}, which none of the route's hostnames fits"
    if not any(
        hosts_overlap(host, pattern.host) and pattern.namespace in (WILDCARD, namespace)
        for host in hosts
        for pattern in server.hosts
    ):
        return f"takes no routes of namespace {namespace}: its allowedRoutes do not have it"
    kinds = (listener.get("allowedRoutes") or {}).get("kinds") or ()
    allowed = [
        str(each.get("kind"))
        for each in kinds
        if each.get("group") in (None, well_known.GATEWAY_API)
    ]
    if server.protocol not in ("HTTP", "HTTPS") or (kinds and kind not in allowed):
        return f"takes no {kind}"
    return ""


def _keeps(server: GatewayServer, others: t.Iterable[GatewayServer], host: str) -> bool:
    """Whether no other listener of the port, with a hostname that fits better, has the host."""
    own = "" if server.hosts[0].host == WILDCARD else server.hosts[0].host
    if own and not own.startswith(WILDCARD):
        return True
    if own and not hosts_overlap(host, own):
        return False
    rivals = {
        each.hosts[0].host
        for each in others
        if each.listener != server.listener
        and (each.port, each.protocol) == (server.port, server.protocol)
        and each.hosts[0].host not in (WILDCARD, own)
    }
    return not any(len(own) <= len(rival) and host_matches(rival, host) for rival in rivals)
