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
    UNKNOWN,
    is_http,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    EgressListener,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Client,
    HttpRoute,
    http_routes,
    routing_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    Destination,
    VirtualService,
)


class HashPolicies:
    """Which part of a request decides, for destinations with a consistent hash."""

    def __init__(
        self, builder: ClusterBuilder, proxy: Proxy, services: t.Mapping[str, Service]
    ) -> None:
        self._builder = builder
        self._proxy = proxy
        self._services = services

    def of(self, host: str, port: int, subset: str) -> t.Mapping[str, t.Any] | None:
        """Return the rule's ``consistentHash``; nothing for a destination that is not known."""
        service = self._services.get(host)
        own = service.port(port) if service else None
        if service is None or own is None:
            return None
        return self._builder.consistent_hash(self._proxy, service, own, subset)


def http_routes_of(
    view: PushContext, proxy: Proxy, service: Service, port: ServicePort
) -> tuple[HttpRoute, ...]:
    """Return the routes in the order of trying; one to the service itself without a VirtualService.

    Empty for ports of which istiod makes no routes, as TCP, and for a service that the proxy
    knows only because routes of others lead there.
    """
    if not has_http_routes(port):
        return ()
    default = HttpRoute("default", "", (Destination(service.host, port.number),))
    if proxy.gateway:
        # its own Gateways decide which VirtualServices count, at ports of its own
        return (default,)
    scope = view.scopes.of(proxy.namespace, proxy.client.labels)
    listener = scope.listener(port.number)
    if listener is None:
        return ()
    client = Client(proxy.namespace, proxy.client.labels)
    if not any(each.host == service.host and each.port(port.number) for each in listener.services):
        # only a route leads there; on port 80 such a route may also be for the host itself
        return _routes_without_service(listener, client, service) if port.number == 80 else ()
    best = routing_service(listener.routes, service.host)
    for virtual in listener.routes:
        if virtual is best or service.host in virtual.hosts:
            routes = http_routes(virtual, client, port.number)
            if routes and _may_route(virtual, service, proxy):
                return routes
    return (default,)


def _routes_without_service(
    listener: EgressListener, client: Client, service: Service
) -> tuple[HttpRoute, ...]:
    for virtual in listener.routes:
        if service.host in virtual.hosts:
            routes = http_routes(virtual, client, 80)
            if routes:
                return routes
    return ()


def has_http_routes(port: ServicePort) -> bool:
    """Whether requests are routed as HTTP, where istiod looks at their first bytes, too."""
    return is_http(port.protocol) or port.protocol == UNKNOWN


def _may_route(virtual: VirtualService, service: Service, proxy: Proxy) -> bool:
    """Routes of the Gateway API count in the namespaces of their clients or their Service only."""
    if not virtual.gateway_api:
        return True
    return virtual.namespace in (service.namespace, proxy.namespace)
