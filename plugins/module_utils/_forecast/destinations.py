# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers in the end: endpoints, and the pods behind gateways. Private to this collection."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    EffectiveShares,
    address_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    effective_shares as outlook,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
    GatewayAddress,
    Topology,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster,
    Proxy,
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
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import is_http

# a gateway may lead to another one, but not in circles
_MOST_GATEWAYS = 3


@dataclass(frozen=True, slots=True)
class Destination:
    """One that answers. ``share`` is of all requests of the client."""

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
    # is it a pod that was seen, or just an address?
    pod: bool = False
    # refuses connections, for its workload is drained
    drained: bool = False

    def value(self, key: str) -> str | None:
        """What it is called by this name; None if nothing is known."""
        if key == "instance":
            return self.name
        if key in ("workload", "cluster", "namespace", "locality", "address"):
            return str(getattr(self, key))
        return self.labels.get(key)


@dataclass(frozen=True, slots=True)
class GatewayBackends:
    """What is behind a gateway; shares are of what the gateway gets."""

    leaves: tuple[Destination, ...]
    lost: float
    reasons: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answers one client's requests, and which part is lost."""

    leaves: tuple[Destination, ...]
    lost: float
    reasons: tuple[str, ...]


class GatewayTracer:
    """Follows one upstream to its pods."""

    def __init__(self, world: Topology, proxy: Proxy, up: OutboundCluster, depth: int = 0) -> None:
        self._world = world
        self._proxy = proxy
        self._up = up
        self._depth = depth
        self._beyond: dict[str, GatewayBackends] = {}
        for endpoint in _endpoints(up):
            entrance = world.entrance(endpoint.address, endpoint.port)
            if entrance is not None and depth < _MOST_GATEWAYS and self._can_follow(entrance):
                self._beyond[address_of(endpoint)] = self._behind(entrance)

    def outlook(self) -> EffectiveShares:
        """The shares now, with drained pods and gateways that lead nowhere refusing."""
        refusing = {
            address_of(endpoint) for endpoint in _endpoints(self._up) if self._refuses(endpoint)
        }
        # a gateway that is no router of HTTP passes connections, and tries once
        retries = is_http(self._up.port.protocol) and not self._proxy.gateway
        return outlook(self._up.assignment, refusing, retries=retries)

    def answers(self, shares: t.Iterable[EndpointShare]) -> Answers:
        """Breaks shares of endpoints down to pods."""
        leaves: list[Destination] = []
        reasons: list[str] = []
        for each in shares:
            beyond = self._beyond.get(address_of(each.endpoint))
            if beyond is None:
                leaves.append(self._leaf(each))
                continue
            if each.share:
                reasons.extend(beyond.reasons)
            leaves.extend(self._spread(each, beyond))
        found = math.fsum(leaf.share for leaf in leaves)
        lost = max(0.0, 1.0 - found)
        return Answers(tuple(leaves), lost if lost > 1e-9 else 0.0, tuple(dict.fromkeys(reasons)))

    def models_behind(self, key: str, busy: t.Container[str]) -> list[str]:
        """How gateways choose where they lead to pods with several values of the key."""
        return [
            beyond.model
            for address, beyond in self._beyond.items()
            if address in busy
            and len({leaf.value(key) for leaf in beyond.leaves if leaf.share}) > 1
        ]

    def _refuses(self, endpoint: Endpoint) -> bool:
        beyond = self._beyond.get(address_of(endpoint))
        if beyond is not None:
            return beyond.lost >= 1.0
        return self._world.is_drained(endpoint)

    def _leaf(self, each: EndpointShare) -> Destination:
        endpoint = each.endpoint
        namespace, _slash, name = endpoint.name.partition("/")
        return Destination(
            name=name or endpoint.name or endpoint.address,
            namespace=namespace if name else "",
            workload=self._world.workload_of(endpoint.cluster, endpoint.name or endpoint.address),
            cluster=endpoint.cluster,
            locality=endpoint.locality.rstrip("/"),
            address=endpoint.address,
            port=endpoint.port,
            share=each.share,
            labels=endpoint.labels,
            endpoint=address_of(endpoint),
            priority=each.priority,
            seen_as=each.locality,
            pod=self._world.pod(endpoint.cluster, endpoint.name) is not None,
            drained=self._refuses(endpoint),
        )

    def _spread(self, each: EndpointShare, beyond: GatewayBackends) -> t.Iterator[Destination]:
        """A gateway that loses a part is tried again, as far as the client can tell."""
        able = 1.0 - beyond.lost
        for leaf in beyond.leaves:
            yield replace(
                leaf,
                share=each.share * leaf.share / able if able > 0 else 0.0,
                endpoint=address_of(each.endpoint),
                priority=each.priority,
                seen_as=each.locality,
                via=(each.endpoint.address, *leaf.via),
            )

    def _can_follow(self, entrance: GatewayAddress) -> bool:
        """Not where the gateway's routes decide, which nobody models here."""
        state = self._world.state(entrance.cluster)
        return not any(
            server.port == entrance.port and server.tls_mode != gateways.AUTO_PASSTHROUGH
            for pod in entrance.pods
            for server in gateways.gateway_servers(state, pod)
        )

    def _behind(self, entrance: GatewayAddress) -> GatewayBackends:
        found = [self._through(entrance, pod) for pod in entrance.pods]
        if not found:
            why = f"no pod is behind the gateway of cluster {entrance.cluster}"
            return GatewayBackends((), 1.0, (why,), EXACT)
        parts = len(found)
        leaves = [replace(leaf, share=leaf.share / parts) for each in found for leaf in each.leaves]
        reasons = tuple(dict.fromkeys(reason for each in found for reason in each.reasons))
        lost = math.fsum(each.lost for each in found) / parts
        exact = parts == 1 and found[0].model == EXACT
        return GatewayBackends(_merged(leaves), lost, reasons, EXACT if exact else RANDOM)

    def _through(self, entrance: GatewayAddress, pod: KubernetesObject) -> GatewayBackends:
        """What a gateway's pod makes of a connection for this service: its own assignment."""
        view = self._world.view(entrance.cluster)
        host, number = self._up.service.host, self._up.port.number
        namespace = namespace_of(pod)
        service = view.services.visible_to_gateway(namespace).get(host)
        servers = [
            server
            for server in gateways.passthrough_servers(view.mesh.local, pod)
            if server.port == entrance.port
        ]
        where = f"the gateway of cluster {entrance.cluster}"
        if not servers:
            return _nothing(f"{where} has no server with AUTO_PASSTHROUGH on port {entrance.port}")
        if service is None:
            return _nothing(f"{where} knows no service {host}")
        if not any(server.exposes(host, service.namespace) for server in servers):
            return _nothing(f"{where} does not expose {host}")
        port = next((port for port in service.ports if port.number == number), None)
        if port is None:
            return _nothing(f"{where}: {host} has no port {number} there")
        proxy = Proxy(view.client(pod), namespace, gateway=True)
        try:
            up = self._world.builder(entrance.cluster).cluster(
                proxy, service, port, self._up.subset, only_mtls=True
            )
        except NotFound as exc:
            return _nothing(f"{where}: {exc}")
        tracer = GatewayTracer(self._world, proxy, up, self._depth + 1)
        own = tracer.outlook()
        answers = tracer.answers(own.endpoints)
        reasons = tuple(f"behind {where}: {reason}" for reason in (*own.reasons, *answers.reasons))
        return GatewayBackends(answers.leaves, answers.lost, reasons, own.model)


def _endpoints(up: OutboundCluster) -> t.Iterator[Endpoint]:
    return (endpoint for group in up.assignment.groups for endpoint in group.endpoints)


def _nothing(why: str) -> GatewayBackends:
    return GatewayBackends((), 1.0, (why,), EXACT)


def _merged(leaves: t.Sequence[Destination]) -> tuple[Destination, ...]:
    """A pod that several gateway pods lead to counts once."""
    found: dict[tuple[str, str, int], Destination] = {}
    for leaf in leaves:
        key = (leaf.cluster, leaf.address, leaf.port)
        same = found.get(key)
        found[key] = replace(leaf, share=leaf.share + same.share) if same else leaf
    return tuple(found.values())


def sums(leaves: t.Iterable[Destination], key: str) -> dict[str, float]:
    """The share of each value of the key; those without a value count under an empty name."""
    found: dict[str, float] = {}
    for leaf in leaves:
        name = leaf.value(key) or ""
        found[name] = found.get(name, 0.0) + leaf.share
    return found
