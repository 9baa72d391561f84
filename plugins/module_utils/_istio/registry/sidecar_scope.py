# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proxy is shown of the mesh: the services and routes that its Sidecar imports."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    WILDCARD,
    host_matches,
    hosts_overlap,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import parse
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    Services,
    merge_by_host,
    one_namespace,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.visibility import (
    reaches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    MESH,
    VirtualService,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_EXCLUDED = "~"
_EVERYTHING: Raw = {"hosts": ["*/*"]}


@dataclass(frozen=True, slots=True)
class EgressListener:
    """What one ``egress`` entry imports; ``port`` 0 stands for every port without an entry."""

    port: int
    services: tuple[Service, ...]
    routes: tuple[VirtualService, ...]


@dataclass(frozen=True, slots=True)
class SidecarScope:
    """``name`` is the Sidecar's ``namespace/name``, empty where none is in effect."""

    name: str
    listeners: tuple[EgressListener, ...]
    services: t.Mapping[str, Service]
    # whether requests to hosts that are not imported leave the proxy all the same
    allow_any: bool

    def sees(self, service: Service) -> bool:
        """Return whether this very definition of the host is in the scope."""
        chosen = self.services.get(service.host)
        return chosen is not None and chosen.namespace == service.namespace

    def listener(self, port: int) -> EgressListener | None:
        """Return the entry that decides about requests to a port."""
        return next((each for each in self.listeners if each.port in (0, port)), None)


class _Hosts:
    """The hosts of one entry, by the namespace whose services they are for."""

    def __init__(self, written: t.Iterable[str], own: str) -> None:
        self._imported: dict[str, list[str]] = {}
        self._excluded: dict[str, list[str]] = {}
        for text in written:
            namespace, slash, host = str(text).partition("/")
            if not slash or "/" in host:
                continue
            chosen = self._imported
            if namespace.startswith(_EXCLUDED):
                chosen, namespace = self._excluded, namespace.removeprefix(_EXCLUDED) or WILDCARD
            chosen.setdefault(own if namespace == "." else namespace, []).append(host)

    def import_service(self, service: Service) -> bool:
        """Tell whether a service is imported."""
        if self._is_excluded(service.host, service.namespace):
            return False
        return any(
            host_matches(host, service.host)
            for place in (service.namespace, WILDCARD)
            for host in self._imported.get(place, ())
        )

    def import_routes(self, virtual: VirtualService) -> bool:
        """Tell whether a VirtualService is imported: one host of it is enough."""
        return any(
            self._imports_host(host, virtual) and not self._is_excluded(host, virtual.namespace)
            for host in virtual.hosts
        )

    def _imports_host(self, host: str, virtual: VirtualService) -> bool:
        imported = (
            each
            for place in (virtual.namespace, WILDCARD)
            for each in self._imported.get(place, ())
        )
        if virtual.gateway_api:
            return any(host_matches(each, host) for each in imported)
        return any(hosts_overlap(host, each) for each in imported)

    def _is_excluded(self, host: str, namespace: str) -> bool:
        return any(
            host_matches(each, host)
            for place in (namespace, WILDCARD)
            for each in self._excluded.get(place, ())
        )


class SidecarScopes:
    """The scopes of one istiod's proxies, each computed once."""

    def __init__(
        self,
        services: Services,
        routes: t.Sequence[VirtualService],
        sidecars: t.Sequence[KubernetesObject],
        config: Raw,
    ) -> None:
        self._services = services
        self._routes = routes
        # those that select workloads come first; ``sidecars`` are sorted by age
        self._sidecars = [
            *(each for each in sidecars if spec_of(each).get("workloadSelector")),
            *(each for each in sidecars if not spec_of(each).get("workloadSelector")),
        ]
        self._root = str(config["rootNamespace"])
        self._mode = str((config.get("outboundTrafficPolicy") or {}).get("mode") or "ALLOW_ANY")
        self._scopes: dict[tuple[str, str, bool], SidecarScope] = {}

    def of(
        self, namespace: str, labels: t.Mapping[str, str] | None = None, *, gateway: bool = False
    ) -> SidecarScope:
        """Return the scope of a proxy; Sidecars mean nothing to gateways."""
        sidecar = None if gateway else self._sidecar(namespace, labels or {})
        name = f"{namespace_of(sidecar)}/{name_of(sidecar)}" if sidecar else ""
        key = (namespace, name, gateway)
        if key not in self._scopes:
            make = self._for_gateway if gateway else self._for_sidecar
            self._scopes[key] = make(namespace, name, spec_of(sidecar) if sidecar else {})
        return self._scopes[key]

    @property
    def select_clients(self) -> bool:
        """Whether clients of one namespace may have different scopes."""
        return any(spec_of(each).get("workloadSelector") for each in self._sidecars)

    def _sidecar(self, namespace: str, labels: t.Mapping[str, str]) -> KubernetesObject | None:
        for each in self._sidecars:
            if namespace_of(each) == namespace:
                selector = (spec_of(each).get("workloadSelector") or {}).get("labels") or {}
                if selector.items() <= labels.items():
                    return each
        for each in self._sidecars:
            if namespace_of(each) == self._root and not spec_of(each).get("workloadSelector"):
                return each
        return None

    def _for_gateway(self, namespace: str, name: str, _spec: Raw) -> SidecarScope:
        services = self._services.visible_to_gateway(namespace)
        routes = tuple(self._visible_routes(namespace, MESH))
        listener = EgressListener(0, tuple(services.values()), routes)
        return SidecarScope(name, (listener,), services, allow_any=True)

    def _for_sidecar(self, namespace: str, name: str, spec: Raw) -> SidecarScope:
        entries = spec.get("egress") or (_EVERYTHING,)
        listeners = tuple(self._listener(namespace, entry) for entry in entries)
        imported: list[Service] = []
        for listener in listeners:
            imported += listener.services
            imported += self._destinations(namespace, listener)
        mode = (spec.get("outboundTrafficPolicy") or {}).get("mode")
        if spec.get("outboundTrafficPolicy") is not None:
            mode = mode or "REGISTRY_ONLY"
        return SidecarScope(
            name, listeners, merge_by_host(imported), (mode or self._mode) != "REGISTRY_ONLY"
        )

    def _listener(self, namespace: str, entry: Raw) -> EgressListener:
        hosts = _Hosts(entry.get("hosts") or (), namespace)
        declared: Raw = entry.get("port") or {}
        port = int(declared.get("number") or 0)
        only = 0 if parse(str(declared.get("protocol") or "")) == "http_proxy" else port
        found = []
        for service in self._services.exported_to(namespace):
            trimmed = _with_port(service, only)
            if trimmed is not None and hosts.import_service(service):
                found.append(trimmed)
        routes = [
            each for each in self._visible_routes(namespace, MESH) if hosts.import_routes(each)
        ]
        return EgressListener(port, tuple(one_namespace(found, namespace)), tuple(routes))

    def _visible_routes(self, namespace: str, gateway: str) -> t.Iterator[VirtualService]:
        """Yield private ones first, then those exported to the namespace, then public ones.

        Of the private ones a sidecar's first are those of the Gateway API.
        """
        bound = [each for each in self._routes if gateway in each.gateways]
        own = [each for each in bound if namespace == each.namespace and namespace in each.exported]
        yield from sorted(own, key=lambda each: gateway != MESH or not each.gateway_api)
        yield from (
            each for each in bound if namespace != each.namespace and namespace in each.exported
        )
        public = [each for each in bound if not each.exported]
        yield from (each for each in public if each.gateway_api and each.namespace == namespace)
        yield from (
            each for each in public if not (each.gateway_api and each.namespace == namespace)
        )

    def gateway_routes(self, namespace: str, gateway: str) -> tuple[VirtualService, ...]:
        """Return the VirtualServices bound to a Gateway that a gateway pod's namespace sees."""
        return tuple(self._visible_routes(namespace, gateway))

    def _destinations(self, namespace: str, listener: EgressListener) -> t.Iterator[Service]:
        """Yield the services that imported routes lead to, though no entry imports them."""
        for virtual in listener.routes:
            ports: dict[str, set[int]] = {}
            for each in virtual.destinations(namespace):
                ports.setdefault(each.host, set()).add(each.port)
            for host, numbers in ports.items():
                service = self._definition(host, namespace)
                if service is None:
                    continue
                if listener.port:
                    trimmed = _with_port(service, listener.port)
                else:
                    trimmed = _with_ports(service, numbers)
                if trimmed is not None:
                    yield trimmed

    def _definition(self, host: str, namespace: str) -> Service | None:
        """Return the service that a route's host means: the namespace's own, else the best one."""
        by_namespace = self._services.definitions(host)
        if namespace in by_namespace:
            return by_namespace[namespace]
        seen = [each for each in by_namespace.values() if reaches(each.export_to, namespace)]
        return min(seen, key=lambda each: (each.kind != "Service", each.created), default=None)


def _with_port(service: Service, number: int) -> Service | None:
    return _with_ports(service, {number})


def _with_ports(service: Service, numbers: t.Container[int]) -> Service | None:
    """Return the service with these ports only; 0 among them stands for all."""
    if 0 in numbers:
        return service
    ports = tuple(port for port in service.ports if port.number in numbers)
    if len(ports) == len(service.ports):
        return service
    return replace(service, ports=ports) if ports else None
