# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a path from proxy to proxy, and read the counters again after the requests."""

from __future__ import annotations

import collections
import contextlib
import operator
import re
import typing as t
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.sidecars import is_drained
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import cluster_status
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import config_dump
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.address_index import (
    AddressIndex,
    AddressOwner,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.routing import sni_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    EnvoyCluster,
    Gateway,
    Replica,
    Server,
    UnservedPort,
)

# egress, ingress, and one more gateway
_MOST_GATEWAYS = 3
# per Envoy cluster: each costs calls
_MOST_ENDPOINTS = 16
_MOST_PROBES = 4
_TLS_COUNTERS = r"ssl\.(handshake|connection_error|fail_verify_[a-z_]+)"
_CLUSTER_COUNTERS = rf"({_TLS_COUNTERS}|upstream_cx_connect_(fail|timeout))"
_LISTENER_COUNTERS = rf"^listener\..*({_TLS_COUNTERS}|no_filter_chain_match)$"


class PathCollector:
    """The proxies of a path. ``refresh`` reads their counters again."""

    def __init__(self, address_index: AddressIndex) -> None:
        self._address_index = address_index
        self._refreshers: list[t.Callable[[], None]] = []
        self._servers: dict[tuple[str, str, int], Server] = {}
        self._gateways: dict[tuple[str, str, int, str, int], Gateway] = {}
        # addresses as the proxies of a cluster know them
        self.skipped_endpoints: set[tuple[str, str]] = set()

    def collect(
        self,
        home: Cluster,
        pod: PodRef,
        name: str,
        upstream: EnvoyCluster | None,
        endpoint_configs: str,
    ) -> ClusterHop:
        """Collect a cluster of the client's sidecar. ``endpoint_configs`` has the endpoints' metadata."""
        # recent istiods end the names of statistics with a semicolon
        pattern = rf"^cluster\.{re.escape(name)};?\.{_CLUSTER_COUNTERS}$"
        found = ClusterHop(name, upstream, before=counters(home, pod, pattern))
        mtls = config_dump.mtls_endpoints(endpoint_configs, name)
        found.endpoints = [
            Endpoint(each, mtls=_begins_with_mtls(upstream, mtls.get((each.address, each.port))))
            for each in self._endpoints(home, pod, name)
        ]
        self._inspect(home, found.endpoints, _server_name(upstream), 0)

        def refresh() -> None:
            found.after = counters(home, pod, pattern)
            self._update(home, pod, name, found.endpoints)

        self._refreshers.append(refresh)
        return found

    def refresh(self) -> None:
        for refresh in self._refreshers:
            refresh()

    def probe(self, home: Cluster, pod: PodRef, hop: ClusterHop, timeout: float) -> None:
        """Probe the unknown addresses that no request got through to."""
        unknown = [e for e in hop.endpoints if e.inspected and e.target is None]
        unproven = [e for e in unknown if e.failed_connections or not e.requests]
        for endpoint in unproven[:_MOST_PROBES]:
            destination = (endpoint.before.address, endpoint.before.port)
            # an optional piece of evidence
            with contextlib.suppress(MeshError):
                name = _server_name(hop.upstream)
                endpoint.probe = home.tls_probe(pod, destination, name, timeout)

    def _endpoints(
        self, home: Cluster, pod: PodRef, name: str
    ) -> list[cluster_status.EndpointStatus]:
        path = f"/clusters?format=json&filter={quote(f'^{re.escape(name)}$', safe='')}"
        return cluster_status.parse_cluster(home.admin(pod, "GET", path), name)

    def _update(self, home: Cluster, pod: PodRef, name: str, endpoints: list[Endpoint]) -> None:
        now = {(e.address, e.port): e for e in self._endpoints(home, pod, name)}
        for endpoint in endpoints:
            endpoint.after = now.get((endpoint.before.address, endpoint.before.port))

    def _inspect(
        self, home: Cluster, endpoints: list[Endpoint], server_name: str, depth: int
    ) -> None:
        ranked = rank_endpoints(endpoints)
        for endpoint in ranked[:_MOST_ENDPOINTS]:
            endpoint.target = self._target(home, endpoint, server_name, depth)
        for endpoint in ranked[_MOST_ENDPOINTS:]:
            endpoint.inspected = False
            self.skipped_endpoints.add((home.name, endpoint.address))

    def _target(
        self, home: Cluster, endpoint: Endpoint, server_name: str, depth: int
    ) -> Gateway | Server | UnservedPort | None:
        address, port = endpoint.before.address, endpoint.before.port
        owner = self._address_index.find(home, address, port)
        if depth >= _MOST_GATEWAYS:
            return None
        if owner is None:
            return self._address_index.unserved_port(home, address)
        if owner.gateway:
            return self._gateway(owner, server_name, depth)
        return self._server(owner)

    def _gateway(self, owner: AddressOwner, server_name: str, depth: int) -> Gateway:
        key = (owner.cluster.name, owner.name, owner.port, server_name, depth)
        if key not in self._gateways:
            found = Gateway(owner.cluster.name, owner.name, owner.port)
            for pod in owner.pods:
                name = f"{pod.namespace}/{pod.name}" if len(owner.pods) > 1 else owner.name
                replica = Replica(f"{owner.cluster.name} {name}", owner.cluster.name)
                found.replicas.append(replica)
                try:
                    self._read_replica(replica, owner, pod, server_name)
                except MeshError as exc:
                    replica.error = str(exc)
                    continue
                self._inspect(owner.cluster, replica.endpoints, server_name, depth + 1)
            self._gateways[key] = found
        return self._gateways[key]

    def _read_replica(
        self, found: Replica, owner: AddressOwner, pod: PodRef, server_name: str
    ) -> None:
        cluster = owner.cluster
        found.drained = is_drained(cluster, pod)
        chains = config_dump.chains(cluster.admin(pod, "GET", config_dump.LISTENERS))
        mine = [chain for chain in chains if chain.port == owner.port]
        found.listens = bool(mine)
        found.server_names = tuple(name for chain in mine for name in chain.server_names)
        chosen = [
            chain
            for chain in mine
            if chain.cluster
            and any(sni_matches(name, (server_name,)) for name in chain.server_names)
        ]
        found.before = counters(cluster, pod, _LISTENER_COUNTERS)
        if chosen:
            found.chosen = chosen[0].cluster
            found.endpoints = [
                Endpoint(each) for each in self._endpoints(cluster, pod, found.chosen)
            ]

        def refresh() -> None:
            found.after = counters(cluster, pod, _LISTENER_COUNTERS)
            if found.chosen:
                self._update(cluster, pod, found.chosen, found.endpoints)

        self._refreshers.append(refresh)

    def _server(self, owner: AddressOwner) -> Server:
        key = (owner.cluster.name, owner.name, owner.port)
        if key in self._servers:
            return self._servers[key]
        found = self._servers[key] = Server(owner.cluster.name, owner.name, owner.port)
        if not owner.pods:
            found.error = "no ready pod is behind this address"
            return found
        pod = owner.pods[0]
        found.has_sidecar = self._address_index.has_sidecar(owner.cluster, pod)
        if not found.has_sidecar:
            return found
        try:
            found.drained = is_drained(owner.cluster, pod)
            chains = config_dump.chains(owner.cluster.admin(pod, "GET", config_dump.LISTENERS))
            found.inbound = config_dump.inbound(chains, owner.port)
            found.identity = config_dump.identity(
                owner.cluster.admin(pod, "GET", config_dump.SECRETS)
            )
            found.before = counters(owner.cluster, pod, _LISTENER_COUNTERS)
        except MeshError as exc:
            found.error = str(exc)
            return found

        def refresh() -> None:
            found.after = counters(owner.cluster, pod, _LISTENER_COUNTERS)

        self._refreshers.append(refresh)
        return found


