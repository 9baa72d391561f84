# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The destinations of requests: endpoints, and the pods behind gateways."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    EffectiveShares,
    address_of,
    effective_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
    GatewayAddress,
    Topology,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    PASSTHROUGH,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    EXACT,
    RANDOM,
    EndpointShare,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import is_http
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import NONE

# a gateway may lead to another one, but not in circles
_MOST_GATEWAYS = 3


@dataclass(frozen=True, slots=True)
class Destination:
    """A pod or address that answers. ``share`` is of all requests of the client."""

    name: str
    namespace: str
    workload: str
    cluster: str
    locality: str
    address: str
    port: int
    share: float
    labels: t.Mapping[str, str] = field(default_factory=dict)
    # the address:port of the client's own endpoint, and its priority and locality there
    endpoint: str = ""
    priority: int = 0
    seen_as: str = ""
    # through which gateways, nearest first
    via: tuple[str, ...] = ()
    # whether a pod is known, not just an address
    pod: bool = False
    # refuses connections, for its workload is drained
    drained: bool = False

    def value(self, key: str) -> str | None:
        """Return the value of a name such as instance or locality; None if it is unknown."""
        if key == "instance":
            return self.name
        if key in ("workload", "cluster", "namespace", "locality", "address"):
            return str(getattr(self, key))
        return self.labels.get(key)


@dataclass(frozen=True, slots=True)
class GatewayBackends:
    """Destinations behind a gateway; shares are of the gateway's requests."""

    destinations: tuple[Destination, ...]
    lost: float
    reasons: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Destinations of one client's requests, and the part that is lost."""

    destinations: tuple[Destination, ...]
    lost: float
    reasons: tuple[str, ...]


