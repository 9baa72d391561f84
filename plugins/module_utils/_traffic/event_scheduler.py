# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a sample in time with its requests."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.contradictions import (
    check_pair,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.ejection_wait import (
    NO_EJECTIONS,
    ExpectedEjections,
    expected_ejections,
    wait_ejected,
    wait_returned,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    MERGE_WINDOW_S,
    EndpointWatch,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_actions import (
    Action,
    pod_names,
    pods_of,
    prepare,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import SampleSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.participants import (
    Participants,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef


class EventScheduler:
    """Carry out the events and end the sample when enough was sent after the last of them.

    Give ``progress``, ``stop`` and ``origin`` to the client. The window that is judged begins
    when the last event has settled and lasts for the profile's requests or duration.
    """

    def __init__(self, spec: SampleSpec, participants: Participants) -> None:
        self.stop = threading.Event()
        self.records: list[EventRecord] = []
        self.window_ms = 0.0
        self._events = spec.events
        self._participants = participants
        self._target = (spec.profile.host, spec.profile.port)
        self.watch = EndpointWatch(
            participants.cluster, participants.clients, *self._target, spec.unchanged
        )
        self._settle_s = (spec.settle_ms or 0.0) / 1000
        profile = spec.profile
        # requests under way when the window begins began before it, and how many those are is
        # not known exactly where their answers come from afar
        requests = profile.requests
        self._more = requests and requests + requests // 50 + profile.concurrency
        self._duration_s = profile.duration_s
        self._failure: BaseException | None = None
        # what is to be taken back, by the events' places in their list
        self._undo: dict[int, Action] = {}
        # the event that failed, or that is being done
        self._half_done: int | None = None
        # pods to make anew when the sample ends, in the same way
        self._renew: dict[int, Action] = {}
        self._lock = threading.Lock()
        self._ends: list[threading.Thread] = []
        self.origin = 0.0
        self._answers = 0
        self._wake_at: int | None = None
        self._end_at: int | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        # before anything is sent: it would slow the client down
        self._ejections = self._expected_ejections(spec)

    def _expected_ejections(self, spec: SampleSpec) -> list[ExpectedEjections]:
        if spec.proxy is None:
            return [NO_EJECTIONS] * len(spec.events)
        found = self._participants
        events = [
            (
                each,
                tuple(pods_of(found.named("events", each.cluster), each.targets))
                if each.targets
                else (),
            )
            for each in spec.events
        ]
        local, clients = found.cluster.name, len(found.clients)
        return expected_ejections(spec.proxy, events, spec.profile, clients, local)

    def __enter__(self) -> EventScheduler:
        self.origin = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, exception_type: object, exception: object, traceback: object) -> None:
        self._finish()
        self._thread.join()
        for thread in self._ends:
            thread.join()
        if exception is None and self._failure is not None:
            raise self._failure

    def progress(self, answers: int) -> None:
        """Take the number of answers so far; cheap, for it is called after every answer."""
        # threads may report out of order
        self._answers = max(self._answers, answers)
        if self._end_at is not None and self._answers >= self._end_at:
            self._finish()
        elif self._wake_at is not None and self._answers >= self._wake_at:
            with self._changed:
                self._changed.notify_all()

    def _run(self) -> None:
        try:
            self.watch.observe()
            for number, event in enumerate(self._events):
                self._wait(event)
                if self.stop.is_set() or not self._carry_out(number, event):
                    return
                found = self._participants
                expected = self._ejections[number]
                wait_ejected(expected, found.cluster, found.clients, self._target, self.stop)
            for thread in self._ends:
                thread.join()
            if self.stop.wait(self._settle_s):
                return
            self.watch.observe()
            self.window_ms = self._now_ms()
            if self._more is not None:
                self._end_at = self._answers + self._more
            if self._duration_s is not None:
                self.stop.wait(self._duration_s)
                self._finish()
        except BaseException as exc:  # noqa: BLE001  raised again in the thread that waits
            self._failure = exc
            self._finish()

    def _carry_out(self, number: int, event: Event) -> bool:
        """Do what the event says; false when the sample ended before."""
        # finding the pods takes a while that is no part of the failover
        prepared = prepare(self._participants.named("events", event.cluster), event)
        if not event.together:
            self.watch.wait(self.stop)
        if self.stop.is_set():
            return False
        self._check_in_force(event, prepared.pods)
        began = self._now_ms()
        self._undo[number] = prepared.undo
        if prepared.renew:
            self._renew[number] = prepared.renew
        # a part of it may be done when it fails, and that stays in no case
        self._half_done = number
        prepared.do()
        self._half_done = None
        self.records.append(EventRecord(event, began, self._now_ms(), prepared.pods))
        if event.for_ms is not None:
            self._end_later(number, began + event.for_ms)
        return True

    def _check_in_force(self, event: Event, pods: tuple[PodRef, ...]) -> None:
        """Refuse the event where one that is still in force has a pod of it; raises InvalidInput."""
        named = self._participants.named
        own = pod_names(named("events", event.cluster), pods)
        for number, record in enumerate(list(self.records)):
            if number in self._undo:
                before = record.event
                theirs = pod_names(named("events", before.cluster), record.pods)
                check_pair(before, theirs, event, own)

    def _end_later(self, number: int, due_ms: float) -> None:
        """Take an event back at a time of the sample, while others go on."""
        place = len(self.records) - 1

        def end() -> None:
            try:
                if not self.stop.wait(max(0.0, due_ms - self._now_ms()) / 1000):
                    self._take_back(number)
                    undone = dataclasses.replace(self.records[place], undone_ms=self._now_ms())
                    self.records[place] = undone
                    if number in self._renew:
                        self._wait_returned(place, undone)
                        if not self.stop.is_set():
                            del self._renew[number]
            except BaseException as exc:  # noqa: BLE001  raised again in the thread that waits
                self._failure = exc
                self._finish()

        thread = threading.Thread(target=end, daemon=True)
        thread.start()
        self._ends.append(thread)

    def _wait_returned(self, place: int, record: EventRecord) -> None:
        """Wait until no client has the event's pods ejected; they have kept their addresses."""
        found = self._participants
        addresses = {pod.address for pod in record.pods}
        clients = found.clients
        number = wait_returned(found.cluster, clients, *self._target, addresses, self.stop)
        self.records[place] = dataclasses.replace(record, returned_ms=self._now_ms())
        if number > 1:
            self.stop.wait(MERGE_WINDOW_S)

    def take_back(self, *, kept: bool = False) -> None:
        """Undo what events left, the last one first; ``kept``: also what is to stay."""
        for number in sorted(self._undo, reverse=True):
            stays = self._events[number].kept and number != self._half_done
            # nothing would mend a proxy that is out of order
            if kept or not stays or number in self._renew:
                self._take_back(number)
        while self._renew:
            self._renew.popitem()[1]()

    def _take_back(self, number: int) -> None:
        with self._lock:
            undo = self._undo.pop(number, None)
        if undo is not None:
            undo()

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