def rank_endpoints(endpoints: t.Iterable[Endpoint]) -> list[Endpoint]:
    """Rank the best endpoint of each locality first, then the second of each, and so on."""
    places: collections.Counter[tuple[str, str, str]] = collections.Counter()
    ranked = []
    for endpoint in sorted(endpoints, key=lambda each: (not each.usable, each.before.priority)):
        known = endpoint.before
        place = (known.region, known.zone, known.subzone)
        ranked.append((places[place], endpoint))
        places[place] += 1
    return [endpoint for _rank, endpoint in sorted(ranked, key=operator.itemgetter(0))]


def counters(cluster: Cluster, pod: PodRef, pattern: str) -> dict[str, int]:
    """Return the proxy's counters, of which Istio's proxies keep few by default."""
    text = cluster.admin(pod, "GET", f"/stats?filter={quote(pattern, safe='')}")
    found = {}
    for line in text.splitlines():
        name, _colon, value = line.rpartition(": ")
        if value.strip().isdigit():
            found[name.strip()] = int(value)
    return found


def _begins_with_mtls(upstream: EnvoyCluster | None, marked: bool | None) -> bool | None:
    if upstream is None:
        return None
    return {"mtls": True, "plain": False}.get(upstream.transport, marked)


def _server_name(upstream: EnvoyCluster | None) -> str:
    return upstream.server_name if upstream else ""
