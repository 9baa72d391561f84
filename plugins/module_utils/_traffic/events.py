# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that disturb the lab while the traffic of a sample flows."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster

Action: t.TypeAlias = t.Callable[[], None]

DRAIN = "drain"
RESTART = "restart"
REPLACE = "replace"
SCALE = "scale"

# a replaced pod may have to fetch its image
SERVING_TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Event:
    """A change of workloads, due when ``at`` requests were answered and ``after_ms`` have passed."""

    action: str
    namespace: str
    workloads: tuple[str, ...]
    name: str = ""
    # the cluster's name; empty: the client's
    cluster: str = ""
    at: int = 0
    after_ms: float = 0.0
    # of each of the workloads, to scale them to
    replicas: int | None = None

    def __post_init__(self) -> None:
        if self.action not in (DRAIN, RESTART, REPLACE, SCALE):
            raise InvalidInput(
                f"events: action {self.action!r} must be drain, restart, replace or scale"
            )
        if self.action == SCALE and self.replicas is None:
            raise InvalidInput("events: action scale needs replicas, the number of pods to have")
        if self.action != SCALE and self.replicas is not None:
            raise InvalidInput(
                f"events: replicas {self.replicas} goes with action scale, not with {self.action}"
            )
        if self.replicas is not None and self.replicas < 0:
            raise InvalidInput(f"events: replicas {self.replicas} must be 0 or more")
        if not self.workloads:
            raise InvalidInput(f"events: {self.action} names no workloads")
        if self.at < 0 or self.after_ms < 0:
            raise InvalidInput(
                f"events: at {self.at} and after_ms {self.after_ms:g} must be 0 or more"
            )

    @property
    def title(self) -> str:
        """The event's name in the report."""
        if self.name:
            return self.name
        to = "" if self.replicas is None else f" to {self.replicas}"
        return f"{self.action} {', '.join(self.workloads)}{to}"


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event and when it was done, in the sample's time."""

    event: Event
    began_ms: float
    ended_ms: float


def prepare(cluster: Cluster, event: Event) -> Action:
    """Find the pods of the event's workloads; return the action that changes every one."""
    if event.replicas is not None:
        return functools.partial(_scale, cluster, event, event.replicas)
    pods = [pod for name in event.workloads for pod in cluster.pods(event.namespace, name)]

    def action() -> None:
        for pod in pods:
            if event.action == DRAIN:
                sidecars.stop_listeners(cluster, pod)
            elif event.action == RESTART:
                cluster.restart_sidecar(pod)
            else:
                cluster.replace_pod(pod)
        if event.action != DRAIN:
            for workload in event.workloads:
                cluster.wait_serving(event.namespace, workload, SERVING_TIMEOUT_S)

    return action


def _scale(cluster: Cluster, event: Event, replicas: int) -> None:
    for workload in event.workloads:
        cluster.scale(event.namespace, workload, replicas)
    for workload in event.workloads:
        cluster.wait_serving(event.namespace, workload, SERVING_TIMEOUT_S)
