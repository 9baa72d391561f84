# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a sample in time with its requests."""

from __future__ import annotations

import threading
import time

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_health import (
    wait_unchanged,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
    prepare,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import SampleSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.participants import (
    Participants,
)


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
        self._settle_s = (spec.settle_ms or 0.0) / 1000
        profile = spec.profile
        # requests under way when the window begins began before it, and how many those are is
        # not known exactly where their answers come from afar
        requests = profile.requests
        self._more = requests and requests + requests // 50 + profile.concurrency
        self._duration_s = profile.duration_s
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
            for event in self._events:
                self._wait(event)
                if self.stop.is_set():
                    return
                # finding the pods takes a while that is no part of the failover
                cluster = self._participants.named("events", event.cluster)
                action = prepare(cluster, event)
                wait_unchanged(
                    self._participants.cluster,
                    self._participants.clients,
                    *self._target,
                    self.stop,
                )
                if self.stop.is_set():
                    return
                began = self._now_ms()
                action()
                self.records.append(EventRecord(event, began, self._now_ms()))
            if self.stop.wait(self._settle_s):
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
