# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of a client in time, while hosts of its service fail: a model of its sidecar's course.

Where chance decides, such as which host is next or how long a retry waits, the seed does.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.host_choice import HostChoice
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.outlier_detector import (
    LONGEST_EJECTION_MS,
    OutlierDetector,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.symptoms import (
    ERRS,
    LATE,
    REFUSES,
    SILENT,
    Symptom,
    Symptoms,
)

# a refused connection
_REFUSAL_MS = 0.3
# requests that show how it goes on
_UNDISTURBED = 60
# how far a client that fell behind its rate may catch up
_CATCH_UP_MS = 100.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a client sends. Times in milliseconds."""

    # between requests; 0: as fast as answers come
    interval_ms: float
    workers: int
    latency_ms: float
    timeout_ms: float
    from_ms: float
    to_ms: float
    # of a worker, after each request
    pause_ms: float = 0.0


class SimulatedRequest(t.NamedTuple):
    """One request, and whether it failed or was answered by a host that takes no new connection."""

    start_ms: float
    end_ms: float
    failed: bool
    stale: bool


@dataclass(slots=True)
class _Outcome:
    failed: bool = True
    # whether a host that takes no new connection answered
    stale: bool = False
    # whether what failed is tried again
    again: bool = False


_Steps: t.TypeAlias = t.Generator[float, None, None]


class Simulation:
    """One client's requests to hosts with these symptoms, by ``address:port``."""

    def __init__(
        self,
        proxy: ProxyModel,
        symptoms: t.Mapping[str, t.Sequence[Symptom]],
        load: Load,
        seed: int,
    ) -> None:
        self._proxy = proxy
        self._symptoms = Symptoms(symptoms)
        self._load = load
        self._random = random.Random(seed)  # noqa: S311  the same one each time
        sweep = load.from_ms + self._random.random() * proxy.policy.interval_ms
        self._detector = OutlierDetector(proxy.policy, proxy.priorities, sweep)
        for host in proxy.ejected:
            self._detector.eject(host, load.from_ms)
        self._now = load.from_ms
        self._next = load.from_ms + self._random.random() * load.interval_ms
        self._hosts = HostChoice(proxy, self._random)
        # idle connections to hosts whose breaking began later
        self._pool: Counter[str] = Counter()
        # requests that wait for a connection to a host, and when attempts to make one end
        self._waiting: Counter[str] = Counter()
        self._connecting: defaultdict[str, list[float]] = defaultdict(list)
        self.requests: list[SimulatedRequest] = []
        # the hosts that were out when it was last looked for trouble, and what was found
        self._looked_at: tuple[frozenset[str] | None, bool] = None, True

    @property
    def returns(self) -> list[tuple[str, float]]:
        """The hosts whose ejection ended, and when."""
        return self._detector.returns

    @property
    def held_back(self) -> list[tuple[str, float]]:
        """The hosts whose ejection reached the worker threads late, each with when it began."""
        return self._detector.held_back

    @property
    def ejections(self) -> list[tuple[str, float]]:
        """The hosts that were ejected, each with when."""
        return self._detector.ejections

    def run(self, most: float = math.inf, *, returns: bool = False) -> Simulation:
        """Send all requests, or as many as ``most``, or until nothing will be wrong for a while.

        With ``returns`` an ejection's end counts as something wrong while its host still is.
        """
        number = itertools.count()
        queue: list[tuple[float, int, _Steps]] = []
        for worker in (self._worker() for _unused in range(self._load.workers)):
            heapq.heappush(queue, (self._now, next(number), worker))
        last, enough = self._symptoms.last_change(), math.inf
        while queue and len(self.requests) < min(most, enough):
            self._now, _unused, worker = heapq.heappop(queue)
            self._detector.advance(self._now)
            wake = next(worker, None)
            if wake is not None:
                heapq.heappush(queue, (wake, next(number), worker))
            if self._now <= last or self._troubled() or (returns and self._will_return()):
                enough = math.inf
            elif enough == math.inf:
                enough = len(self.requests) + _UNDISTURBED + self._load.workers
        self.requests.sort()
        # ejections end without requests, too
        self._detector.advance(self._now + LONGEST_EJECTION_MS)
        return self

    def _troubled(self) -> bool:
        """Whether a host with a symptom has a share, or requests that it has not answered."""
        if any(self._hosts.active[host] for host in self._symptoms.hosts):
            return True
        unhealthy = self._detector.unhealthy
        if unhealthy != self._looked_at[0]:
            asked = self._hosts.asked(unhealthy)
            troubled = not asked or any(self._symptoms.at(host, self._now) for host in asked)
            self._looked_at = unhealthy, troubled
        return self._looked_at[1]

    def _will_return(self) -> bool:
        """Whether a host is asked again within the load, though its symptom goes on."""
        return any(
            self._detector.earliest_end_ms(host) < self._load.to_ms
            and self._symptoms.at(host, self._load.to_ms)
            for host in self._detector.unhealthy & self._symptoms.hosts
        )

    def _worker(self) -> _Steps:
        load = self._load
        while self._now < load.to_ms:
            if load.interval_ms:
                self._next = max(self._next, self._now - _CATCH_UP_MS)
                due = self._next
                self._next += load.interval_ms
                if due >= load.to_ms:
                    return
                if due > self._now:
                    yield due
            began = self._now
            outcome = _Outcome()
            yield from self._request(began + load.timeout_ms, outcome)
            self.requests.append(SimulatedRequest(began, self._now, outcome.failed, outcome.stale))
            if load.pause_ms:
                yield self._now + load.pause_ms

    def _request(self, deadline: float, outcome: _Outcome) -> _Steps:
        """Send a request, and again where it failed and may be tried again."""
        retries, proxy = self._proxy.retries, self._proxy
        if proxy.timeout_ms is not None:
            deadline = min(deadline, self._now + proxy.timeout_ms)
        tried: set[str] = set()
        for attempt in range(retries.attempts + 1):
            host = self._hosts.choose(self._detector.unhealthy, tried)
            if host is None:
                outcome.failed = True
                return
            tried.add(host)
            outcome.again = False
            self._hosts.active[host] += 1
            yield from self._attempt(host, deadline, outcome)
            self._hosts.active[host] -= 1
            if not outcome.failed or not outcome.again or self._now >= deadline:
                return
            if attempt < retries.attempts:
                longest = min(retries.backoff_ms * 2**attempt, retries.backoff_ms * 10)
                yield min(deadline, self._now + self._random.random() * longest)

    def _attempt(self, host: str, deadline: float, outcome: _Outcome) -> _Steps:
        symptom, proxy = self._symptoms.at(host, self._now), self._proxy
        limit = deadline
        if proxy.retries.try_timeout_ms is not None:
            limit = min(limit, self._now + proxy.retries.try_timeout_ms)
        if symptom and symptom.kind in (REFUSES, SILENT) and not self._goes_on(host, symptom):
            yield from self._connect(host, symptom, limit, outcome)
            if outcome.failed:
                return
        late = bool(symptom and symptom.kind == LATE and self._random.random() < symptom.part)
        end = self._now + self._load.latency_ms + (symptom.delay_ms if symptom and late else 0.0)
        broken = self._symptoms.breaks(host, self._now, end)
        yield min(end, limit, broken)
        if broken <= min(end, limit):
            self._detector.failed(host, self._now, local=True)
            outcome.failed, outcome.again = True, proxy.retries.timeouts
            return
        if end > limit:
            self._time_out(host, deadline, outcome)
            return
        errs = symptom and symptom.kind == ERRS and self._random.random() < symptom.part
        if symptom and errs:
            self._detector.failed(host, self._now, symptom.status)
            outcome.failed, outcome.again = True, symptom.status in proxy.retries.statuses
            return
        self._detector.succeeded(host)
        if not proxy.one_request_a_connection:
            self._pool[host] = max(self._pool[host], self._hosts.active[host])
        outcome.failed = False
        outcome.stale = bool(symptom and symptom.kind in (REFUSES, SILENT))

    def _connect(
        self,
        host: str,
        symptom: Symptom,
        limit: float,
        outcome: _Outcome,
    ) -> _Steps:
        """Make a connection to a host that does not take it; ``outcome`` says whether it is."""
        began = self._now
        if symptom.kind == REFUSES:
            yield min(limit, began + _REFUSAL_MS)
            end = began
        else:
            made = host in self._proxy.plain or (self._pool[host] > 0 and not symptom.breaks)
            # on a connection that there is, nothing but the whole request has a time limit
            end = limit if made else self._connection_ends(host)
            self._pool[host] = max(0, self._pool[host] - 1)
            self._waiting[host] += not made
            yield min(limit, end, symptom.to_ms)
            self._waiting[host] -= not made
            if self._now >= symptom.to_ms:
                outcome.failed = False
                return
        if end > limit or (end == limit and symptom.kind == SILENT):
            self._time_out(host, limit, outcome)
            return
        self._detector.failed(host, self._now, local=True)
        outcome.failed, outcome.again = True, self._proxy.retries.connections

    def _connection_ends(self, host: str) -> float:
        """Return when a request that now waits for a connection to a silent host fails.

        Envoy fails all that wait as soon as one attempt does.
        """
        ends = self._connecting[host]
        while ends and ends[0] <= self._now:
            ends.pop(0)
        if self._waiting[host] >= len(ends):
            ends.append(self._now + self._proxy.connect_timeout_ms)
        return ends[0]

    def _time_out(self, host: str, deadline: float, outcome: _Outcome) -> None:
        """End an attempt at a time limit; only those of the sidecar itself count as errors."""
        outcome.failed = True
        own = (self._proxy.retries.try_timeout_ms, self._proxy.timeout_ms)
        if any(limit is not None and limit < self._load.timeout_ms for limit in own):
            self._detector.failed(host, self._now, 504, local=True)
            outcome.again = self._proxy.retries.timeouts and self._now < deadline

    def _goes_on(self, host: str, symptom: Symptom) -> bool:
        """Whether a connection that there is serves on, as those of a drained host do."""
        return symptom.kind == REFUSES and not symptom.breaks and self._pool[host] > 0