class GatewayTracer:
    """Follows one outbound to its pods."""

    def __init__(
        self,
        topology: Topology,
        proxy: Proxy,
        outbound: OutboundCluster,
        depth: int = 0,
        *,
        retries: bool = True,
    ) -> None:
        self._topology = topology
        self._proxy = proxy
        self._outbound = outbound
        self._depth = depth
        # a gateway that is no router of HTTP passes connections, and tries once
        http = is_http(outbound.port.protocol) and not proxy.gateway
        self._retries = retries and http
        self._backends: dict[str, GatewayBackends] = {}
        for endpoint in _endpoints(outbound):
            gateway = topology.gateway_at(endpoint.address, endpoint.port)
            if gateway is not None and depth < _MOST_GATEWAYS and self._can_follow(gateway):
                self._backends[address_of(endpoint)] = self._behind(gateway)

    def effective_shares(self) -> EffectiveShares:
        """Return the shares now; drained pods and gateways that lead nowhere refuse."""
        refusing = {
            address_of(endpoint)
            for endpoint in _endpoints(self._outbound)
            if self._refuses(endpoint)
        }
        found = effective_shares(self._outbound.assignment, refusing, retries=self._retries)
        return replace(found, lost=0.0, reasons=()) if self._chosen_by_client() else found

    def answers(self, shares: t.Iterable[EndpointShare]) -> Answers:
        """Break shares of endpoints down to pods."""
        destinations: list[Destination] = []
        refused = self._topology.plain_to_strict(self._outbound)
        reasons: list[str] = []
        for each in shares:
            backends = self._backends.get(address_of(each.endpoint))
            if refused:
                destinations.append(replace(self._destination(each), share=0.0))
                reasons.append(refused)
                continue
            if backends is None:
                destinations.append(self._destination(each))
                continue
            if each.share:
                reasons.extend(backends.reasons)
            destinations.extend(self._spread(each, backends))
        found = math.fsum(destination.share for destination in destinations)
        lost = 0.0 if self._chosen_by_client() else max(0.0, 1.0 - found)
        return Answers(
            tuple(destinations), lost if lost > 1e-9 else 0.0, tuple(dict.fromkeys(reasons))
        )

    def _chosen_by_client(self) -> bool:
        """Return whether each client connects to an address of its choice, which no share predicts."""
        if self._outbound.assignment.load_balancer != PASSTHROUGH:
            return False
        return self._outbound.service.resolution == NONE or any(_endpoints(self._outbound))

    def models_behind(self, key: str, busy: t.Container[str]) -> list[str]:
        """Return how gateways choose that lead to pods with several values of the key."""
        return [
            backends.model
            for address, backends in self._backends.items()
            if address in busy
            and len(
                {
                    destination.value(key)
                    for destination in backends.destinations
                    if destination.share
                }
            )
            > 1
        ]

    def _refuses(self, endpoint: Endpoint) -> bool:
        backends = self._backends.get(address_of(endpoint))
        if backends is not None:
            return backends.lost >= 1.0
        return self._topology.is_drained(endpoint)

    def _destination(self, each: EndpointShare) -> Destination:
        endpoint = each.endpoint
        namespace, _slash, name = endpoint.name.partition("/")
        return Destination(
            name=name or endpoint.name or endpoint.address,
            namespace=namespace if name else "",
            workload=self._topology.workload_of(
                endpoint.cluster, endpoint.name or endpoint.address
            ),
            cluster=endpoint.cluster,
            locality=endpoint.locality.rstrip("/"),
            address=endpoint.address,
            port=endpoint.port,
            share=each.share,
            labels=endpoint.labels,
            endpoint=address_of(endpoint),
            priority=each.priority,
            seen_as=each.locality,
            pod=self._topology.pod(endpoint.cluster, endpoint.name) is not None,
            drained=self._refuses(endpoint),
        )

    def _spread(self, each: EndpointShare, backends: GatewayBackends) -> t.Iterator[Destination]:
        """Spread a gateway's share; a gateway that loses a part is tried again."""
        able = 1.0 - backends.lost
        for destination in backends.destinations:
            yield replace(
                destination,
                share=each.share * destination.share / able if able > 0 else 0.0,
                endpoint=address_of(each.endpoint),
                priority=each.priority,
                seen_as=each.locality,
                via=(each.endpoint.address, *destination.via),
            )

    def _can_follow(self, gateway: GatewayAddress) -> bool:
        """Return whether no routes of the gateway decide, which are not modelled."""
        state = self._topology.state(gateway.cluster)
        return not any(
            server.port == gateway.port and server.tls_mode != gateways.AUTO_PASSTHROUGH
            for pod in gateway.pods
            for server in gateways.gateway_servers(state, pod)
        )

    def _behind(self, gateway: GatewayAddress) -> GatewayBackends:
        found = [self._through(gateway, pod) for pod in gateway.pods]
        if not found:
            why = f"no pod is behind the gateway of cluster {gateway.cluster}"
            return GatewayBackends((), 1.0, (why,), EXACT)
        parts = len(found)
        destinations = [
            replace(destination, share=destination.share / parts)
            for each in found
            for destination in each.destinations
        ]
        reasons = tuple(dict.fromkeys(reason for each in found for reason in each.reasons))
        lost = math.fsum(each.lost for each in found) / parts
        exact = parts == 1 and found[0].model == EXACT
        return GatewayBackends(_merged(destinations), lost, reasons, EXACT if exact else RANDOM)

    def _through(self, gateway: GatewayAddress, pod: KubernetesObject) -> GatewayBackends:
        """Return where a gateway's pod sends a connection for this service."""
        view = self._topology.view(gateway.cluster)
        host, number = self._outbound.service.host, self._outbound.port.number
        namespace = namespace_of(pod)
        service = view.services.visible_to_gateway(namespace).get(host)
        servers = [
            server
            for server in gateways.passthrough_servers(view.mesh.local, pod)
            if server.port == gateway.port
        ]
        where = f"the gateway of cluster {gateway.cluster}"
        if (gateway.cluster, namespace, name_of(pod)) in self._topology.drained:
            return _nothing(f"{where} is drained")
        if not servers:
            return _nothing(f"{where} has no server with AUTO_PASSTHROUGH on port {gateway.port}")
        if service is None:
            return _nothing(f"{where} knows no service {host}")
        if not any(server.exposes(host, service.namespace) for server in servers):
            return _nothing(f"{where} does not expose {host}")
        port = next((port for port in service.ports if port.number == number), None)
        if port is None:
            return _nothing(f"{where}: {host} has no port {number} there")
        proxy = Proxy(view.client(pod), namespace, gateway=True)
        try:
            outbound = self._topology.builder(gateway.cluster).cluster(
                proxy, service, port, self._outbound.subset, only_mtls=True
            )
        except NotFound as exc:
            return _nothing(f"{where}: {exc}")
        tracer = GatewayTracer(self._topology, proxy, outbound, self._depth + 1)
        own = tracer.effective_shares()
        answers = tracer.answers(own.endpoints)
        reasons = tuple(f"behind {where}: {reason}" for reason in (*own.reasons, *answers.reasons))
        return GatewayBackends(answers.destinations, answers.lost, reasons, own.model)


def _endpoints(outbound: OutboundCluster) -> t.Iterator[Endpoint]:
    return (endpoint for group in outbound.assignment.groups for endpoint in group.endpoints)


def _nothing(why: str) -> GatewayBackends:
    return GatewayBackends((), 1.0, (why,), EXACT)


def _merged(destinations: t.Sequence[Destination]) -> tuple[Destination, ...]:
    """Count a pod once for each way to it, however many gateway pods are at the same address."""
    found: dict[tuple[str, str, int, tuple[str, ...]], Destination] = {}
    for destination in destinations:
        key = (destination.cluster, destination.address, destination.port, destination.via)
        same = found.get(key)
        found[key] = (
            replace(destination, share=destination.share + same.share) if same else destination
        )
    return tuple(found.values())


def sums(destinations: t.Iterable[Destination], key: str) -> dict[str, float]:
    """Return the share of each value of the key; those without one have an empty name."""
    found: dict[str, float] = {}
    for destination in destinations:
        name = destination.value(key) or ""
        found[name] = found.get(name, 0.0) + destination.share
    return found
