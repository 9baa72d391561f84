# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturbs the lab while a sample's traffic flows. Private to this collection."""

from __future__ import annotations

import functools
import threading
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster

Deed: t.TypeAlias = t.Callable[[], None]

DRAIN = "drain"
RESTART = "restart"
REPLACE = "replace"
SCALE = "scale"

DRAIN_PATH = "/drain_listeners"
# a replaced pod may have to fetch its image
SERVING_TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to do to workloads, when ``at`` requests were answered and ``after_ms`` have passed."""

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
        """What the report calls it."""
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


def prepare(cluster: Cluster, event: Event) -> Deed:
    """Finds the pods of the event's workloads; what it returns does the deed to every one."""
    if event.replicas is not None:
        return functools.partial(_scale, cluster, event, event.replicas)
    pods = [pod for name in event.workloads for pod in cluster.pods(event.namespace, name)]

    def deed() -> None:
        for pod in pods:
            if event.action == DRAIN:
                cluster.admin(pod, "POST", DRAIN_PATH)
            elif event.action == RESTART:
                cluster.restart_sidecar(pod)
            else:
                cluster.replace_pod(pod)
        if event.action != DRAIN:
            for workload in event.workloads:
                cluster.wait_serving(event.namespace, workload, SERVING_TIMEOUT_S)

    return deed


def _scale(cluster: Cluster, event: Event, replicas: int) -> None:
    for workload in event.workloads:
        cluster.scale(event.namespace, workload, replicas)
    for workload in event.workloads:
        cluster.wait_serving(event.namespace, workload, SERVING_TIMEOUT_S)


class EventScheduler:
    """Fires the events and ends the sample when enough was sent after the last of them.

    Give ``progress``, ``stop`` and ``origin`` to the sample. The window that is judged begins ``settle_ms``
    after the last event was done and lasts for ``requests`` answers, or for ``duration_s``.
    """

    def __init__(
        self,
        events: t.Sequence[Event],
        prepare: t.Callable[[Event], Deed],
        *,
        settle_ms: float,
        requests: int | None = None,
        duration_s: float | None = None,
        concurrency: int = 1,
    ) -> None:
        if requests is None and duration_s is None:
            raise InvalidInput("requests or duration must say how long to send after the events")
        self.stop = threading.Event()
        self.happened: list[EventRecord] = []
        self.window_ms = 0.0
        self._events = events
        self._prepare = prepare
        self._settle_s = settle_ms / 1000
        # requests under way when the window begins began before it, and how many those are is
        # not known exactly where their answers come from afar
        self._more = None if requests is None else requests + requests // 50 + concurrency
        self._duration_s = duration_s
        self._failure: BaseException | None = None
        self.origin = 0.0
        self._answers = 0
        self._wake_at: int | None = None
        self._end_at: int | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> EventScheduler:
        self.origin = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, exception_type: object, exception: object, traceback: object) -> None:
        self._finish()
        self._thread.join()
        if exception is None and self._failure is not None:
            raise self._failure

    def progress(self, answers: int) -> None:
        """Takes the number of answers so far; cheap, for it is called after every answer."""
        # threads may report out of order
        self._answers = max(self._answers, answers)
        if self._end_at is not None and self._answers >= self._end_at:
            self._finish()
        elif self._wake_at is not None and self._answers >= self._wake_at:
            with self._changed:
                self._changed.notify_all()

    def _run(self) -> None:
        try:
            for event in self._events:
                self._wait(event)
                if self.stop.is_set():
                    return
                # finding the pods takes a while that is no part of the failover
                deed = self._prepare(event)
                began = self._now_ms()
                deed()
                self.happened.append(EventRecord(event, began, self._now_ms()))
            if self._events and self.stop.wait(self._settle_s):
                return
            self.window_ms = self._now_ms()
            if self._more is not None:
                self._end_at = self._answers + self._more
            if self._duration_s is not None:
                self.stop.wait(self._duration_s)
                self._finish()
        except BaseException as exc:  # noqa: BLE001  raised again in the thread that waits
            self._failure = exc
            self._finish()

    def _wait(self, event: Event) -> None:
        due = self.origin + event.after_ms / 1000
        if self.stop.wait(max(0.0, due - time.perf_counter())):
            return
        with self._changed:
            self._wake_at = event.at
            self._changed.wait_for(lambda: self._answers >= event.at or self.stop.is_set())
            self._wake_at = None

    def _finish(self) -> None:
        self.stop.set()
        with self._changed:
            self._changed.notify_all()

    def _now_ms(self) -> float:
        return (time.perf_counter() - self.origin) * 1000
