# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the start of each request from the time at which its response arrived.

curl says how long a request took, not when it began, and the clock of a node is not the caller's.
But a request ended before its response arrived, and before the connection's next request began. So
the latest possible end of each follows from the last one backwards: where responses arrive
together, because they were held back on the way, the later ones bound the earlier ones.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.curl_output import (
    Connection,
    CurlResponse,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record


def starts(responses: t.Sequence[CurlResponse], earliest: float, latency_ms: float) -> list[float]:
    """Return the starts of one connection's requests, by the caller's clock.

    ``latency_ms`` is the time from the pod to the caller.
    """
    found: list[float] = []
    next_start = float("inf")
    for response in reversed(responses):
        ended = min(response.arrived - latency_ms, next_start)
        next_start = max(earliest, ended - response.latency_ms)
        found.append(next_start)
    found.reverse()
    return found


def records(
    connections: t.Iterable[Connection], profile: LoadProfile, earliest: float, latency_ms: float
) -> list[Record]:
    """Return the records in the order in which the requests began, the first after ``earliest``.

    Requests that began after the profile's duration, because curl stops late, are left out.
    """
    origin = earliest if profile.origin is None else profile.origin * 1000
    latest = float("inf") if profile.duration_s is None else earliest + profile.duration_s * 1000
    numbers = itertools.count(1)
    made: list[Record] = []
    for connection in connections:
        number = 0
        began = starts(connection.responses, earliest, latency_ms)
        for start, response in zip(began, connection.responses, strict=True):
            if response.connected:
                number = next(numbers)
            if start < latest:
                made.append(_record(response, profile, start - origin, number))
            if not response.status or not profile.keepalive:
                # The next request opens another connection
                number = 0
    made.sort(key=lambda record: record.start_ms)
    return made


def _record(response: CurlResponse, profile: LoadProfile, start: float, number: int) -> Record:
    error = response.error
    if response.timed_out:
        error = f"no answer within {profile.timeout_s:g} s"
    return Record(
        start_ms=start,
        latency_ms=response.latency_ms,
        status=response.status,
        body=response.body,
        error=error,
        connection=number,
    )
