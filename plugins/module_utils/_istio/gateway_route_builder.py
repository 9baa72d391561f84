# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which routes a gateway has, at the servers of its Gateways of either API."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import Proxy
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateway_listeners import (
    listeners_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    GatewayServer,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    TLS_PROTOCOLS,
    is_http,
    parse,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.connection_routes import (
    gateway_connections,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Client,
    OnlyPort,
    Route,
    http_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    RouteOrigin,
)


@dataclass(frozen=True, slots=True)
class GatewayHost:
    """The routes, in the order of trying, of the requests to a host at a server of a Gateway."""

    server: GatewayServer
    host: str
    routes: tuple[Route, ...]

    @property
    def place(self) -> str:
        """The host and the server in words."""
        return f"{self.host} at port {self.server.port} of {self.server.object}"


def gateway_hosts(view: PushContext, proxy: Proxy) -> tuple[GatewayHost, ...]:
    """Return the hosts that a gateway has routes for, port by port."""
    by_port: dict[tuple[int, str], list[GatewayServer]] = {}
    found: list[GatewayHost] = []
    for server in gateway_servers_of(view, proxy):
        if _routes_http(server):
            # each server with TLS has routes of its own
            own = f"{server.full_name}/{server.port_name}" if server.tls_mode else ""
            by_port.setdefault((server.port, own), []).append(server)
        elif server.tls_mode != gateways.AUTO_PASSTHROUGH:
            found.extend(_connections(view, proxy, server))
    for servers in by_port.values():
        found.extend(_http(view, proxy, servers))
    return tuple(found)


def routed_hosts(view: PushContext, proxy: Proxy) -> frozenset[str]:
    """Return the hosts that a gateway's routes lead to."""
    return frozenset(
        view.services.named(destination.host)
        for host in gateway_hosts(view, proxy)
        for route in host.routes
        for destination in route.destinations
    )


def gateway_servers_of(view: PushContext, proxy: Proxy) -> tuple[GatewayServer, ...]:
    """Return the servers that a gateway has, oldest Gateway first."""
    cluster, labels = view.mesh.local, proxy.client.labels
    found = (
        *gateways.selected_servers(cluster, labels),
        *listeners_of(cluster, labels, proxy.namespace),
    )
    return tuple(sorted(found, key=lambda each: (each.created, each.gateway, each.namespace)))


def _routes_http(server: GatewayServer) -> bool:
    protocol = parse(server.protocol)
    if server.tls_mode:
        passed_on = server.tls_mode in (gateways.AUTO_PASSTHROUGH, "PASSTHROUGH")
        return protocol == "https" and not passed_on
    return is_http(protocol)


def _http(
    view: PushContext, proxy: Proxy, servers: t.Sequence[GatewayServer]
) -> t.Iterator[GatewayHost]:
    """Yield the hosts of servers that share their routes; routes for all requests are tried last."""
    only_port = _only_port(view, proxy)
    found: dict[str, list[Route]] = {}
    first: dict[str, GatewayServer] = {}
    for server in servers:
        client = Client(proxy.namespace, proxy.client.labels, server.full_name)
        for virtual in view.scopes.gateway_routes(proxy.namespace, server.full_name):
            allowed = server.hosts_for(virtual.namespace)
            routes = http_routes(virtual, client, server.port, only_port)
            for host in _common_hosts(allowed, virtual.hosts) if routes else ():
                found.setdefault(host, []).extend(routes)
                first.setdefault(host, server)
    redirecting = {host: server for server in servers for host in _redirected(server, found, first)}
    for host, server in redirecting.items():
        yield GatewayHost(server, host, (_redirect(server),))
    for host, tried in found.items():
        if host in redirecting:
            continue
        ordered = sorted(tried, key=lambda each: each.takes_all)
        yield GatewayHost(first[host], host, tuple(ordered))


def _redirected(
    server: GatewayServer, found: t.Mapping[str, t.Any], first: t.Mapping[str, GatewayServer]
) -> t.Iterator[str]:
    """Yield the hosts whose plain requests are sent to HTTPS: those with routes, and the server's."""
    if not server.https_redirect or server.tls_mode:
        return
    yield from (host for host in found if first[host] is server)
    # istiod takes these as written, so that one with a namespace before it is no host of a request
    yield from (each.host.lower() for each in server.hosts if each.namespace == "*")


def _redirect(server: GatewayServer) -> Route:
    origin = RouteOrigin("Gateway", server.namespace, server.gateway, "spec.servers")
    redirect = {"scheme": "https", "redirectCode": 301}
    return Route("httpsRedirect", origin, (), spec={"redirect": redirect}, port=server.port)


def _connections(view: PushContext, proxy: Proxy, server: GatewayServer) -> t.Iterator[GatewayHost]:
    tls = parse(server.protocol) in TLS_PROTOCOLS and server.tls_mode == "PASSTHROUGH"
    client = Client(proxy.namespace, proxy.client.labels, server.full_name)
    for virtual in view.scopes.gateway_routes(proxy.namespace, server.full_name):
        allowed = _common_hosts(server.hosts_for(virtual.namespace), virtual.hosts)
        for names, route in gateway_connections(
            virtual, client, server.port, tls=tls, only_port=_only_port(view, proxy)
        ):
            hosts = _common_hosts(allowed, names) if tls else allowed
            for host in hosts:
                yield GatewayHost(server, host, (route,))


def _only_port(view: PushContext, proxy: Proxy) -> OnlyPort:
    services = view.scopes.of(proxy.namespace, gateway=True).services

    def only_port(host: str) -> int:
        ports = services[host].ports if host in services else ()
        return ports[0].number if len(ports) == 1 else 0

    return only_port


def _common_hosts(some: t.Sequence[str], others: t.Iterable[str]) -> list[str]:
    """Return the narrower one of each two that have hosts in common."""
    found: dict[str, None] = {}
    for other in others:
        for each in some:
            if host_matches(each, other):
                found[other.lower()] = None
            elif host_matches(other, each):
                found[each.lower()] = None
    return list(found)
