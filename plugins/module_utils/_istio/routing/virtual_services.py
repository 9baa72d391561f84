# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualServices as istiod reads them: full host names, delegates put in place, oldest first."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import full_host
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    age_key,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.visibility import (
    exported_to,
    reaches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.delegates import (
    merged_routes,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

# the gateway that stands for all sidecars
MESH = "mesh"


@dataclass(frozen=True, slots=True)
class Destination:
    """One part of a route; a ``port`` that the route does not name is 0 or the request's."""

    host: str
    port: int = 0
    subset: str = ""
    weight: int = 0
    # whether the route names the port
    names_port: bool = True
    # why there is no host: a backend that the Gateway API does not allow
    problem: str = ""


class RouteOrigin(t.NamedTuple):
    """The object that has a route, and the field where it stands there."""

    kind: str
    namespace: str
    name: str
    field: str

    @property
    def object(self) -> str:
        """The object in words."""
        return f"{self.kind} {self.namespace}/{self.name}"


class RouteRule(t.NamedTuple):
    """One route, in the form that a VirtualService has, whatever object it was written in."""

    spec: Raw
    origin: RouteOrigin


@dataclass(frozen=True, slots=True)
class VirtualService:
    """One VirtualService that is no delegate. Gateways are ``namespace/name``, or ``mesh``."""

    name: str
    namespace: str
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    exported: frozenset[str]
    http: tuple[RouteRule, ...]
    tcp: tuple[RouteRule, ...] = ()
    tls: tuple[RouteRule, ...] = ()
    # made of a route of the Gateway API, whose rules of visibility are stricter
    gateway_api: bool = False
    created: str = ""

    @property
    def age_key(self) -> tuple[str, str, str]:
        """Sort the oldest first, as istiod does."""
        return self.created, self.name, self.namespace

    @property
    def http_hosts(self) -> tuple[str, ...]:
        """The hosts as they are compared with those of HTTP requests: in small letters."""
        return tuple(host.lower() for host in self.hosts)

    def destination(self, raw: Raw, weight: int = 0) -> Destination:
        """Return a ``destination`` with its host's full name."""
        return Destination(
            full_host(str(raw["host"]), self.namespace) if raw.get("host") else "",
            int((raw.get("port") or {}).get("number") or 0),
            str(raw.get("subset") or ""),
            weight,
            names_port=bool((raw.get("port") or {}).get("number")),
            problem=str(raw.get("problem") or ""),
        )

    def destinations(self, client_namespace: str) -> t.Iterator[Destination]:
        """Return every destination and mirror that a client in the namespace may be sent to."""
        for route, _origin in self.http:
            if not _for_namespace(route, client_namespace):
                continue
            mirrors = [
                route.get("mirror"),
                *(m.get("destination") for m in route.get("mirrors") or ()),
            ]
            routed = [each.get("destination") for each in route.get("route") or ()]
            for raw in (*routed, *mirrors):
                # a backend that is not allowed has no host
                if raw and raw.get("host"):
                    yield self.destination(raw)
        for route, _origin in (*self.tcp, *self.tls):
            for each in route.get("route") or ():
                if each.get("destination"):
                    yield self.destination(each["destination"])


def read_virtual_services(
    objects: t.Iterable[KubernetesObject], default_export: t.Iterable[str] | None = None
) -> tuple[VirtualService, ...]:
    """Return the VirtualServices with hosts, oldest first."""
    found = sorted(objects, key=age_key)
    delegates = {
        (namespace_of(obj), name_of(obj)): obj for obj in found if not spec_of(obj).get("hosts")
    }

    def routes_of(reference: Raw, namespace: str) -> tuple[RouteRule, ...]:
        """Return a delegate's routes, if its exportTo lets the namespace see them."""
        place = str(reference.get("namespace") or namespace)
        obj = delegates.get((place, str(reference.get("name") or "")))
        if obj is None or not reaches(_exported(obj, default_export), namespace):
            return ()
        return tuple(
            RouteRule(_with_full_hosts(route, place), origin)
            for route, origin in _rules(obj, "http")
        )

    return tuple(
        _virtual_service(obj, default_export, routes_of)
        for obj in found
        if spec_of(obj).get("hosts")
    )


def _virtual_service(
    obj: KubernetesObject,
    default_export: t.Iterable[str] | None,
    routes_of: t.Callable[[Raw, str], tuple[RouteRule, ...]],
) -> VirtualService:
    spec, namespace = spec_of(obj), namespace_of(obj) or "default"
    http: list[RouteRule] = []
    for rule in _rules(obj, "http"):
        if rule.spec.get("delegate"):
            for route, origin in routes_of(rule.spec["delegate"], namespace):
                http.extend(RouteRule(each, origin) for each in merged_routes(rule.spec, [route]))
        else:
            http.append(rule)
    return VirtualService(
        name=name_of(obj),
        namespace=namespace,
        hosts=tuple(full_host(str(host), namespace) for host in spec["hosts"]),
        gateways=gateway_names(spec.get("gateways"), namespace),
        exported=_exported(obj, default_export),
        http=tuple(http),
        tcp=_rules(obj, "tcp"),
        tls=_rules(obj, "tls"),
        created=str(metadata(obj).get("creationTimestamp") or ""),
    )


def _rules(obj: KubernetesObject, part: str) -> tuple[RouteRule, ...]:
    owner = ("VirtualService", namespace_of(obj) or "default", name_of(obj))
    return tuple(
        RouteRule(route, RouteOrigin(*owner, f"spec.{part}[{index}]"))
        for index, route in enumerate(spec_of(obj).get(part) or ())
    )


def gateway_names(written: t.Iterable[str] | None, namespace: str) -> tuple[str, ...]:
    """Return the full names of ``gateways``; without any, all sidecars are meant."""
    found = [gateway_name(str(name), namespace) for name in written or ()]
    return tuple(found) or (MESH,)


def gateway_name(written: str, namespace: str) -> str:
    """Complete the name of a Gateway by its rule's namespace."""
    if written == MESH:
        return MESH
    if "/" in written:
        own, _slash, name = written.partition("/")
        return f"{namespace if own == '.' else own}/{name}"
    if "." in written:
        # the form of old: name.namespace, perhaps with svc.cluster.local behind it
        name, place, *_rest = written.split(".")
        return f"{place}/{name}"
    return f"{namespace}/{written}"


def _exported(obj: KubernetesObject, default: t.Iterable[str] | None) -> frozenset[str]:
    return exported_to(spec_of(obj).get("exportTo") or (), namespace_of(obj) or "default", default)


def _with_full_hosts(route: Raw, namespace: str) -> Raw:
    """Return a delegate's route with hosts that its own namespace completes, not the root's."""
    found = dict(route)
    if route.get("route"):
        found["route"] = [
            {**each, "destination": _full(each.get("destination"), namespace)}
            for each in route["route"]
        ]
    if route.get("mirror"):
        found["mirror"] = _full(route["mirror"], namespace)
    if route.get("mirrors"):
        found["mirrors"] = [
            {**each, "destination": _full(each.get("destination"), namespace)}
            for each in route["mirrors"]
        ]
    return found


def _full(destination: Raw | None, namespace: str) -> Raw | None:
    if not destination:
        return destination
    return {**destination, "host": full_host(str(destination.get("host") or ""), namespace)}


def _for_namespace(route: Raw, namespace: str) -> bool:
    """Tell whether any match of an HTTP route is for clients of the namespace."""
    sources = [each.get("sourceNamespace") for each in route.get("match") or ()]
    return not any(sources) or namespace in sources or not sources[-1]
