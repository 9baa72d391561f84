# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a sample, with what is to happen meanwhile, and says what came of it. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    Deed,
    Event,
    EventRecord,
    EventScheduler,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    FAILED,
    Expectation,
    check_enough,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.failures import (
    failures,
    outages,
    span,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.phases import (
    Phases,
    failover_ms,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import INSTANCE, Served
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.summary import (
    count_by,
    shares,
    summarise,
    timeline,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.verdict import Verdict, judge

DEFAULT_KEY = "version"
_TIMELINE_BUCKETS = 50
# a failover must not vanish in the width of its bucket
_WIDEST_BUCKET_MS = 100.0

Send: t.TypeAlias = t.Callable[[LoadProfile, t.Callable[[int], None]], list[Record]]


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """What is to be found out. The plan's length is that of the judged part."""

    plan: LoadProfile
    expect: Expectation | None = None
    events: tuple[Event, ...] = ()
    settle_ms: float = 250.0
    # None: as fits the sample's length
    timeline_ms: float | None = None
    # pods that send
    clients: int = 1
    # what was computed beforehand, as plain data
    forecast: t.Mapping[str, t.Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.expect and self.plan.requests is not None:
            check_enough(self.expect, self.plan.requests)

    @property
    def key(self) -> str:
        """What the answers are told apart by."""
        return self.expect.by if self.expect else DEFAULT_KEY


@dataclass(slots=True)
class SampleResult:
    """What was found out."""

    inquiry: SampleSpec
    answers: list[Response]
    phases: Phases
    happened: list[EventRecord] = field(default_factory=list)
    judgement: Verdict | None = None
    # what the servers' sidecars counted; empty: they were not asked
    served: Served = field(default_factory=dict)
    # and with which counters
    served_by: tuple[str, ...] = ()
    # of what the client ran with, by product
    versions: t.Mapping[str, str] = field(default_factory=dict)
    # answers to requests that began when the time was over already
    late: int = 0

    def as_dict(self) -> dict[str, t.Any]:
        """Everything as plain data; the numbers are those of the judged part."""
        key = self.inquiry.key
        result = summarise(self.phases.judged)
        result["errors"] = sum(answer.failed for answer in self.answers)
        result["unidentified"] = self.unidentified
        result["timeline"] = timeline(self.answers, self._bucket_ms(), key)
        result["bucket_ms"] = self._bucket_ms()
        result["judged_ms"] = span(self.phases.judged)
        result["failures"] = failures(self.answers)
        result["outages"] = outages(self.answers)
        result["versions"] = dict(self.versions)
        result["forecast"] = dict(self.inquiry.forecast)
        result["judgement"] = self.judgement.as_dict() if self.judgement else None
        result["events"] = [self._event(happened) for happened in self.happened]
        if self.served:
            result["served"] = self.served
            result["served_by"] = list(self.served_by)
        if self.happened:
            result["before"] = self._part(self.phases.before)
            result["transition"] = self._part(self.phases.transition)
            result["failover_ms"] = self._failover(self.happened[0])
        return result

    @property
    def unidentified(self) -> int:
        """Answers that do not say what the judgement tells them apart by."""
        key = self.inquiry.key if self.inquiry.expect else None
        return sum(
            answer.unidentified if key is None else not answer.failed and key not in answer.names
            for answer in self.answers
        )

    def _part(self, answers: list[Response]) -> dict[str, t.Any]:
        counts = count_by(answers, self.inquiry.key)
        return {
            "requests": len(answers),
            "errors": sum(answer.failed for answer in answers),
            "counts": counts,
            "shares": shares(counts),
        }

    def _event(self, happened: EventRecord) -> dict[str, t.Any]:
        event = happened.event
        return {
            "name": event.title,
            "action": event.action,
            "namespace": event.namespace,
            "workloads": list(event.workloads),
            "at_ms": round(happened.began_ms, 3),
            "took_ms": round(happened.ended_ms - happened.began_ms, 3),
            "failover_ms": self._failover(happened),
        }

    def _failover(self, happened: EventRecord) -> float | None:
        return failover_ms(self.answers, self.phases, happened.began_ms, self.inquiry.key)

    def _bucket_ms(self) -> float:
        if self.inquiry.timeline_ms:
            return self.inquiry.timeline_ms
        length = max((answer.record.start_ms for answer in self.answers), default=0.0)
        width = 1.0
        for factor in _steps():
            if length / (width * factor) < _TIMELINE_BUCKETS:
                return min(width * factor, _WIDEST_BUCKET_MS)
        return _WIDEST_BUCKET_MS


def _steps() -> t.Iterator[int]:
    return (digit * 10**power for power in range(9) for digit in (1, 2, 5))


def run_sample(
    inquiry: SampleSpec,
    send: Send,
    identify: t.Callable[[list[Record]], list[Response]],
    prepare: t.Callable[[Event], Deed],
    served: t.Callable[[], Served] = dict,
) -> SampleResult:
    """Sends the sample and judges it. ``prepare`` makes ready for an event.

    ``served`` asks the servers what they counted; it is called when all is sent.
    """
    plan = inquiry.plan
    heard = [0]
    if inquiry.events:
        director = EventScheduler(
            inquiry.events,
            prepare,
            settle_ms=inquiry.settle_ms,
            requests=plan.requests,
            duration_s=plan.duration_s,
            concurrency=plan.concurrency,
        )
        with director:
            endless = dataclasses.replace(
                plan,
                requests=None,
                duration_s=None,
                stop=director.stop,
                origin=director.origin,
            )
            records = send(endless, director.progress)
        happened, window_ms = director.happened, director.window_ms
    else:
        records = send(plan, heard.append)
        happened, window_ms = [], 0.0
    answers = identify(records)
    outcome = SampleResult(
        inquiry, answers, split(answers, happened, window_ms, plan.requests), happened
    )
    outcome.late = max(0, max(heard) - len(records))
    outcome.served = served()
    if inquiry.expect:
        outcome.judgement = _judged(outcome, inquiry.expect)
    return outcome


def _judged(outcome: SampleResult, expect: Expectation) -> Verdict:
    counts = _counts(outcome, expect.by)
    suspicious = outcome.answers
    if expect.failed:
        counts[FAILED] = sum(answer.failed for answer in outcome.phases.judged)
        # what fails later is what is expected; what fails earlier is not
        suspicious = outcome.phases.before
    elif counts.get(expect.count_errors_as):
        # without them, the others' shares would seem larger than they are; but they are no answers
        counts[expect.count_errors_as] += sum(answer.failed for answer in outcome.phases.judged)
    judgement = judge(
        expect,
        counts,
        errors=sum(answer.failed for answer in suspicious),
        unidentified=outcome.unidentified,
        distinct={name: len(_counts(outcome, name)) for name in expect.distinct},
    )
    if outcome.served:
        taken, sent = sum(outcome.served[INSTANCE].values()), len(outcome.answers) + outcome.late
        if not -_failed(outcome) <= taken - sent <= _failed(outcome) + _cut_off(outcome):
            judgement.reasons.append(
                f"the servers' sidecars counted {taken} requests, the client sent {sent}"
            )
    return judgement


def _failed(outcome: SampleResult) -> int:
    """Requests that may have reached their server or not, or have been sent again."""
    return sum(answer.failed for answer in outcome.answers)


def _cut_off(outcome: SampleResult) -> int:
    """Requests that may be under way when a time is over: the client does not wait for them."""
    plan = outcome.inquiry.plan
    return plan.concurrency * outcome.inquiry.clients if plan.duration_s is not None else 0


def _counts(outcome: SampleResult, by: str) -> dict[str, int]:
    """Who served how many: as the servers counted where they were asked, else as answers say."""
    if by in outcome.served:
        return {name: count for name, count in outcome.served[by].items() if count}
    return count_by(outcome.phases.judged, by)
