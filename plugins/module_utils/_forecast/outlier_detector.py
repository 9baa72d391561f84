# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy's outlier detection in time: which hosts a worker thread sends to, and from when.

As Envoy does it (source/common/upstream): a host is ejected at once when consecutive errors reach a
threshold, and comes back at the first sweep after its ejection time. Worker threads learn of a change
at once, unless they learned of another within the last second: then one second after the change.
Envoy keeps that window for each priority, but a change of one host makes it update all priorities
(reloadHealthyHostsHelper in upstream_impl.cc), so that the hosts of a cluster share one window.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection

# Envoy's update_merge_window
MERGE_WINDOW_MS = 1000.0
# Envoy's defaults where a rule says nothing
_ERRORS = 5
_INTERVAL = "10s"
_EJECTION_TIME = "30s"
# by Envoy's default of max_ejection_time
LONGEST_EJECTION_MS = 300_000.0


@dataclass(frozen=True, slots=True)
class OutlierPolicy:
    """The thresholds of consecutive errors, 0 for none, and the limits. Times in milliseconds."""

    errors: int = 0
    gateway_errors: int = 0
    # of connections; counted apart, or as errors
    local_errors: int = 0
    split: bool = False
    # hosts that may be out at a time
    most: int = 0
    interval_ms: float = 10_000.0
    ejection_ms: float = 30_000.0

    @classmethod
    def of(cls, rule: t.Mapping[str, t.Any] | None, hosts: int) -> OutlierPolicy:
        """Return what an ``outlierDetection`` says, with istiod's and Envoy's defaults."""
        if rule is None:
            return cls()
        split = bool(rule.get("splitExternalLocalOriginErrors"))
        return cls(
            errors=_count(rule.get("consecutive5xxErrors")),
            gateway_errors=int(rule.get("consecutiveGatewayErrors") or 0),
            local_errors=_count(rule.get("consecutiveLocalOriginFailures")) if split else 0,
            split=split,
            most=ejection(rule, hosts).most,
            interval_ms=durations.seconds(str(rule.get("interval") or _INTERVAL)) * 1000,
            ejection_ms=durations.seconds(str(rule.get("baseEjectionTime") or _EJECTION_TIME))
            * 1000,
        )


def _count(value: t.Any) -> int:
    return _ERRORS if value is None else int(value)


@dataclass(slots=True)
class _Host:
    errors: int = 0
    gateway_errors: int = 0
    local_errors: int = 0
    ejected_at: float | None = None
    returned_at: float | None = None
    ejections: int = 0


class OutlierDetector:
    """The hosts of one Envoy cluster, by ``address:port``. Times in milliseconds, never backwards."""

    def __init__(
        self, policy: OutlierPolicy, hosts: t.Iterable[str], first_sweep_ms: float
    ) -> None:
        self._policy = policy
        self._hosts = {name: _Host() for name in hosts}
        self._sweep = first_sweep_ms
        # when the worker threads were last told of a change
        self._updated = -math.inf
        # when a held-back change reaches them
        self._due = math.inf
        # what they know
        self._known: frozenset[str] = frozenset()
        # ejections that the worker threads were told late, each with when it began
        self.held_back: list[tuple[str, float]] = []
        # each with when it began
        self.ejections: list[tuple[str, float]] = []
        # the ends of ejections
        self.returns: list[tuple[str, float]] = []

    @property
    def unhealthy(self) -> frozenset[str]:
        """The hosts that the worker threads know to be ejected."""
        return self._known

    def advance(self, now: float) -> None:
        """Do what is due until now."""
        while (at := min(self._sweep, self._due)) <= now:
            if self._due <= at:
                self._tell(at)
            if self._sweep <= at:
                self._sweep += self._policy.interval_ms
                self._end_ejections(at)

    def succeeded(self, name: str) -> None:
        """Count an answer without an error."""
        host = self._hosts[name]
        host.errors = host.gateway_errors = host.local_errors = 0

    def failed(self, name: str, now: float, status: int = 503, *, local: bool = False) -> None:
        """Count an error: a status, or with ``local`` a connection that failed."""
        policy, host = self._policy, self._hosts[name]
        reached = False
        if local and policy.split:
            host.local_errors += 1
            reached = host.local_errors == policy.local_errors
        else:
            host.errors += 1
            reached = host.errors == policy.errors
            if status in (502, 503, 504):
                host.gateway_errors += 1
                reached = reached or host.gateway_errors == policy.gateway_errors
        if reached:
            self._eject(name, now)

    def eject(self, name: str, now: float) -> None:
        """Begin with a host that is out already."""
        self._eject(name, now)
        self._tell(now)
        self._updated = -math.inf
        self.held_back.clear()
        self.ejections.clear()

    def earliest_end_ms(self, name: str) -> float:
        """Return when the host may come back; infinity where it is not ejected."""
        host = self._hosts[name]
        return math.inf if host.ejected_at is None else host.ejected_at + self._length_ms(host)

    def _length_ms(self, host: _Host) -> float:
        longest = max(LONGEST_EJECTION_MS, self._policy.ejection_ms)
        return min(self._policy.ejection_ms * host.ejections, longest)

    def _eject(self, name: str, now: float) -> None:
        host = self._hosts[name]
        if host.ejected_at is not None:
            return
        host.errors = host.gateway_errors = host.local_errors = 0
        if sum(each.ejected_at is not None for each in self._hosts.values()) < self._policy.most:
            host.ejected_at = now
            host.ejections += 1
            self.ejections.append((name, now))
            self._changed(name, now)

    def _end_ejections(self, now: float) -> None:
        policy = self._policy
        for name, host in self._hosts.items():
            if host.ejected_at is not None:
                if now - host.ejected_at >= self._length_ms(host):
                    host.ejected_at, host.returned_at = None, now
                    host.errors = host.gateway_errors = host.local_errors = 0
                    self.returns.append((name, now))
                    self._changed(name, now)
            elif host.returned_at is not None and host.ejections:
                host.ejections -= now - host.returned_at >= policy.interval_ms

    def _changed(self, name: str, now: float) -> None:
        if now - self._updated > MERGE_WINDOW_MS:
            self._tell(now)
            return
        if self._due == math.inf:
            self._due = now + MERGE_WINDOW_MS
        if self._hosts[name].ejected_at is not None:
            self.held_back.append((name, now))

    def _tell(self, now: float) -> None:
        self._updated, self._due = now, math.inf
        self._known = frozenset(
            name for name, host in self._hosts.items() if host.ejected_at is not None
        )
