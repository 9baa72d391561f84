# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that disturb the lab while the traffic of a sample flows."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import (
    BLACKHOLE,
    HANG,
    KILL,
    PROXY_FAULTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import WorkloadRef

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef

DRAIN = "drain"
RESTART = "restart"
REPLACE = "replace"
SCALE = "scale"
FAIL = "fail"
DELAY = "delay"
ACTIONS = (DRAIN, RESTART, REPLACE, SCALE, FAIL, DELAY, KILL, HANG, BLACKHOLE)
# faults of responses, which sidecars give in the app's place
FAULTS = (FAIL, DELAY)
# what leaves something that can be taken back
_LASTING = (DRAIN, SCALE, *FAULTS, *PROXY_FAULTS)
# answers before an event, of a sample that judges fewer
_MOST_BEFORE = 10_000


@dataclass(frozen=True, slots=True)
class EventTargets:
    """What an event changes: whole Deployments, or with ``pods`` these alone of them."""

    deployments: tuple[WorkloadRef, ...]
    pods: tuple[PodRef, ...] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A change of workloads, due when ``at`` requests were answered and ``after_ms`` have passed.

    It is one of workloads, or of all that a place has: a zone, a node, the gateway, else a cluster.
    """

    action: str
    # of the workloads; a place has those of all namespaces
    namespace: str = ""
    workloads: tuple[str, ...] = ()
    name: str = ""
    # the cluster's name; empty: the client's
    cluster: str = ""
    # zone, or region/zone
    zone: str = ""
    node: str = ""
    gateway: bool = False
    at: int = 0
    after_ms: float = 0.0
    # at once with the event before, without waiting until that has taken effect
    together: bool = False
    # of each of the workloads, to scale them to
    replicas: int | None = None
    # of the requests, with a fault
    percent: int = 100
    # of the answers that fail
    status: int = 503
    delay_ms: int = 0
    # None: to the sample's end
    for_ms: float | None = None
    # whether what it changed stays so when the sample ends
    kept: bool = True
    # found before the sample begins
    targets: EventTargets | None = None

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise InvalidInput(
                f"events: action {self.action!r} must be {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}"
            )
        self._check_place()
        self._check_replicas()
        self._check_fault()
        if self.at < 0 or self.after_ms < 0:
            raise InvalidInput(
                f"events: at {self.at} and after_ms {self.after_ms:g} must be 0 or more"
            )
        if self.for_ms is not None and (self.for_ms <= 0 or self.action not in _LASTING):
            raise InvalidInput(
                f"events: for_ms {self.for_ms:g} must be more than 0 and goes with action"
                f" {' or '.join(_LASTING)}: nothing is left of {self.action} that could be taken back"
            )

    def _check_place(self) -> None:
        named = {
            "workloads": self.workloads,
            "zone": self.zone,
            "node": self.node,
            "gateway": self.gateway,
        }
        chosen = [option for option, value in named.items() if value]
        if len(chosen) > 1:
            raise InvalidInput(f"events: {self.action}: give one of {', '.join(chosen)}")
        if self.workloads and not self.namespace:
            raise InvalidInput(f"events: {self.title} needs the namespace of the workloads")
        if not chosen and not self.cluster:
            raise InvalidInput(
                f"events: {self.action} names no workloads, and no place: give workloads, zone, node,"
                " gateway, or a cluster for all that it has"
            )
        if self.action == SCALE and (self.zone or self.node):
            raise InvalidInput(
                f"events: {self.title}: a Deployment may have pods elsewhere, so scale goes with"
                " workloads, gateway or a whole cluster; drain the zone or node instead"
            )

    def _check_replicas(self) -> None:
        if self.action == SCALE and self.replicas is None:
            raise InvalidInput("events: action scale needs replicas, the number of pods to have")
        if self.action != SCALE and self.replicas is not None:
            raise InvalidInput(
                f"events: replicas {self.replicas} goes with action scale, not with {self.action}"
            )
        if self.replicas is not None and self.replicas < 0:
            raise InvalidInput(f"events: replicas {self.replicas} must be 0 or more")

    def _check_fault(self) -> None:
        if self.action in FAULTS and self.gateway:
            raise InvalidInput(f"events: {self.title}: a gateway passes bytes on; name its servers")
        if not 1 <= self.percent <= 100 or not 500 <= self.status <= 599:
            raise InvalidInput(
                f"events: percent {self.percent} must be 1 to 100, and status {self.status} 500 to 599"
            )
        if (self.action == DELAY) != (self.delay_ms > 0):
            raise InvalidInput(
                f"events: delay_ms {self.delay_ms} must be more than 0 with action delay, and goes with"
                " no other one"
            )

    @property
    def title(self) -> str:
        """The event's name in the report."""
        if self.name:
            return self.name
        to = "" if self.replicas is None else f" to {self.replicas}"
        return f"{self.action} {self._subject}{to}"

    @property
    def _subject(self) -> str:
        if self.workloads:
            return ", ".join(self.workloads)
        place = f"zone {self.zone}" if self.zone else f"node {self.node}" if self.node else ""
        place = place or ("the gateway" if self.gateway else "cluster")
        return (
            f"{place} of {self.cluster}"
            if self.cluster and place != "cluster"
            else (f"cluster {self.cluster}" if self.cluster else place)
        )


def check_due(events: t.Iterable[Event], requests: int | None) -> None:
    """Refuse an event after more answers than a sample of so many judged requests should wait for.

    ``requests``: None with a duration.
    """
    most = max(_MOST_BEFORE, requests or 0)
    for event in events:
        if event.at > most:
            raise InvalidInput(
                f"events: {event.title}: at {event.at} must be at most {most}, which is {_MOST_BEFORE} or"
                " the sample's requests where they are more; after_ms lets an event wait longer"
            )


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event and when it was done, in the sample's time."""

    event: Event
    began_ms: float
    ended_ms: float
    # the pods that it changed, as they were before
    pods: tuple[PodRef, ...] = ()
    # when it was taken back, where that was before the sample's end
    undone_ms: float | None = None
    # when no client had the pods ejected any longer
    returned_ms: float | None = None
