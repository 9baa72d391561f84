# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which routes a sidecar has for the requests to a service port."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    TLS_PROTOCOLS,
    UNKNOWN,
    is_http,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    HEADLESS,
    NONE,
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    EgressListener,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.connection_routes import (
    connection_route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Client,
    Route,
    http_routes,
    routing_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    Destination,
    VirtualService,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


class HashPolicies:
    """Which part of a request decides, for destinations with a consistent hash."""

    def __init__(
        self, builder: ClusterBuilder, proxy: Proxy, services: t.Mapping[str, Service]
    ) -> None:
        self._builder = builder
        self._proxy = proxy
        self._services = services

    def of(self, destination: Destination) -> Raw | None:
        """Return the rule's ``consistentHash``; nothing for a host that is not known.

        What a port's policy says counts only where the route names the port, and only if it
        hashes: unlike in Envoy's clusters, it does not take the general hash away.
        """
        service = self._services.get(destination.host)
        if service is None:
            return None
        client = self._proxy.client
        rule = self._builder.rules_for(service, self._proxy.namespace, client.labels).effective
        if rule is None:
            return None
        own = next((each for each in rule.subsets if each.get("name") == destination.subset), {})
        port = destination.port if destination.names_port else 0
        policies = (own.get("trafficPolicy") or {}, rule.traffic_policy or {})
        found = (
            hashed for policy in policies for hashed in (_of_port(policy, port), _hash(policy))
        )
        return next((each for each in found if each is not None), None)


def _of_port(policy: Raw, port: int) -> Raw | None:
    for entry in policy.get("portLevelSettings") or ():
        if port and (entry.get("port") or {}).get("number") == port:
            return _hash(entry)
    return None


def _hash(policy: Raw) -> Raw | None:
    return (policy.get("loadBalancer") or {}).get("consistentHash")


def http_routes_of(
    view: PushContext, proxy: Proxy, service: Service, port: ServicePort
) -> tuple[Route, ...]:
    """Return the routes in the order of trying; one to the service itself without a VirtualService.

    Empty for ports of which istiod makes no routes, as TCP, and for a service that the proxy
    knows only because routes of others lead there.
    """
    if not has_http_routes(port):
        return ()
    default = Route("default", None, (Destination(service.host, port.number),))
    if proxy.gateway:
        # its own Gateways decide which VirtualServices count, at ports of its own
        return (default,)
    scope = view.scopes.of(proxy.namespace, proxy.client.labels)
    listener = scope.listener(port.number)
    if listener is None or _has_no_table(view, listener, service, port):
        return ()
    client = Client(proxy.namespace, proxy.client.labels)
    if not any(each.host == service.host and each.port(port.number) for each in listener.services):
        # only a route leads there; on port 80 such a route may also be for the host itself
        return _routes_without_service(listener, client, service) if port.number == 80 else ()
    best = routing_service(listener.routes, service.host)
    for virtual in listener.routes:
        if virtual is best or service.host.lower() in virtual.http_hosts:
            routes = http_routes(virtual, client, port.number)
            if routes and _may_route(virtual, service, proxy):
                return routes
    return (default,)


def _has_no_table(
    view: PushContext, listener: EgressListener, service: Service, port: ServicePort
) -> bool:
    """Whether the proxy asks for no route that the service could be in.

    A port with a declared HTTP protocol has a table, with all hosts of its number. Without one, a
    host has a table of its own where the proxy listens: at the host's address, or at those of its
    endpoints where the host has none.
    """
    if port.protocol != UNKNOWN or service.addresses:
        return False
    if service.resolution not in (HEADLESS, NONE) or _is_declared_http(listener, port.number):
        return False
    endpoints = view.endpoints.of(service, port)
    return not endpoints and (service.kind == "Service" or bool(service.selector))


def _is_declared_http(listener: EgressListener, number: int) -> bool:
    return any(
        port.number == number and is_http(port.protocol)
        for service in listener.services
        for port in service.ports
    )


def _routes_without_service(
    listener: EgressListener, client: Client, service: Service
) -> tuple[Route, ...]:
    for virtual in listener.routes:
        if service.host.lower() in virtual.http_hosts and not virtual.gateway_api:
            routes = http_routes(virtual, client, 80)
            if routes:
                return routes
    return ()


def has_http_routes(port: ServicePort) -> bool:
    """Whether requests are routed as HTTP, where istiod looks at their first bytes, too."""
    return is_http(port.protocol) or port.protocol == UNKNOWN


def connection_route_of(
    view: PushContext, proxy: Proxy, service: Service, port: ServicePort
) -> Route | None:
    """Return the route of a VirtualService that TCP or TLS connections to the port take, if any."""
    if proxy.gateway or is_http(port.protocol) or port.protocol == "udp":
        return None
    scope = view.scopes.of(proxy.namespace, proxy.client.labels)
    listener = scope.listener(port.number)

    def only_port(host: str) -> int:
        ports = scope.services[host].ports if host in scope.services else ()
        return ports[0].number if len(ports) == 1 else 0

    return connection_route(
        listener.routes if listener else (),
        Client(proxy.namespace, proxy.client.labels),
        service.host,
        service.addresses,
        port.number,
        tls=port.protocol in TLS_PROTOCOLS,
        only_port=only_port,
    )


def _may_route(virtual: VirtualService, service: Service, proxy: Proxy) -> bool:
    """Routes of the Gateway API count in the namespaces of their clients or their Service only."""
    if not virtual.gateway_api:
        return True
    return virtual.namespace in (service.namespace, proxy.namespace)
