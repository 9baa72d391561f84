# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ejections that events should lead to, and the waits for their beginning and their end."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.request_simulation import (
    Load,
    Simulation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_health import (
    ejected_endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    MERGE_WINDOW_S,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.host_symptoms import (
    symptoms_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )

_SEEDS = 3
_MOST_REQUESTS = 600
_LONGEST_MS = 300_000.0
# of a client that sends as fast as it can
_LATENCY_MS = 2.0
# after the latest moment that the model gives
_GRACE_S = 2.0
_INTERVAL_S = 0.05
# the longest ejection, by Envoy's default of max_ejection_time, and a sweep
_LONGEST_EJECTION_S = 360.0


@dataclass(frozen=True, slots=True)
class ExpectedEjections:
    """The hosts that an event gets ejected, by ``address:port``, and how long that takes at most."""

    hosts: frozenset[str] = frozenset()
    limit_s: float = 0.0
    # whether the client's workers are told of one of them late
    held_back: bool = False


NO_EJECTIONS = ExpectedEjections()


def expected_ejections(
    proxy: ProxyModel,
    events: t.Sequence[tuple[Event, tuple[PodRef, ...]]],
    profile: LoadProfile,
    clients: int,
    local: str,
) -> list[ExpectedEjections]:
    """Return what each event should lead to once it and those together with it have happened.

    Events that are taken back in time, and those that another one follows at once, lead to nothing.
    """
    found: list[ExpectedEjections] = []
    records: list[EventRecord] = []
    done = proxy.ejected
    for number, (event, pods) in enumerate(events):
        records.append(EventRecord(event, 0.0, 0.0, pods))
        last = number + 1 == len(events) or not events[number + 1][0].together
        if not last or event.for_ms is not None:
            found.append(NO_EJECTIONS)
            continue
        lasting = [each for each in records if each.event.for_ms is None]
        found.append(
            _ejections(dataclasses.replace(proxy, ejected=done), lasting, profile, clients, local)
        )
        done |= found[-1].hosts
        # the next event finds these as they are
        records = [dataclasses.replace(each, began_ms=-1.0, ended_ms=-1.0) for each in records]
    return found


def _ejections(
    proxy: ProxyModel,
    records: t.Sequence[EventRecord],
    profile: LoadProfile,
    clients: int,
    local: str,
) -> ExpectedEjections:
    interval = 1000 * clients / profile.rate if profile.rate else 0.0
    load = Load(
        interval, profile.concurrency, _LATENCY_MS, profile.timeout_s * 1000, -1.0, _LONGEST_MS
    )
    symptoms = symptoms_of(proxy, records, local)
    courses = [
        Simulation(proxy, symptoms, load, seed).run(_MOST_REQUESTS) for seed in range(_SEEDS)
    ]
    # the first of each host: it may come back and be ejected again
    ejections = [dict(reversed(course.ejections)) for course in courses]
    # what chance decides is not waited for
    hosts = frozenset.intersection(*(frozenset(each) for each in ejections)) - proxy.ejected
    latest = max((each[host] for each in ejections for host in hosts), default=0.0)
    held_back = any(at <= latest for course in courses for _host, at in course.held_back)
    return ExpectedEjections(hosts, latest / 1000 + _GRACE_S, held_back)


def wait_ejected(
    expected: ExpectedEjections,
    cluster: Cluster,
    clients: t.Sequence[PodRef],
    target: tuple[str, int],
    stop: threading.Event,
) -> None:
    """Wait until the clients' sidecars have ejected the hosts, for as long as that may take."""
    if not expected.hosts:
        return
    deadline = time.monotonic() + expected.limit_s
    while not all(
        expected.hosts <= ejected_endpoints(cluster, client, *target) for client in clients
    ):
        if time.monotonic() > deadline or stop.wait(_INTERVAL_S):
            return
    if expected.held_back:
        stop.wait(MERGE_WINDOW_S)


def wait_returned(
    cluster: Cluster,
    clients: t.Sequence[PodRef],
    host: str,
    port: int,
    addresses: t.Collection[str],
    stop: threading.Event,
) -> int:
    """Wait until no client's sidecar has an endpoint at one of these addresses ejected.

    Return how many of them were; of several, its workers know when the merge window is over. Raises
    MeshError when the ejections do not end; returns early when ``stop`` is set.
    """
    deadline = time.monotonic() + _LONGEST_EJECTION_S
    seen: set[str] = set()
    while ejected := {
        address
        for client in clients
        for endpoint in ejected_endpoints(cluster, client, host, port)
        if (address := endpoint.rpartition(":")[0]) in addresses
    }:
        seen |= ejected
        if stop.wait(_INTERVAL_S):
            break
        if time.monotonic() > deadline:
            raise MeshError(
                f"events: the client's sidecar has {', '.join(sorted(ejected))} of {host}:{port} still"
                f" ejected {_LONGEST_EJECTION_S:g} s after their event was taken back"
            )
    return len(seen)
