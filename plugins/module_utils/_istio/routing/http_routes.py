# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP routes of one service port, as istiod makes them of a VirtualService for one client."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    MESH,
    Destination,
    RouteOrigin,
    RouteRule,
    VirtualService,
    gateway_names,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]
# the only port of a destination's service; 0 where it has several or is unknown
OnlyPort: t.TypeAlias = t.Callable[[str], int]

_PATHS_FOR_ALL = ({"prefix": "/"}, {"regex": ".*"})


@dataclass(frozen=True, slots=True)
class Route:
    """One route: the requests or connections that it is for, and where they go.

    ``match`` is an entry of a VirtualService's ``match``; empty: every request. ``spec`` is the
    HTTPRoute as written, empty for the route that every service has. Ports of destinations are set.
    """

    name: str
    # None for the default route
    origin: RouteOrigin | None
    destinations: tuple[Destination, ...]
    match: Raw = field(default_factory=dict)
    spec: Raw = field(default_factory=dict)
    # several destinations are written, though weights of 0 may leave one
    weighted: bool = False
    # of the requests
    port: int = 0

    @property
    def parts(self) -> tuple[tuple[Destination, float], ...]:
        """Each destination with its part of the requests, which add up to 1."""
        if len(self.destinations) == 1:
            return ((self.destinations[0], 1.0),)
        total = sum(each.weight for each in self.destinations)
        return tuple((each, each.weight / total) for each in self.destinations)

    @property
    def aborted(self) -> float:
        """The part of the requests that fault injection answers with an error."""
        abort: Raw = (self.spec.get("fault") or {}).get("abort") or {}
        percentage = abort.get("percentage")
        if not abort or percentage is None:
            return 0.0
        return min(float(percentage.get("value") or 0), 100.0) / 100

    @property
    def retries(self) -> bool:
        """Whether failed requests are tried again."""
        policy: Raw | None = self.spec.get("retries")
        return policy is None or int(policy.get("attempts") or 0) > 0

    @property
    def problem(self) -> str:
        """Why the proxy answers with an error, though nobody wrote that it should."""
        return str(self.spec.get("problem") or "")

    @property
    def own_answer(self) -> str:
        """What the proxy itself answers: a redirect, a direct response, or 404 for want of a route."""
        if self.unmatched:
            return "status 404, for no route takes them"
        if self.spec.get("redirect") is not None:
            return f"a redirect, {self.spec['redirect'].get('redirectCode') or 301}"
        if self.spec.get("directResponse") is not None:
            return f"status {self.spec['directResponse'].get('status')}"
        return ""

    @property
    def unmatched(self) -> bool:
        """Whether it stands for the requests that no route takes."""
        return bool(self.spec.get("unmatched"))

    @property
    def takes_all(self) -> bool:
        """Whether no request comes past it."""
        uri = self.match.get("uri")
        if uri and dict(uri) not in _PATHS_FOR_ALL:
            return False
        narrowing = ("headers", "withoutHeaders", "method", "authority", "scheme", "queryParams")
        return not any(self.match.get(key) for key in narrowing)


@dataclass(frozen=True, slots=True)
class Client:
    """The traits of a client that decide about routes; ``gateway`` is ``mesh`` for sidecars."""

    namespace: str
    labels: t.Mapping[str, str]
    gateway: str = MESH


def unmatched_requests(routes: t.Sequence[Route]) -> Route | None:
    """Return what stands for the requests that none of the routes takes, if there are such."""
    if not routes or any(each.takes_all for each in routes):
        return None
    last = routes[-1]
    return Route("", last.origin, (), spec={"unmatched": True}, port=last.port)


def no_only_port(_host: str) -> int:
    """Return 0: requests that name no port keep theirs, as sidecars send them."""
    return 0


def http_routes(
    virtual: VirtualService, client: Client, port: int, only_port: OnlyPort = no_only_port
) -> tuple[Route, ...]:
    """Return the routes of requests to a port, in the order of trying; perhaps none."""
    found: list[Route] = []
    for rule in virtual.http:
        for match in rule.spec.get("match") or (None,):
            if match is not None and not _is_for(match, virtual.namespace, client, port):
                continue
            route = _route(virtual, rule, match or {}, port, only_port)
            found.append(route)
            if match is None or route.takes_all:
                return tuple(found)
    return tuple(found)


def _is_for(match: Raw, namespace: str, client: Client, port: int) -> bool:
    if match.get("port") and match["port"] != port:
        return False
    if match.get("gateways"):
        return client.gateway in gateway_names(match["gateways"], namespace)
    if not (match.get("sourceLabels") or {}).items() <= client.labels.items():
        return False
    return match.get("sourceNamespace") in (None, "", client.namespace)


def _route(
    virtual: VirtualService, rule: RouteRule, match: Raw, port: int, only_port: OnlyPort
) -> Route:
    spec = rule.spec
    name = str(spec.get("name") or "")
    if match.get("name"):
        name = f"{name}.{match['name']}"
    written = spec.get("route") or ()
    destinations = [
        virtual.destination(each.get("destination") or {}, int(each.get("weight") or 0))
        for each in written
    ]
    if len(destinations) > 1:
        destinations = [each for each in destinations if each.weight]
    if spec.get("redirect") is not None or spec.get("directResponse") is not None:
        destinations = []
    return Route(
        name=name,
        origin=rule.origin,
        destinations=tuple(
            replace(each, port=each.port or only_port(each.host) or port) for each in destinations
        ),
        match=match,
        spec=spec,
        weighted=len(written) > 1,
        port=port,
    )


def routing_service(routes: t.Iterable[VirtualService], host: str) -> VirtualService | None:
    """Return the VirtualService whose host fits best: the host itself, else the longest wildcard.

    Of several with that host, the first one counts.
    """
    best: tuple[bool, int] | None = None
    found: VirtualService | None = None
    host = host.lower()
    for virtual in routes:
        for pattern in virtual.http_hosts:
            if not host_matches(pattern, host):
                continue
            rank = (pattern == host, len(pattern))
            if best is None or rank > best:
                best, found = rank, virtual
    return found
