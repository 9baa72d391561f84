# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long events disturb requests, as it was observed."""

from __future__ import annotations

import dataclasses
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DRAIN,
    EventRecord,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

# a change in how many requests are disturbed that is no chance, in nats of likelihood
_LEAST_GAIN = 3.0
# requests that a busy machine may slow down, as a part of all
_MOST_DISTURBED = 0.1
# of the requests before the first event, how slow the slowest twentieth is, and how much slower is slow
_USUAL = 0.95
_SLOWER = 1.5
_SLOWER_MS = 5.0
# what is slower than slow by this factor, or failed, counts as several requests that are slow
_SURELY_SLOWER = 10.0
_SURE = 3


class Span(t.NamedTuple):
    """A request's time, in milliseconds, and how surely an event disturbed it: 0 for not at all."""

    start_ms: float
    end_ms: float
    failed: bool
    disturbed: int


def span(
    start_ms: float,
    end_ms: float,
    slow: float,
    until_ms: float,
    *,
    failed: bool,
    stale: bool = False,
) -> Span:
    """Return a request's span in a window that ends at ``until_ms``; from ``slow`` on it is slow.

    A busy machine makes some requests a little slow. One that is under way at the window's end and
    was not slow until then is another event's.
    """
    latency = end_ms - start_ms
    if end_ms > until_ms and until_ms - start_ms <= slow:
        return Span(start_ms, end_ms, False, 0)
    if failed or stale or latency > slow * _SURELY_SLOWER:
        return Span(start_ms, end_ms, failed, _SURE)
    return Span(start_ms, end_ms, failed, int(latency > slow))


@dataclass(frozen=True, slots=True)
class Move:
    """How long an event disturbed requests, and how many failed."""

    # from the event's beginning to the end of the last disturbed request; None: it did not end
    moved_ms: float | None
    # with those after an ejection, while what is wrong goes on
    failed: int

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as plain data."""
        moved = None if self.moved_ms is None else round(self.moved_ms, 3)
        return {"moved_ms": moved, "failed": self.failed}


def move(spans: t.Iterable[Span], began_ms: float, until_ms: float) -> Move:
    """Return how long requests of a window were disturbed: until markedly fewer of them are.

    Where that happens is where two constant parts of disturbed requests, the larger one first,
    explain all of them best; a few slow requests of a busy machine make no difference. Where that
    is nowhere, those before the first request that is surely disturbed do not count: an event takes
    its time, and one request that waits may be the only one.
    """
    window = sorted(s for s in spans if s.end_ms >= began_ms and s.start_ms < until_ms)
    failed = sum(each.failed for each in window)
    gain, place = _end_of_disturbance(window)
    if gain <= _LEAST_GAIN:
        first = next((n for n, each in enumerate(window) if each.disturbed == _SURE), 0)
        window = window[first:]
        gain, place = _end_of_disturbance(window)
    if gain > _LEAST_GAIN and not _goes_on(window[place:]):
        place = _without_noise(window, place)
        # no request fails because a machine is busy
        ends = [s.end_ms for n, s in enumerate(window) if s.failed or (s.disturbed and n < place)]
        return Move(max(0.0, max(ends) - began_ms), failed)
    return Move(None if gain > _LEAST_GAIN or _goes_on(window) else 0.0, failed)


def _without_noise(window: t.Sequence[Span], place: int) -> int:
    """Return where disturbance ends when most after the last sure one were answered as before."""
    surely = [n for n, each in enumerate(window[:place], start=1) if each.disturbed == _SURE]
    last = surely[-1] if surely else place
    slow = sum(each.disturbed > 0 for each in window[last:place])
    return last if slow * 2 < place - last else place


def with_failures(found: Move, spans: t.Iterable[Span], began_ms: float, until_ms: float) -> Move:
    """Return the move with the failures of a longer window: of hosts that are asked again, too."""
    failed = sum(s.failed for s in spans if s.end_ms >= began_ms and s.start_ms < until_ms)
    return dataclasses.replace(found, failed=failed)


def _end_of_disturbance(window: t.Sequence[Span]) -> tuple[float, int]:
    """Return behind how many of the requests fewer are disturbed, and how much that explains."""
    total = sum(each.disturbed for each in window)
    size = sum(max(1, each.disturbed) for each in window)
    whole = _likelihood(total, size)
    best, count, seen = (0.0, 0), 0, 0
    for number, each in enumerate(window, start=1):
        count += each.disturbed
        seen += max(1, each.disturbed)
        rest, left = total - count, size - seen
        # the best place is behind a disturbed request
        if each.disturbed and left and count * left > rest * seen:
            gain = _likelihood(count, seen) + _likelihood(rest, left) - whole
            best = max(best, (gain, number))
    return best


def _goes_on(spans: t.Sequence[Span]) -> bool:
    return sum(each.disturbed > 0 for each in spans) > len(spans) * _MOST_DISTURBED


def _likelihood(count: int, of: int) -> float:
    """Return the logarithm of the most likely chance's likelihood."""
    other = of - count
    return sum(n * math.log(n / of) for n in (count, other) if n)


def slow_ms(responses: t.Iterable[Response], until_ms: float) -> float:
    """Return from which latency on a request is slow, by those that ended until then."""
    known = sorted(r.record.latency_ms for r in responses if r.record.end_ms < until_ms)
    usual = known[int(len(known) * _USUAL)] if known else 0.0
    return usual * _SLOWER + _SLOWER_MS


def windows(
    records: t.Sequence[EventRecord], ejection_ms: float = math.inf
) -> list[tuple[float, float]]:
    """Return from when to when requests are those of each event, in the sample's time.

    Those of the last one may go on to the end. After ``ejection_ms`` hosts may be asked again, which is no longer the event's move.
    """
    found = []
    for number, record in enumerate(records):
        later = (each.began_ms for each in records[number + 1 :] if not each.event.together)
        undone = math.inf if record.undone_ms is None else record.undone_ms
        until = min(next(later, math.inf), undone, record.began_ms + ejection_ms)
        found.append((record.began_ms, until))
    return found


def observed_moves(
    responses: t.Sequence[Response],
    records: t.Sequence[EventRecord],
    ejection_ms: float = math.inf,
) -> list[Move]:
    """Return what was observed for each event; ``ejection_ms``: the rule's ``baseEjectionTime``."""
    if not records:
        return []
    slow = slow_ms(responses, records[0].began_ms)
    found = []
    parts = zip(records, windows(records, ejection_ms), windows(records), strict=True)
    for record, window, asked in parts:
        # what is drained may serve on, on connections that there are
        pods = {pod.name for pod in record.pods if record.event.action == DRAIN}
        spans = [_span(response, pods, slow, window[1]) for response in responses]
        again = [_span(response, pods, slow, asked[1]) for response in responses]
        found.append(with_failures(move(spans, *window), again, *asked))
    return found


def _span(response: Response, pods: t.Collection[str], slow: float, until_ms: float) -> Span:
    record, failed = response.record, bool(response.failed)
    stale = response.names.get("instance") in pods
    return span(record.start_ms, record.end_ms, slow, until_ms, failed=failed, stale=stale)
