# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long events should disturb requests: courses of the client's sidecar, with the sample's load."""

from __future__ import annotations

import math
import statistics
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.request_simulation import (
    Load,
    Simulation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    REPLACE,
    SCALE,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.host_symptoms import (
    hosts_of,
    problem_of,
    symptoms_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.move_reasons import (
    asked_again,
    held_back,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.moves import (
    move,
    slow_ms,
    span,
    windows,
    with_failures,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )

# as many courses as chance is given
_SEEDS = 11
# of one course; what is longer is cut
_MOST_REQUESTS = 2000
# of the sample before the first event
_LEAD_MS = 1000.0
# enough to know the client's pace
_LEAST_BEFORE = 5
_BY_CONTROL_PLANE = (SCALE, REPLACE)


@dataclass(frozen=True, slots=True)
class MoveForecast:
    """What the model gives for it: the median of its courses, and the least and most of them."""

    moved_ms: float | None
    range_ms: tuple[float | None, float | None]
    failed: int
    # when the last of its hosts is to be back, in the sample's time
    returned_ms: float | None = None
    because: tuple[str, ...] = ()
    # why there is no forecast; empty where there is one
    problem: str = ""

    def as_dict(self) -> dict[str, t.Any]:
        """Return the forecast as plain data."""
        if self.problem:
            return {"problem": self.problem}
        found: dict[str, t.Any] = {
            "moved_ms": _rounded(self.moved_ms),
            "range_ms": [_rounded(each) for each in self.range_ms],
            "failed": self.failed,
            "because": list(self.because),
        }
        return found | ({"returned_ms": _rounded(self.returned_ms)} if self.returned_ms else {})


def forecast_moves(
    proxy: ProxyModel,
    records: t.Sequence[EventRecord],
    responses: t.Sequence[Response],
    profile: LoadProfile,
    clients: int,
    local: str,
) -> list[MoveForecast]:
    """Return the forecast for each event, with the load that the sample had.

    ``local``: the name of the client's cluster.
    """
    symptoms = symptoms_of(proxy, records, local)
    load = _load(records, responses, profile, clients)
    slow = slow_ms(responses, records[0].began_ms)
    courses = [
        [
            Simulation(proxy, symptoms, load, seed * clients + each).run(returns=True)
            for each in range(clients)
        ]
        for seed in range(_SEEDS)
    ]
    parts = zip(records, windows(records, proxy.policy.ejection_ms), windows(records), strict=True)
    return [
        _forecast(proxy, record, window, asked, local, courses, load, slow)
        for record, window, asked in parts
    ]


def _forecast(
    proxy: ProxyModel,
    record: EventRecord,
    window: tuple[float, float],
    asked: tuple[float, float],
    local: str,
    courses: t.Sequence[t.Sequence[Simulation]],
    load: Load,
    slow: float,
) -> MoveForecast:
    action = record.event.action
    if action in _BY_CONTROL_PLANE:
        took = record.ended_ms - record.began_ms
        why = "the control plane tells clients, which then need no error to notice"
        return MoveForecast(took, (0.0, took), 0, because=(why,))
    if problem := problem_of(proxy, record, local):
        return MoveForecast(None, (None, None), 0, problem=problem)
    hosts = hosts_of(proxy, record, local)
    still_ms = load.to_ms if record.undone_ms is None else min(record.undone_ms, load.to_ms)
    moves = []
    for course in courses:
        requests = [each for simulation in course for each in simulation.requests]
        spans, again = (
            [
                span(start, end, slow, until, failed=failed, stale=stale)
                for start, end, failed, stale in requests
            ]
            for until in (window[1], asked[1])
        )
        moves.append(with_failures(move(spans, *window), again, *asked))
    times = sorted(math.inf if each.moved_ms is None else each.moved_ms for each in moves)
    middle = [_finite(each) for each in (times[len(times) // 2], times[0], times[-1])]
    return MoveForecast(
        middle[0],
        (middle[1], middle[2]),
        round(statistics.median(each.failed for each in moves)),
        _returned(record, hosts, courses),
        (
            *held_back(proxy, hosts, window, courses),
            *asked_again(proxy, hosts, (record.began_ms, still_ms), courses),
        ),
    )


def _returned(
    record: EventRecord, hosts: t.Collection[str], courses: t.Sequence[t.Sequence[Simulation]]
) -> float | None:
    if record.undone_ms is None:
        return None
    last = [
        max(
            (at for simulation in course for host, at in simulation.returns if host in hosts),
            default=record.undone_ms,
        )
        for course in courses
    ]
    return max(record.undone_ms, statistics.median(last))


def _load(
    records: t.Sequence[EventRecord],
    responses: t.Sequence[Response],
    profile: LoadProfile,
    clients: int,
) -> Load:
    """Return the load of one client, at the pace that it had before the first event."""
    first = records[0].began_ms
    before = [each.record for each in responses if each.record.end_ms < first]
    latency = statistics.median(each.latency_ms for each in before) if before else 1.0
    interval = 1000 * clients / profile.rate if profile.rate else 0.0
    pause = 0.0
    if len(before) >= _LEAST_BEFORE:
        pace = (first - before[0].start_ms) / len(before) * clients
        if interval:
            # a client may not keep up with its rate
            interval = max(interval, pace if pace > interval * 1.1 else interval)
        else:
            # what the client itself takes
            pause = max(0.0, pace * profile.concurrency - latency)
    to_ms = max((each.record.start_ms for each in responses), default=first) + 1
    start = first - min(_LEAD_MS, first)
    step = interval or (latency + pause) / profile.concurrency
    last = records[-1].began_ms + _MOST_REQUESTS * step
    return Load(
        interval,
        profile.concurrency,
        latency,
        profile.timeout_s * 1000,
        start,
        min(to_ms, max(last, records[-1].ended_ms + _LEAD_MS)),
        pause,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
