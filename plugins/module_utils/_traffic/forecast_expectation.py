# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The expectation that a forecast gives, and the comparison of a statement with it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import (
    BLACKHOLE,
    HANG,
    PROXY_FAULTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
    forecast_sample,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DELAY,
    DRAIN,
    FAIL,
    FAULTS,
    REPLACE,
    SCALE,
    Event,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    BOTH,
    DEFAULT_TOLERANCE,
    FAILED,
    FORECAST,
    STATEMENT,
    Expectation,
    expectation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import (
    DEFAULT_KEY,
    Params,
    SampleSpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.participants import (
    Participants,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import INSTANCE

# statements are rounded: thirds are written 33, 33, 34
_ROUNDING = 0.0075
# what leaves pods to which no connection can be made
_TAKING_DOWN = (DRAIN, *PROXY_FAULTS)


def expect_forecast(spec: SampleSpec, participants: Participants, expect: Params) -> SampleSpec:
    """Add what the forecast says of the state after all events, compared with the statement."""
    by = expect.get("by") or DEFAULT_KEY
    local, events = participants.cluster.name, spec.events
    if by == INSTANCE and any(e.action == REPLACE or e.replicas for e in events):
        raise InvalidInput(
            "expect.from_forecast: the names of pods that an event is yet to make are unknown; "
            "tell answers apart by another name than instance"
        )
    forecast = forecast_sample(
        participants.clusters,
        participants.clients[0],
        (spec.profile.host, spec.profile.port),
        by,
        drained_after(local, spec.drained, events),
        restored=restored_by(local, events),
        sizes=sizes_after(local, events),
        drains=any(event.action == DRAIN for event in events),
        failing=failing_after(local, events),
        silent=silent_after(local, events),
        timeout_s=spec.profile.timeout_s,
        path=spec.profile.path,
    )
    if unknown := unforeseeable(spec.events, spec.profile.concurrency * spec.clients):
        forecast = dataclasses.replace(forecast, problem=unknown, failed=0.0)
    return dataclasses.replace(
        spec,
        expect=combine(expect, forecast),
        forecast=forecast.document,
        proxy=forecast.proxy,
    )


def unforeseeable(events: t.Iterable[Event], at_a_time: int) -> str:
    """Return why no forecast knows what faults do to the shares, of so many requests at a time.

    Empty if one does.
    """
    for event in _remaining(events):
        if event.action == FAIL and event.percent < 100:
            return f"{event.title}: whether errors by chance eject is a matter of chance, too"
        if event.action == DELAY and at_a_time > 1:
            return f"{event.title}: with several requests at a time, slow answers may change the shares"
    return ""


def failing_after(local: str, events: t.Iterable[Event]) -> list[WorkloadRef]:
    """Return the workloads and pods whose every answer is an error when the judged part begins."""
    return [
        ref
        for event in _remaining(events)
        if event.action == FAIL and event.percent == 100
        for ref in _changed(local, event)
    ]


def silent_after(local: str, events: t.Iterable[Event]) -> list[WorkloadRef]:
    """Return the workloads and pods that answer nothing at all when the judged part begins."""
    return [
        ref
        for event in _remaining(events)
        if event.action in (HANG, BLACKHOLE)
        for ref in _changed(local, event)
    ]


def drained_after(
    local: str, before: t.Iterable[WorkloadRef], events: t.Iterable[Event]
) -> list[WorkloadRef]:
    """Return the workloads and pods that are drained or dead when the sample's judged part begins."""
    drained = {
        WorkloadRef(each.namespace, each.workload, each.cluster or local): None for each in before
    }
    for event in _remaining(events):
        for ref in _changed(local, event):
            if event.action in _TAKING_DOWN:
                drained[ref] = None
            elif event.action not in FAULTS and not event.replicas:
                # scaling to some pods leaves those that are there as they are
                drained.pop(ref, None)
    return list(drained)


def restored_by(local: str, events: t.Iterable[Event]) -> list[WorkloadRef]:
    """Return the workloads and pods that the events restore or remove."""
    return [
        ref
        for event in _remaining(events)
        if event.action not in (*_TAKING_DOWN, *FAULTS) and not event.replicas
        for ref in _changed(local, event)
    ]


def sizes_after(local: str, events: t.Iterable[Event]) -> list[Scaled]:
    """Return how many pods the events leave to the Deployments that they scale."""
    sizes = {
        ref: event.replicas
        for event in _remaining(events)
        if event.replicas is not None
        for ref in _deployments(local, event)
    }
    return [Scaled(ref, replicas) for ref, replicas in sizes.items()]


def _remaining(events: t.Iterable[Event]) -> t.Iterator[Event]:
    """Yield the events that are not taken back before the judged part begins."""
    return (event for event in events if event.for_ms is None)


def _deployments(local: str, event: Event) -> tuple[WorkloadRef, ...]:
    if event.targets is not None:
        return event.targets.deployments
    return tuple(WorkloadRef(event.namespace, w, event.cluster or local) for w in event.workloads)


def _changed(local: str, event: Event) -> t.Sequence[WorkloadRef]:
    """Return the Deployments, or the pods that a place has of them."""
    if event.targets is None or event.targets.pods is None or event.action == SCALE:
        return _deployments(local, event)
    cluster = event.cluster or local
    return [WorkloadRef(pod.namespace, pod.name, cluster) for pod in event.targets.pods]


def combine(expect: Params, forecast: SampleForecast) -> Expectation:
    """Return the statement where there is one, else the forecast.

    Raises InvalidInput where there is neither.
    """
    if not expect.get("shares") and not expect.get("failed"):
        return _by_forecast(expect, forecast)
    if forecast.problem and not forecast.failed:
        stated = expectation(expect)
        return dataclasses.replace(stated, source=STATEMENT, because=(forecast.problem,))
    model = expect.get("model") or forecast.model or "exact"
    stated = expectation({**expect, "model": model})
    objection = _objection(stated, forecast)
    source = STATEMENT if objection else BOTH
    return dataclasses.replace(stated, source=source, because=forecast.because, objection=objection)


def _by_forecast(expect: Params, forecast: SampleForecast) -> Expectation:
    if forecast.problem:
        raise InvalidInput(
            f"expect: the forecast has nothing that could be judged: {forecast.problem}; "
            "say in expect (of a step; of the module: expect.shares) what must happen, or set"
            " from_forecast to false"
        )
    least = min(share for share in forecast.shares.values() if share > 0)
    found = expectation(
        {
            # small shares must not pass by being absent
            "tolerance": min(DEFAULT_TOLERANCE, least / 2),
            **{name: value for name, value in expect.items() if value is not None},
            "shares": forecast.shares,
            "model": expect.get("model") or forecast.model,
        }
    )
    return dataclasses.replace(found, source=FORECAST, because=forecast.because)


def _objection(stated: Expectation, forecast: SampleForecast) -> str:
    """Return why statement and forecast cannot both be right; empty if they can."""
    predicted = forecast.shares
    if forecast.failed >= 1:
        if stated.failed == 1:
            return ""
        return (
            f"stated is {_words(stated.shares)}, but by the forecast every request fails: "
            f"{forecast.because[-1]}"
        )
    if stated.failed:
        # the forecast's shares of the requests that are answered add up to 1
        answered = {name: share * (1 - forecast.failed) for name, share in predicted.items()}
        predicted = {**answered, FAILED: forecast.failed}
    names = {*stated.positive, *(name for name, share in predicted.items() if share > 0)}
    if all(_similar(stated.shares.get(name, 0.0), predicted.get(name, 0.0)) for name in names):
        return ""
    return (
        f"stated is {_words(stated.shares)}, but the forecast is {_words(predicted)}: "
        f"{'; '.join(forecast.because)}"
    )


def _similar(stated: float, predicted: float) -> bool:
    # nothing and little are never similar
    return abs(stated - predicted) <= _ROUNDING and (stated > 0) == (predicted > 0)


def _words(shares: t.Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share > 0)
