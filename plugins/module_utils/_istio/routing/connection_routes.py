# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of the TCP or TLS connections to one service port, as a VirtualService has it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.http_routes import (
    Client,
    OnlyPort,
    Route,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    RouteRule,
    VirtualService,
    gateway_names,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


def connection_route(
    routes: t.Iterable[VirtualService],
    client: Client,
    host: str,
    addresses: t.Collection[str],
    port: int,
    *,
    tls: bool,
    only_port: OnlyPort,
) -> Route | None:
    """Return the route that all connections to a host take; None for the service itself.

    Clients of a TLS port name the host to the server.
    """
    for virtual in routes:
        if not any(host_matches(pattern, host) for pattern in virtual.hosts):
            continue
        for rule in virtual.tls if tls else virtual.tcp:
            if not rule.spec.get("route"):
                continue
            matches: t.Iterable[Raw] = rule.spec.get("match") or ({},)
            for match in matches:
                fits = _names(match, host) if tls else _reaches(match, addresses)
                if fits and _is_for(match, virtual.namespace, client, port):
                    return _route(virtual, rule, port, only_port)
    return None


def gateway_connections(
    virtual: VirtualService, client: Client, port: int, *, tls: bool, only_port: OnlyPort
) -> t.Iterator[tuple[t.Sequence[str], Route]]:
    """Yield the routes of connections to a gateway's port, with the server names that they are for.

    Of TCP routes the first one takes all connections.
    """
    for rule in virtual.tls if tls else virtual.tcp:
        if not rule.spec.get("route"):
            continue
        matches: t.Iterable[Raw] = rule.spec.get("match") or ({},)
        for match in matches:
            if _is_for(match, virtual.namespace, client, port):
                yield match.get("sniHosts") or (), _route(virtual, rule, port, only_port)
                if not tls:
                    return


def _names(match: Raw, host: str) -> bool:
    return any(host_matches(str(name), host) for name in match.get("sniHosts") or ())


def _reaches(match: Raw, addresses: t.Collection[str]) -> bool:
    """Tell whether a match is for the service's own addresses, which are narrower than subnets."""
    subnets = match.get("destinationSubnets") or ()
    return not subnets or any(str(each).removesuffix("/32") in addresses for each in subnets)


def _is_for(match: Raw, namespace: str, client: Client, port: int) -> bool:
    gateways = match.get("gateways")
    if gateways and client.gateway not in gateway_names(gateways, namespace):
        return False
    if match.get("port") not in (None, 0, port):
        return False
    if not (match.get("sourceLabels") or {}).items() <= client.labels.items():
        return False
    return match.get("sourceNamespace") in (None, "", client.namespace)


def _route(virtual: VirtualService, rule: RouteRule, port: int, only_port: OnlyPort) -> Route:
    written = rule.spec["route"]
    destinations = [
        virtual.destination(each.get("destination") or {}, int(each.get("weight") or 0))
        for each in written
    ]
    if len(destinations) > 1:
        destinations = [each for each in destinations if each.weight]
    return Route(
        name="",
        origin=rule.origin,
        destinations=tuple(
            replace(each, port=each.port or only_port(each.host) or port) for each in destinations
        ),
        spec=rule.spec,
        weighted=len(written) > 1,
    )
