# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a path from proxy to proxy, and looks again after the requests.

Private to this collection.
"""

from __future__ import annotations

import collections
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
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.routing import covers
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    EnvoyCluster,
    Gateway,
    Replica,
    Server,
)

# egress, ingress, and one more
_MOST_GATEWAYS = 3
# of one cluster: each costs calls
_MOST_ENDPOINTS = 16
_TLS_COUNTERS = r"ssl\.(handshake|connection_error|fail_verify_[a-z_]+)"
_CLUSTER_COUNTERS = rf"({_TLS_COUNTERS}|upstream_cx_connect_(fail|timeout))"
_LISTENER_COUNTERS = rf"^listener\..*({_TLS_COUNTERS}|no_filter_chain_match)$"


class PathCollector:
    """A path's proxies. What was looked at is read again by ``look_again``."""

    def __init__(self, whereabouts: AddressIndex) -> None:
        self._whereabouts = whereabouts
        self._again: list[t.Callable[[], None]] = []
        self._servers: dict[tuple[str, str, int], Server] = {}
        self._gateways: dict[tuple[str, str, int, str, int], Gateway] = {}
        # as a cluster's proxies know them
        self.left_out: set[tuple[str, str]] = set()

    def reach(
        self, home: Cluster, pod: PodRef, name: str, upstream: EnvoyCluster | None, marks: str
    ) -> ClusterHop:
        """A cluster of the client's sidecar; ``marks`` is what it says of endpoints' metadata."""
        # recent istiods end the names of statistics with a semicolon
        pattern = rf"^cluster\.{re.escape(name)};?\.{_CLUSTER_COUNTERS}$"
        found = ClusterHop(name, upstream, before=counters(home, pod, pattern))
        mtls = config_dump.with_mtls(marks, name)
        found.endpoints = [
            Endpoint(each, mtls=_begins_with_mtls(upstream, mtls.get((each.address, each.port))))
            for each in self._endpoints(home, pod, name)
        ]
        self._look_into(home, found.endpoints, _server_name(upstream), 0)

        def again() -> None:
            found.after = counters(home, pod, pattern)
            self._update(home, pod, name, found.endpoints)

        self._again.append(again)
        return found

    def look_again(self) -> None:
        for again in self._again:
            again()

    def _endpoints(
        self, home: Cluster, pod: PodRef, name: str
    ) -> list[cluster_status.EndpointStatus]:
        path = f"/clusters?format=json&filter={quote(f'^{re.escape(name)}$', safe='')}"
        return cluster_status.parse_cluster(home.admin(pod, "GET", path), name)

    def _update(self, home: Cluster, pod: PodRef, name: str, endpoints: list[Endpoint]) -> None:
        now = {(e.address, e.port): e for e in self._endpoints(home, pod, name)}
        for endpoint in endpoints:
            endpoint.later = now.get((endpoint.known.address, endpoint.known.port))

    def _look_into(
        self, home: Cluster, endpoints: list[Endpoint], server_name: str, depth: int
    ) -> None:
        ranked = by_rank(endpoints)
        for endpoint in ranked[:_MOST_ENDPOINTS]:
            endpoint.beyond = self._beyond(home, endpoint, server_name, depth)
        for endpoint in ranked[_MOST_ENDPOINTS:]:
            endpoint.looked = False
            self.left_out.add((home.name, endpoint.address))

    def _beyond(
        self, home: Cluster, endpoint: Endpoint, server_name: str, depth: int
    ) -> Gateway | Server | None:
        spot = self._whereabouts.find(home, endpoint.known.address, endpoint.known.port)
        if spot is None or depth >= _MOST_GATEWAYS:
            return None
        if spot.gateway:
            return self._gateway(spot, server_name, depth)
        return self._server(spot)

    def _gateway(self, spot: AddressOwner, server_name: str, depth: int) -> Gateway:
        key = (spot.cluster.name, spot.name, spot.port, server_name, depth)
        if key not in self._gateways:
            found = Gateway(spot.cluster.name, spot.name, spot.port)
            for pod in spot.pods:
                name = f"{pod.namespace}/{pod.name}" if len(spot.pods) > 1 else spot.name
                replica = Replica(f"{spot.cluster.name} {name}")
                found.replicas.append(replica)
                try:
                    self._read_replica(replica, spot, pod, server_name)
                except MeshError as exc:
                    replica.silent = str(exc)
                    continue
                self._look_into(spot.cluster, replica.endpoints, server_name, depth + 1)
            self._gateways[key] = found
        return self._gateways[key]

    def _read_replica(
        self, found: Replica, spot: AddressOwner, pod: PodRef, server_name: str
    ) -> None:
        cluster = spot.cluster
        found.drained = is_drained(cluster, pod)
        chains = config_dump.chains(cluster.admin(pod, "GET", config_dump.LISTENERS))
        mine = [chain for chain in chains if chain.port == spot.port]
        found.listens = bool(mine)
        found.server_names = tuple(name for chain in mine for name in chain.server_names)
        chosen = [
            chain
            for chain in mine
            if chain.cluster and any(covers(name, (server_name,)) for name in chain.server_names)
        ]
        found.before = counters(cluster, pod, _LISTENER_COUNTERS)
        if chosen:
            found.chosen = chosen[0].cluster
            found.endpoints = [
                Endpoint(each) for each in self._endpoints(cluster, pod, found.chosen)
            ]

        def again() -> None:
            found.after = counters(cluster, pod, _LISTENER_COUNTERS)
            if found.chosen:
                self._update(cluster, pod, found.chosen, found.endpoints)

        self._again.append(again)

    def _server(self, spot: AddressOwner) -> Server:
        key = (spot.cluster.name, spot.name, spot.port)
        if key in self._servers:
            return self._servers[key]
        found = self._servers[key] = Server(spot.cluster.name, spot.name, spot.port)
        if not spot.pods:
            found.silent = "no pod that is ready is behind this address"
            return found
        pod = spot.pods[0]
        found.has_sidecar = self._whereabouts.has_sidecar(spot.cluster, pod)
        if not found.has_sidecar:
            return found
        try:
            found.drained = is_drained(spot.cluster, pod)
            chains = config_dump.chains(spot.cluster.admin(pod, "GET", config_dump.LISTENERS))
            found.inbound = config_dump.inbound(chains, spot.port)
            found.identity = config_dump.identity(
                spot.cluster.admin(pod, "GET", config_dump.SECRETS)
            )
            found.before = counters(spot.cluster, pod, _LISTENER_COUNTERS)
        except MeshError as exc:
            found.silent = str(exc)
            return found

        def again() -> None:
            found.after = counters(spot.cluster, pod, _LISTENER_COUNTERS)

        self._again.append(again)
        return found


def by_rank(endpoints: t.Iterable[Endpoint]) -> list[Endpoint]:
    """The best of each locality, then the second of each, and so on: each place gets its turn."""
    places: collections.Counter[tuple[str, str, str]] = collections.Counter()
    ranked = []
    for endpoint in sorted(endpoints, key=lambda each: (not each.usable, each.known.priority)):
        known = endpoint.known
        place = (known.region, known.zone, known.subzone)
        ranked.append((places[place], endpoint))
        places[place] += 1
    return [endpoint for _rank, endpoint in sorted(ranked, key=operator.itemgetter(0))]


def counters(cluster: Cluster, pod: PodRef, pattern: str) -> dict[str, int]:
    """The proxy's counters. Those of Istio keep few of them unless they are told to."""
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
