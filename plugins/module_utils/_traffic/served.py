# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as the servers' sidecars count them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

INSTANCE = "instance"
CLUSTER = "cluster"
WORKLOAD = "workload"
# requests by name, for each way to tell servers apart
Served: t.TypeAlias = dict[str, dict[str, int]]

# Counters of a sidecar, the best one first: Istio's own counter needs Istio's filters; that of
# the inbound listeners is there if Istio was told to keep it; that of the app's endpoints always is
ISTIO = "istio_requests_total"
LISTENERS = "http.inbound_*.downstream_rq_total"
ENDPOINTS = "inbound endpoints' rq_total"
COUNTERS = (ISTIO, LISTENERS, ENDPOINTS)

_ENVOY = "envoy_http_downstream_rq_total"
_FILTER = r"istio_requests_total|^http\.inbound_.*\.downstream_rq_total$"
_STATISTICS = f"/stats/prometheus?filter={quote(_FILTER, safe='')}"
_CLUSTERS = "/clusters"
_LINE = re.compile(r"(?P<name>[a-z_]+)\{(?P<labels>.*)\} (?P<value>[0-9.e+]+)$")
_ENDPOINT = re.compile(r"inbound\|\d+\|[^|]*\|[^:]*::.+::rq_total::(?P<value>\d+)$")


@dataclass(frozen=True, slots=True)
class Server:
    """A pod that may answer."""

    cluster: Cluster
    pod: PodRef
    workload: str = ""


def servers_of(cluster: Cluster, namespace: str, workload: str) -> list[Server]:
    """Return the pods of a Deployment. Raises NotFound when there are none."""
    pods = cluster.pods(namespace, workload)
    if not pods:
        raise NotFound(f"servers: cluster {cluster.name}: {namespace}/{workload} has no pod to ask")
    return [Server(cluster, pod, workload) for pod in pods]


def requests_in(text: str) -> dict[str, int]:
    """Count the requests that an Envoy has taken for its pod, by the counters in its statistics."""
    counted: dict[str, int] = {}
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        counter = _counter(match["name"], match["labels"]) if match else None
        if match and counter:
            counted[counter] = counted.get(counter, 0) + int(float(match["value"]))
    return counted


def _counter(name: str, labels: str) -> str | None:
    if name == ISTIO:
        return ISTIO if 'reporter="destination"' in labels else None
    inbound = name == _ENVOY and 'envoy_http_conn_manager_prefix="inbound_' in labels
    return LISTENERS if inbound else None


def requests_to_app(text: str) -> dict[str, int]:
    """Count the requests that an Envoy has sent to its own app. The text is that of its endpoints."""
    found = [_ENDPOINT.match(line.strip()) for line in text.splitlines()]
    values = [int(match["value"]) for match in found if match]
    # endpoints appear with the first request
    return {ENDPOINTS: sum(values)} if values else {}


class RequestCounter:
    """Count the requests that each server takes from now on."""

    def __init__(self, servers: t.Iterable[Server]) -> None:
        self._before = {server: _read(server) for server in servers}
        # those that counted something
        self.counters: tuple[str, ...] = ()

    def counts(self) -> Served:
        """Return the requests since the counter was made, by pod, by cluster and by workload."""
        found: Served = {INSTANCE: {}, CLUSTER: {}, WORKLOAD: {}}
        used = set()
        for server, before in self._before.items():
            counter, taken = _taken(before, _read(server))
            if taken < 0:
                raise MeshError(
                    f"pod {server.pod.name}: its sidecar began to count anew while it was counted"
                )
            for by, name in (
                (INSTANCE, server.pod.name),
                (CLUSTER, server.cluster.name),
                (WORKLOAD, server.workload),
            ):
                found[by][name] = found[by].get(name, 0) + taken
            if taken:
                used.add(counter)
        self.counters = tuple(counter for counter in COUNTERS if counter in used)
        return found


def _taken(before: t.Mapping[str, int], after: t.Mapping[str, int]) -> tuple[str, int]:
    """Return the counter used and the requests counted; fewer than 0 if it began anew."""
    for counter in COUNTERS:
        if counter in after or counter in before:
            return counter, after.get(counter, 0) - before.get(counter, 0)
    return ENDPOINTS, 0


def _read(server: Server) -> dict[str, int]:
    counted = requests_in(server.cluster.admin(server.pod, "GET", _STATISTICS))
    # where there is a better counter, the long list is not needed
    return counted or requests_to_app(server.cluster.admin(server.pod, "GET", _CLUSTERS))
