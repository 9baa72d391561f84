# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers' sidecars say they served. Private to this collection."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils.errors import MeshError, NotFound

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils.cluster.interface import (
        Cluster,
        PodRef,
    )

INSTANCE = "instance"
CLUSTER = "cluster"
# requests by name, for each way to tell servers apart
Served: t.TypeAlias = dict[str, dict[str, int]]

# Istio's own counter, and that of an Envoy's inbound listeners, which Istio leaves out
_ISTIO = "istio_requests_total"
_ENVOY = "envoy_http_downstream_rq_total"
_FILTER = r"istio_requests_total|^http\.inbound_.*\.downstream_rq_total$"
_PATH = f"/stats/prometheus?filter={quote(_FILTER, safe='')}"
_LINE = re.compile(r"(?P<name>[a-z_]+)\{(?P<labels>.*)\} (?P<value>[0-9.e+]+)$")


@dataclass(frozen=True, slots=True)
class Server:
    """A pod that may answer."""

    cluster: Cluster
    pod: PodRef


def servers_of(cluster: Cluster, namespace: str, workload: str) -> list[Server]:
    """The pods of a Deployment. Raises NotFound when there are none."""
    pods = cluster.pods(namespace, workload)
    if not pods:
        raise NotFound(f"servers: cluster {cluster.name}: {namespace}/{workload} has no pod to ask")
    return [Server(cluster, pod) for pod in pods]


def requests_in(text: str) -> int:
    """How many requests an Envoy has taken for its pod, from its statistics."""
    counted = {_ISTIO: 0, _ENVOY: 0}
    seen = set()
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        if match and _is_inbound(match["name"], match["labels"]):
            counted[match["name"]] += int(float(match["value"]))
            seen.add(match["name"])
    # where there are both, they count the same requests
    return counted[_ISTIO if _ISTIO in seen else _ENVOY]


def _is_inbound(name: str, labels: str) -> bool:
    if name == _ISTIO:
        return 'reporter="destination"' in labels
    return name == _ENVOY and 'envoy_http_conn_manager_prefix="inbound_' in labels


class Meter:
    """Counts what each server takes from now on."""

    def __init__(self, servers: t.Iterable[Server]) -> None:
        self._before = {server: _read(server) for server in servers}

    def counts(self) -> Served:
        """Requests since the meter was made, by pod and by cluster."""
        found: Served = {INSTANCE: {}, CLUSTER: {}}
        for server, before in self._before.items():
            taken = _read(server) - before
            if taken < 0:
                raise MeshError(
                    f"pod {server.pod.name}: its sidecar restarted while it was counted"
                )
            for by, name in ((INSTANCE, server.pod.name), (CLUSTER, server.cluster.name)):
                found[by][name] = found[by].get(name, 0) + taken
        return found


def _read(server: Server) -> int:
    return requests_in(server.cluster.admin(server.pod, "GET", _PATH))
