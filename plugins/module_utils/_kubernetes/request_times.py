# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each request began, from the time its outcome arrived. Private to this collection.

curl says how long a request took, not when it began, and the clock of a node is not the caller's.
But a request was over when its outcome arrived, and it was over when the connection's next request
began. So the latest moment at which each can have ended follows from the last one backwards: where
outcomes arrive together, because something on the way kept them back, the later ones tell of the
earlier ones.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.curl_output import (
    Answer,
    Connection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record


def starts(answers: t.Sequence[Answer], earliest: float, way_ms: float) -> list[float]:
    """When the requests of one connection began, by the caller's clock.

    ``way_ms`` is what an outcome takes from the pod to the caller.
    """
    found: list[float] = []
    next_start = float("inf")
    for answer in reversed(answers):
        ended = min(answer.arrived - way_ms, next_start)
        next_start = max(earliest, ended - answer.latency_ms)
        found.append(next_start)
    found.reverse()
    return found


def records(
    connections: t.Iterable[Connection], plan: LoadProfile, earliest: float, way_ms: float
) -> list[Record]:
    """What came back, in the order in which the requests began.

    The first could begin at ``earliest``. For a plan with a duration, curl was not stopped in that
    very moment: what began later is left out.
    """
    origin = earliest if plan.origin is None else plan.origin * 1000
    latest = float("inf") if plan.duration_s is None else earliest + plan.duration_s * 1000
    numbers = itertools.count(1)
    made: list[Record] = []
    for connection in connections:
        number = 0
        began = starts(connection.answers, earliest, way_ms)
        for start, answer in zip(began, connection.answers, strict=True):
            if answer.connected:
                number = next(numbers)
            if start < latest:
                made.append(_record(answer, plan, start - origin, number))
            if not answer.status or not plan.keepalive:
                # the next one opens its own
                number = 0
    made.sort(key=lambda record: record.start_ms)
    return made


def _record(answer: Answer, plan: LoadProfile, start: float, number: int) -> Record:
    error = answer.error
    if answer.timed_out:
        error = f"no answer within {plan.timeout_s:g} s"
    return Record(
        start_ms=start,
        latency_ms=answer.latency_ms,
        status=answer.status,
        body=answer.body,
        error=error,
        connection=number,
    )
