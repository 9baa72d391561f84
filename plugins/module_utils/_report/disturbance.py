# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long events disturbed requests, beside what the forecast has."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document

_TO_THE_END = "to the end"
# what is shorter is not told from requests under way at the event, and a busy machine's hiccups
_RESOLUTION_MS = 50.0


def observed(event: Document) -> str:
    """Return how long an event disturbed requests."""
    return _time(event["moved_ms"]) if "moved_ms" in event else numbers.NOTHING


def forecast(event: Document, *, course: bool = False) -> str:
    """Return how long it should have; with ``course`` also the least and most of the model's courses."""
    found = event.get("forecast") or {}
    if "moved_ms" not in found:
        return numbers.NOTHING
    text = _time(found["moved_ms"])
    least, most = map(_time, found["range_ms"])
    return f"{text} ({least} to {most})" if course and least != most else text


def longest(step: Document) -> Document | None:
    """Return the event of a step that disturbed requests longest, of those with a forecast."""
    known = [each for each in step.get("events", ()) if "moved_ms" in (each.get("forecast") or {})]
    disturbing = [
        each for each in known if each["moved_ms"] != 0 or each["forecast"]["moved_ms"] != 0
    ]
    return max(disturbing, key=_length, default=None)


def sentence(step: Document) -> str:
    """Return the time of that event and its forecast; empty where nothing was disturbed."""
    event = longest(step)
    if event is None:
        return ""
    return (
        f" Requests were disturbed for {observed(event)}, by the forecast for"
        f" {forecast(event, course=True)}."
    ).replace("for to the end", "to the end")


def remarks(step: Document) -> list[str]:
    """Return what the forecast says of the events besides their times."""
    found: list[str] = []
    for event in step.get("events", ()):
        told: t.Mapping[str, t.Any] = event.get("forecast") or {}
        said = [*told.get("because", ()), *([told["problem"]] if told.get("problem") else [])]
        found.extend(f"{event['name']}: {each}" for each in said)
    return list(dict.fromkeys(found))


def _length(event: Document) -> float:
    return math.inf if event["moved_ms"] is None else float(event["moved_ms"])


def _time(value: float | None) -> str:
    if value is None:
        return _TO_THE_END
    if value < _RESOLUTION_MS:
        return f"<{numbers.milliseconds(_RESOLUTION_MS)}"
    return numbers.milliseconds(value)
