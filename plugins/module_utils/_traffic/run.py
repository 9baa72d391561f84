# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample from its options to its verdict."""

from __future__ import annotations

import dataclasses
import math
import time

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.clients import send
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    EndpointWatch,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_actions import restore
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_scheduler import (
    EventScheduler,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import EventTargets
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    FAILED,
    Expectation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.failures import (
    LOG_FLUSH_S,
    Failure,
    failure_reasons,
    find_failures,
    pod_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.forecast_expectation import (
    expect_forecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.interruption import (
    undone_when_interrupted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.move_forecast import (
    forecast_moves,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.moves import observed_moves
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import (
    Params,
    SampleSpec,
    parse_options,
    wants_forecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.participants import (
    Participants,
    find_participants,
    find_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.phases import split
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.pod_localities import (
    CLUSTER,
    LOCALITY,
    pod_localities,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    Names,
    identify_responses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.result import SampleResult
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import RequestCounter
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.verdict import Verdict, judge
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.versions import versions


def prepare_sample(params: Params, *, check: bool = False) -> tuple[SampleSpec, Participants]:
    """Check everything before anything is sent; raises MeshError.

    What a killed run left out of order is mended, and with ``check`` only named.
    """
    spec = parse_options(params)
    participants = find_participants(params, spec)
    warnings = [w for each in participants.clusters for w in each.proxy_faults_left(mend=not check)]
    participants = dataclasses.replace(participants, warnings=tuple(warnings))
    spec = dataclasses.replace(spec, events=find_targets(spec.events, participants))
    if spec.settle_ms is None:
        spec = dataclasses.replace(spec, settle_ms=participants.cluster.settle_ms)
    if wants_forecast(params["expect"]):
        spec = expect_forecast(spec, participants, params["expect"])
    return spec, participants


def run_sample(spec: SampleSpec, participants: Participants) -> SampleResult:
    """Send the sample and judge it."""
    localities = _localities(spec, participants)
    counter = RequestCounter(participants.servers)
    result, later = _send(spec, participants)
    # an event may have replaced pods: both the old and the new ones answered
    localities |= later
    responses = identify_responses(result.records, spec.identify, localities)
    result.responses = responses
    result.failures = _failures(result, participants)
    result.phases = split(responses, result.events, result.window_ms, spec.profile.requests)
    ejection_ms = spec.proxy.policy.ejection_ms if spec.proxy else math.inf
    result.moves = observed_moves(responses, result.events, ejection_ms)
    if spec.proxy and result.events:
        result.move_forecasts = forecast_moves(
            spec.proxy,
            result.events,
            responses,
            spec.profile,
            len(participants.clients),
            participants.cluster.name,
        )
    result.versions = versions(participants.cluster, participants.clients[0])
    if participants.servers:
        result.served, result.served_by = counter.counts(), counter.counters
    if spec.expect:
        result.verdict = _judge(result, spec.expect)
    return result


def _localities(spec: SampleSpec, participants: Participants) -> dict[str, Names]:
    if spec.key not in (LOCALITY, CLUSTER):
        return {}
    return dict(pod_localities(participants.clusters))


def _send(spec: SampleSpec, participants: Participants) -> tuple[SampleResult, dict[str, Names]]:
    """Return the sample, and the places of the pods before events are taken back."""
    cluster, profile = participants.cluster, spec.profile
    if not spec.events:
        progress = [0]
        target = (profile.host, profile.port)
        watch = EndpointWatch(cluster, participants.clients, *target, spec.unchanged)
        watch.observe()
        records = send(cluster, participants.clients, profile, progress.append)
        watch.observe()
        late = max(0, max(progress) - len(records))
        return SampleResult(spec, records, late=late, unchanged=watch.unchanged()), {}
    scheduler = EventScheduler(spec, participants)
    with undone_when_interrupted(lambda: _restore(spec, participants, scheduler)):
        try:
            with scheduler:
                endless = dataclasses.replace(
                    profile,
                    requests=None,
                    duration_s=None,
                    stop=scheduler.stop,
                    origin=scheduler.origin,
                )
                records = send(cluster, participants.clients, endless, scheduler.progress)
            localities = _localities(spec, participants)
        finally:
            scheduler.take_back()
    scheduler.watch.observe()
    result = SampleResult(
        spec,
        records,
        events=scheduler.records,
        window_ms=scheduler.window_ms,
        unchanged=scheduler.watch.unchanged(),
    )
    return result, localities


def _restore(spec: SampleSpec, participants: Participants, scheduler: EventScheduler) -> None:
    """Bring back what is drained, by the events or before them."""
    scheduler.take_back(kept=True)
    for each in spec.drained:
        targets = EventTargets((each,))
        restore(participants.named("events", each.cluster), targets)


def _judge(result: SampleResult, expect: Expectation) -> Verdict:
    counts = result.counts(expect.by)
    failed = sum(response.failed for response in result.phases.judged)
    # failures later than the first event are expected with expect.failed, earlier ones are not
    unexpected = result.phases.before if expect.failed else result.responses
    if expect.failed:
        counts[FAILED] = failed
    elif counts.get(expect.count_errors_as):
        # without them, the others' shares would seem larger than they are; but they are no answers
        counts[expect.count_errors_as] += failed
    verdict = judge(
        expect,
        counts,
        errors=sum(response.failed for response in unexpected),
        unidentified=result.unidentified,
        distinct={name: len(result.counts(name)) for name in expect.distinct},
    )
    if problem := result.served_problem():
        verdict.reasons.append(problem)
    if not verdict.passed and not expect.failed:
        verdict.reasons.extend(failure_reasons(result.failures))
        if result.failures:
            verdict.reasons.extend(result.expected_failures())
    return verdict


def _failures(result: SampleResult, participants: Participants) -> list[Failure]:
    if not result.failed:
        return []
    log = ""
    # of several clients nothing tells whose log has which request
    if len(participants.clients) == 1:
        time.sleep(LOG_FLUSH_S)
        log = participants.cluster.proxy_log(participants.clients[0], len(result.records))
    return find_failures(
        result.records, result.spec.profile, log, pod_addresses(participants.clusters)
    )
