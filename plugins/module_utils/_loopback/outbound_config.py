# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbound side of sidecars: where they send what their pods ask for.

It is computed once for all sidecars that are alike, since it is most of what a lab computes.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import listeners, routes
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import ROUTE_TYPE
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
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    hostnames,
    tcp_destinations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.cluster_files import (
    Files,
    Upstreams,
    cluster_files,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import clusters
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

# settings by which clients with different labels are treated differently
_OF_LABELS = frozenset({"workloadSelector", "failoverPriority"})


@dataclass(frozen=True, slots=True)
class Outbound:
    """What a sidecar's listener sends where, the files that this takes, and what names resolve to."""

    files: Files
    hosts: t.Mapping[int, t.Sequence[routes.VirtualHost]]
    tcp: t.Sequence[listeners.TcpDestination]
    resolved: t.Mapping[str, tuple[str, ...]]


class OutboundConfigCache:
    """The outbound sides of one cluster's sidecars."""

    def __init__(self, view: PushContext, upstreams: Upstreams) -> None:
        self._view = view
        self._upstreams = upstreams
        self._known: dict[t.Hashable, Outbound] = {}

    def of(self, pod: KubernetesObject, client: Client) -> Outbound:
        """The outbound side of the pod's sidecar, which is not to be changed."""
        key = self._alike(pod, client)
        if key not in self._known:
            self._known[key] = self._compute(pod, client)
        return self._known[key]

    def _alike(self, pod: KubernetesObject, client: Client) -> t.Hashable:
        """The same for all pods whose sidecars send the same requests to the same places."""
        place = [
            getattr(client, field.name)
            for field in dataclasses.fields(client)
            if field.name != "labels"
        ]
        labels = tuple(sorted(client.labels.items())) if self._labels_count else ()
        aliases = repr(spec_of(pod).get("hostAliases"))
        dns_capture = proxies.captures_dns(self._view.mesh.local, pod)
        return namespace_of(pod), *place, labels, aliases, dns_capture

    @cached_property
    def _labels_count(self) -> bool:
        mesh = self._view.mesh
        return _mentions([mesh.config, mesh.local.objects("DestinationRule")], _OF_LABELS)

    def _compute(self, pod: KubernetesObject, client: Client) -> Outbound:
        upstreams: list[clusters.ClusterInputs] = []
        hosts: dict[int, list[routes.VirtualHost]] = {}
        tcp: list[listeners.TcpDestination] = []
        resolved: dict[str, tuple[str, ...]] = {}
        namespace = namespace_of(pod)
        look_up = hostnames.lookup(pod)
        dns_capture = proxies.captures_dns(self._view.mesh.local, pod)
        for service in self._view.services.visible(namespace).values():
            if service.resolution not in hostnames.RESOLUTIONS:
                continue
            addresses = service.usable_addresses(dns_capture)
            # a block of addresses is no answer to a question for one
            answers = tuple(address for address in addresses if "/" not in address)
            if answers:
                resolved[service.host] = answers
            for port in service.ports:
                made = self._upstreams.of(service, port, namespace, client, look_up=look_up)
                upstreams += made
                if is_http(port.protocol):
                    domains = tcp_destinations.domains(service, port.number, namespace, addresses)
                    host = routes.VirtualHost(
                        f"{service.host}:{port.number}", domains, made[0].name
                    )
                    hosts.setdefault(port.number, []).append(host)
                else:
                    tcp.append(listeners.TcpDestination(addresses, port.number, made[0].name))
        files = cluster_files(upstreams)
        for number, virtual_hosts in hosts.items():
            table = routes.outbound_routes(number, virtual_hosts)
            files[routes.route_file(number)] = response(ROUTE_TYPE, [table])
        return Outbound(files, hosts, tuple(tcp_destinations.unambiguous_tcp(tcp, hosts)), resolved)


def _mentions(value: t.Any, names: frozenset[str]) -> bool:
    """Whether a mapping somewhere in the value has one of the keys, with something in it."""
    if isinstance(value, t.Mapping):
        return any((key in names and item) or _mentions(item, names) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(_mentions(item, names) for item in value)
    return False
