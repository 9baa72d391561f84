# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a sample, as numbers and as plain data."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    UnchangedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Event,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.failures import (
    MOST_FAILURES,
    Failure,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.move_forecast import (
    MoveForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.moves import Move
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import SampleSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.outages import outages, span
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.phases import (
    NO_PHASES,
    Phases,
    failover_ms,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import INSTANCE, Served
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.summary import (
    count_by,
    shares,
    summarise,
    timeline,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.verdict import Verdict

_TIMELINE_BUCKETS = 50
# a failover must not vanish in the width of its bucket
_WIDEST_BUCKET_MS = 100.0


@dataclass(slots=True)
class SampleResult:
    """The requests of a sample, the events among them and the verdict."""

    spec: SampleSpec
    records: list[Record]
    events: list[EventRecord] = field(default_factory=list)
    # when the judged part began
    window_ms: float = 0.0
    responses: list[Response] = field(default_factory=list)
    phases: Phases = NO_PHASES
    failures: list[Failure] = field(default_factory=list)
    verdict: Verdict | None = None
    # requests that the servers' sidecars counted, and with which counters; empty without servers
    served: Served = field(default_factory=dict)
    served_by: tuple[str, ...] = ()
    # answers to requests that began when the time was over already
    late: int = 0
    # of the products that the client ran with
    versions: t.Mapping[str, str] = field(default_factory=dict)
    # for a later sample of the same clients
    unchanged: UnchangedEndpoints | None = None
    # how long each event disturbed requests, and how long it should have; the latter where a model is known
    moves: list[Move] = field(default_factory=list)
    move_forecasts: list[MoveForecast] = field(default_factory=list)

    def as_dict(self) -> dict[str, t.Any]:
        """Return everything as plain data; the numbers are those of the judged part."""
        result = summarise(self.phases.judged)
        result["errors"] = self.failed
        result["failures"] = [failure.as_dict() for failure in self.failures[:MOST_FAILURES]]
        result["unidentified"] = self.unidentified
        result["timeline"] = timeline(self.responses, self._bucket_ms(), self.spec.key)
        result["bucket_ms"] = self._bucket_ms()
        result["judged_ms"] = span(self.phases.judged)
        result["outages"] = outages(self.responses)
        result["versions"] = dict(self.versions)
        result["forecast"] = dict(self.spec.forecast)
        result["judgement"] = self.verdict.as_dict() if self.verdict else None
        result["events"] = [self._event(number) for number in range(len(self.events))]
        unchanged = self.unchanged
        result["endpoints_unchanged"] = dataclasses.asdict(unchanged) if unchanged else {}
        if self.served:
            result["served"] = self.served
            result["served_by"] = list(self.served_by)
        if self.events:
            result["before"] = self._part(self.phases.before)
            result["transition"] = self._part(self.phases.transition)
            result["failover_ms"] = self._failover(self.events[0])
        return result

    @property
    def failed(self) -> int:
        """Failed requests of the whole sample."""
        return sum(response.failed for response in self.responses)

    @property
    def unidentified(self) -> int:
        """Answers without the name that the verdict tells them apart by."""
        key = self.spec.key if self.spec.expect else None
        if key in self.served:
            # the sidecars say who served, whatever the application answers
            return 0
        return sum(
            each.unidentified if key is None else not each.failed and key not in each.names
            for each in self.responses
        )

    def counts(self, by: str) -> dict[str, int]:
        """Return requests by name, as the servers counted them if they did, else by answers."""
        if by in self.served:
            return {name: count for name, count in self.served[by].items() if count}
        return count_by(self.phases.judged, by)

    def served_problem(self) -> str:
        """Return how the servers' counts contradict what was sent; empty if they do not."""
        if not self.served:
            return ""
        taken, sent = sum(self.served[INSTANCE].values()), len(self.responses) + self.late
        # failed ones may have reached their server or not, or have been sent again
        if -self.failed <= taken - sent <= self.failed + self._cut_off():
            return ""
        return f"the servers' sidecars counted {taken} requests, the client sent {sent}"

    def _cut_off(self) -> int:
        """Return how many requests may be under way when a time is over: nobody waits for them."""
        profile = self.spec.profile
        return profile.concurrency * self.spec.clients if profile.duration_s is not None else 0

    def _part(self, responses: list[Response]) -> dict[str, t.Any]:
        counts = count_by(responses, self.spec.key)
        return {
            "requests": len(responses),
            "errors": sum(response.failed for response in responses),
            "counts": counts,
            "shares": shares(counts),
        }

    def expected_failures(self) -> list[str]:
        """Return which events make requests fail by the forecast, and why; those at once together."""
        groups: list[list[tuple[EventRecord, MoveForecast]]] = []
        for record, forecast in zip(self.events, self.move_forecasts, strict=False):
            if not record.event.together or not groups:
                groups.append([])
            groups[-1].append((record, forecast))
        found = []
        for group in groups:
            if failed := max(forecast.failed for _record, forecast in group):
                names = " and ".join(f"'{record.event.title}'" for record, _forecast in group)
                reasons = dict.fromkeys(why for _record, each in group for why in each.because)
                why = "".join(f"; {each}" for each in reasons)
                number = f"about {failed} request{'s' * (failed > 1)}"
                found.append(f"by the forecast {names} lets {number} fail{why}")
        return found

    def _event(self, number: int) -> dict[str, t.Any]:
        record = self.events[number]
        event = record.event
        found: dict[str, t.Any] = {
            "name": event.title,
            "action": event.action,
            "namespace": event.namespace,
            "workloads": list(event.workloads),
            **_place(event),
            "at_ms": round(record.began_ms, 3),
            "took_ms": round(record.ended_ms - record.began_ms, 3),
            **({} if record.undone_ms is None else {"undone_ms": round(record.undone_ms, 3)}),
            **({} if record.returned_ms is None else {"returned_ms": round(record.returned_ms, 3)}),
            "failover_ms": self._failover(record),
        }
        if number < len(self.moves):
            found |= self.moves[number].as_dict()
        if number < len(self.move_forecasts):
            found["forecast"] = self.move_forecasts[number].as_dict()
        return found

    def _failover(self, record: EventRecord) -> float | None:
        return failover_ms(self.responses, self.phases, record.began_ms, self.spec.key)

    def _bucket_ms(self) -> float:
        if self.spec.timeline_ms:
            return self.spec.timeline_ms
        length = max((response.record.start_ms for response in self.responses), default=0.0)
        steps = (digit * 10**power for power in range(9) for digit in (1.0, 2.0, 5.0))
        fitting = next((step for step in steps if length / step < _TIMELINE_BUCKETS), length)
        return min(fitting, _WIDEST_BUCKET_MS)


def _place(event: Event) -> dict[str, t.Any]:
    """Return where an event was, as far as its options say it."""
    named = {"cluster": event.cluster, "zone": event.zone, "node": event.node}
    return {name: value for name, value in named.items() if value} | (
        {"gateway": True} if event.gateway else {}
    )
