# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbound configuration of sidecars.

It is most of a lab's computation, so sidecars with the same inputs share it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import listeners, routes
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.http_routes import envoy_route
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import ROUTE_TYPE
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import Proxy
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import is_http
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.route_builder import (
    HashPolicies,
    http_routes_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import hostnames
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.cluster_files import (
    ClusterInputsBuilder,
    Files,
    cluster_files,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import clusters
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
        Service,
    )


@dataclass(frozen=True, slots=True)
class Outbound:
    """The configuration for requests that leave a pod: routes, TCP destinations, files, addresses."""

    files: Files
    hosts: t.Mapping[int, t.Sequence[routes.VirtualHost]]
    tcp: t.Sequence[listeners.TcpDestination]
    resolved: t.Mapping[str, tuple[str, ...]]


class OutboundConfigCache:
    """The outbound configuration of one cluster's sidecars."""

    def __init__(self, push: PushContext, cluster_inputs: ClusterInputsBuilder) -> None:
        self._push = push
        self._cluster_inputs = cluster_inputs
        self._cache: dict[t.Hashable, Outbound] = {}

    def of(self, pod: KubernetesObject, client: Client) -> Outbound:
        """Return the configuration of the pod's sidecar, which other sidecars may share."""
        key = self._cache_key(pod, client)
        if key not in self._cache:
            self._cache[key] = self._compute(pod, client)
        return self._cache[key]

    def _cache_key(self, pod: KubernetesObject, client: Client) -> t.Hashable:
        """Return a key that is equal for pods with equal outbound configuration."""
        key = self._cluster_inputs.client_key(Proxy(client, namespace_of(pod)))
        aliases = repr(spec_of(pod).get("hostAliases"))
        dns_capture = proxies.captures_dns(self._push.mesh.local, pod)
        return key, aliases, dns_capture

    def _compute(self, pod: KubernetesObject, client: Client) -> Outbound:
        upstreams: list[clusters.ClusterInputs] = []
        hosts: dict[int, list[routes.VirtualHost]] = {}
        tcp: list[listeners.TcpDestination] = []
        resolved: dict[str, tuple[str, ...]] = {}
        namespace = namespace_of(pod)
        look_up = hostnames.lookup(pod)
        dns_capture = proxies.captures_dns(self._push.mesh.local, pod)
        scope = self._push.scopes.of(namespace, client.labels)
        proxy = Proxy(client, namespace)
        hashes = HashPolicies(self._cluster_inputs.builder, proxy, scope.services)
        retries = self._push.mesh.config.get("defaultHttpRetryPolicy")
        for service in scope.services.values():
            if service.resolution not in hostnames.RESOLUTIONS:
                continue
            addresses = service.usable_addresses(dns_capture)
            # DNS cannot return a network
            answers = tuple(address for address in addresses if "/" not in address)
            if answers:
                resolved[service.host] = answers
            for port in service.ports:
                inputs = self._cluster_inputs.of(service, port, namespace, client, look_up=look_up)
                upstreams += inputs
                if is_http(port.protocol):
                    domains = _domains(service, port.number, namespace, addresses)
                    own = tuple(
                        envoy_route(route, hashes.of, retries)
                        for route in http_routes_of(self._push, proxy, service, port)
                    )
                    if own:
                        host = routes.VirtualHost(f"{service.host}:{port.number}", domains, own)
                        hosts.setdefault(port.number, []).append(host)
                else:
                    tcp.append(listeners.TcpDestination(addresses, port.number, inputs[0].name))
        files = cluster_files(upstreams)
        for number, virtual_hosts in hosts.items():
            table = routes.outbound_routes(number, virtual_hosts)
            files[routes.route_file(number)] = response(ROUTE_TYPE, [table])
        return Outbound(files, hosts, tuple(_unambiguous_tcp(tcp, hosts)), resolved)


def _unambiguous_tcp(
    destinations: t.Iterable[listeners.TcpDestination], http_ports: t.Collection[int]
) -> t.Iterator[listeners.TcpDestination]:
    """Yield destinations with addresses, and the first one without addresses of each port."""
    used_ports = set(http_ports)
    for destination in destinations:
        if destination.addresses:
            yield destination
        elif destination.port not in used_ports:
            used_ports.add(destination.port)
            yield destination


def _domains(
    service: Service, port: int, namespace: str, addresses: t.Iterable[str]
) -> tuple[str, ...]:
    """Return the virtual host's names for a client in ``namespace``."""
    names = [service.host]
    short = service.host.partition(".")[0]
    if service.kind == "Service":
        names += [f"{short}.{service.namespace}", f"{short}.{service.namespace}.svc"]
        if service.namespace == namespace:
            names.append(short)
    names += addresses
    return tuple(form for name in names for form in (name, f"{name}:{port}"))
