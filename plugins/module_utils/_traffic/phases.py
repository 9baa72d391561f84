# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a sample at the events that disturbed it. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import EventRecord
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

# who answered this long before an event is not new after it
_BEFORE_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Phases:
    """The sample's answers by when they may have felt the events.

    Requests under way when the first event began belong to the transition, those under way when
    the window began too.
    """

    before: list[Response]
    transition: list[Response]
    judged: list[Response]
    # sent while the sample's end was on its way to the client; only their errors matter
    surplus: list[Response]


def split(
    answers: t.Sequence[Response],
    happened: t.Sequence[EventRecord],
    window_ms: float,
    requests: int | None = None,
) -> Phases:
    """Before the first event; until things settled; and the ``requests`` that are judged."""
    if not happened:
        return Phases([], [], list(answers), [])
    first = happened[0].began_ms
    settled = [answer for answer in answers if answer.record.start_ms >= window_ms]
    return Phases(
        before=[answer for answer in answers if answer.record.end_ms < first],
        transition=[
            answer
            for answer in answers
            if answer.record.end_ms >= first and answer.record.start_ms < window_ms
        ],
        judged=settled[:requests],
        surplus=settled[requests:] if requests is not None else [],
    )


def failover_ms(
    answers: t.Sequence[Response], phases: Phases, began_ms: float, key: str
) -> float | None:
    """From ``began_ms`` to the first answer of somebody new who stayed.

    New is who did not answer in the second before; who answers between two events only is not
    where the traffic went. None when nobody answered before or nobody new came.
    """
    settled = {answer.names[key] for answer in phases.judged if key in answer.names}
    known = {
        answer.names[key]
        for answer in answers
        if key in answer.names and began_ms - _BEFORE_MS <= answer.record.end_ms <= began_ms
    }
    if not known:
        return None
    times = [
        answer.record.end_ms
        for answer in answers
        if answer.record.end_ms > began_ms and answer.names.get(key) in settled - known
    ]
    return round(min(times) - began_ms, 3) if times else None
