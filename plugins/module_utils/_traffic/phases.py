# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a sample before, during and after its events."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import EventRecord
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

# servers that answered this long before an event are not new after it
_BEFORE_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Phases:
    """The sample's responses by when the events may have touched them.

    Requests under way when the first event began belong to the transition, those under way when
    the window began too.
    """

    before: list[Response]
    transition: list[Response]
    judged: list[Response]
    # sent while the sample's end was on its way to the client; only their errors matter
    surplus: list[Response]


NO_PHASES = Phases([], [], [], [])


def split(
    responses: t.Sequence[Response],
    events: t.Sequence[EventRecord],
    window_ms: float,
    requests: int | None = None,
) -> Phases:
    """Split at the first event and at ``window_ms``, after which ``requests`` requests are judged."""
    if not events:
        return Phases([], [], list(responses), [])
    first = events[0].began_ms
    settled = [response for response in responses if response.record.start_ms >= window_ms]
    return Phases(
        before=[response for response in responses if response.record.end_ms < first],
        transition=[
            response
            for response in responses
            if response.record.end_ms >= first and response.record.start_ms < window_ms
        ],
        judged=settled[:requests],
        surplus=settled[requests:] if requests is not None else [],
    )


def failover_ms(
    responses: t.Sequence[Response], phases: Phases, began_ms: float, key: str
) -> float | None:
    """From ``began_ms`` to the first answer of somebody new who stayed.

    New is who did not answer in the second before; who responses between two events only is not
    where the traffic went. None when nobody answered before or nobody new came.
    """
    settled = {response.names[key] for response in phases.judged if key in response.names}
    known = {
        response.names[key]
        for response in responses
        if key in response.names and began_ms - _BEFORE_MS <= response.record.end_ms <= began_ms
    }
    if not known:
        return None
    times = [
        response.record.end_ms
        for response in responses
        if response.record.end_ms > began_ms and response.names.get(key) in settled - known
    ]
    return round(min(times) - began_ms, 3) if times else None
