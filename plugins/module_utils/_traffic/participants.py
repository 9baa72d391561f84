# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters and pods that take part in a sample: clients, servers and targets of events."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import (
    connect,
    peer_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import contradictions
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.clients import choose, divide
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_actions import (
    pod_names,
    pods_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_targets import (
    with_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import Event
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import (
    Params,
    SampleSpec,
    wants_forecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import (
    Server,
    servers_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )


@dataclass(frozen=True, slots=True)
class Participants:
    """The client's cluster first, the clients' pods in it, and the servers that count."""

    clusters: tuple[Cluster, ...]
    clients: tuple[PodRef, ...]
    servers: tuple[Server, ...] = ()
    # what killed runs left in the clusters
    warnings: tuple[str, ...] = ()

    @property
    def cluster(self) -> Cluster:
        """The clients' cluster."""
        return self.clusters[0]

    def named(self, option: str, name: str) -> Cluster:
        """Return the cluster with this name, or the clients' without one; raises InvalidInput."""
        for cluster in self.clusters:
            if name in ("", cluster.name):
                return cluster
        raise InvalidInput(f"{option}: cluster '{name}' is neither the client's nor one of peers")


def find_participants(params: Params, spec: SampleSpec) -> Participants:
    """Connect to the clusters and find all pods; raises MeshError before anything is sent."""
    cluster = connect(params)
    peers = [connect(peer_options(params, peer)) for peer in params["peers"] or []]
    clients = choose(
        cluster.pods(params["namespace"], params["workload"]),
        spec.clients,
        f"{params['namespace']}/{params['workload']}",
        alike=wants_forecast(params["expect"]),
    )
    # refuses what cannot be divided
    divide(spec.profile, len(clients))
    found = Participants((cluster, *peers), tuple(clients))
    servers = _servers(params, found)
    return Participants(found.clusters, found.clients, tuple(servers))


def find_targets(events: t.Iterable[Event], found: Participants) -> tuple[Event, ...]:
    """Return the events with what they change; raises MeshError where that is nothing.

    So it does where two of them are to change one pod at a time.
    """
    sending = {(pod.namespace, pod.name) for pod in found.clients}
    complete = tuple(
        with_targets(
            cluster := found.named("events", event.cluster),
            event,
            sending if cluster is found.cluster else (),
        )
        for event in events
    )
    contradictions.check_pods((event, _pods_of(event, found)) for event in complete)
    return complete


def _pods_of(event: Event, found: Participants) -> list[str]:
    cluster = found.named("events", event.cluster)
    return pod_names(cluster, pods_of(cluster, event.targets) if event.targets else ())


def _servers(params: Params, found: Participants) -> t.Iterator[Server]:
    if not params["servers"]:
        return
    if params["events"]:
        raise InvalidInput(
            "servers: they count all requests, and with events only some are judged;"
            " leave one of both out"
        )
    if (params["expect"] or {}).get("count_errors_as"):
        raise InvalidInput(
            "expect.count_errors_as: the servers count what reaches them, failed or not;"
            " leave it or servers out"
        )
    for each in params["servers"]:
        cluster = found.named("servers", each.get("cluster") or "")
        yield from servers_of(cluster, each["namespace"], each["workload"])
