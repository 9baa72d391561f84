# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose the timelines of a page: one of the whole proof, and one of each step."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers, timeline
from ansible_collections.eastwest.mesh.plugins.module_utils._report.digest import (
    passed,
    sent,
    sentence,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.latency_strip import (
    STRIP_HEIGHT,
    latency_strip,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Markup,
    el,
    join,
    number,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import Palette
from ansible_collections.eastwest.mesh.plugins.module_utils._report.svg import (
    line,
    picture,
    text,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline import Panel

WIDTH = 1040.0
_LEFT = 58.0
_RIGHT = 14.0
_HEIGHT = 130.0
_GAP = 10.0
# a step of few requests would be too narrow for its number
_NARROWEST = 34.0
# how wide a letter of a bold label is at most
_LETTER = 8.0
# a step of this width has room for words
_WIDE = 150.0


def step_timeline(step: Document, palette: Palette, name: str) -> Markup:
    """Return the timeline of one step; ``name`` is unique on the page."""
    top = 12.0 + timeline.EVENT_LINE * len(step.get("events", ()))
    marks = 16.0 if step.get("failures") else 0.0
    dimension = timeline.DIMENSION_LINE * len(timeline.moved(step))
    panel = _panel(
        step, _LEFT, top + marks + dimension + 10, WIDTH - _LEFT - _RIGHT, timeline.rates(step)
    )
    height = panel.bottom + 70 + STRIP_HEIGHT
    return picture(
        name,
        f"Requests over time in the step {step['name']}",
        _description(step),
        (WIDTH, height),
        _rate_axis(panel),
        timeline.outages(panel),
        timeline.stacked(panel, palette),
        timeline.outage_labels(panel),
        _time_axis(panel),
        timeline.event_lines(panel),
        timeline.event_labels(panel),
        timeline.failure_marks(panel, panel.top - 8),
        timeline.failover_dimension(panel, top + 6),
        _judged(panel),
        latency_strip(panel, panel.bottom + 68),
    )


def proof_timeline(report: Document, palette: Palette) -> Markup | None:
    """Return the timelines of all steps side by side; None where no step has one."""
    steps = [
        (index, timeline.coarse(step))
        for index, step in enumerate(report["steps"], 1)
        if "timeline" in step
    ]
    if not steps:
        return None
    lengths = [timeline.length_ms(step) for _index, step in steps]
    widths = _widths(lengths, WIDTH - _LEFT - _RIGHT - _GAP * (len(steps) - 1))
    most = max(max(timeline.rates(step)) for _index, step in steps)
    panels, left = [], _LEFT
    for (_index, step), width in zip(steps, widths, strict=True):
        panels.append(_panel(step, left, 40.0, width, [most]))
        left += width + _GAP
    labels = [
        _step_label(panel, index) for panel, (index, _step) in zip(panels, steps, strict=True)
    ]
    words = [f"{index}, {step['name']}: {sentence(step)}" for index, step in steps]
    return picture(
        "proof-timeline",
        "Requests over time, step by step",
        "\n".join(words),
        (WIDTH, panels[0].bottom + 24),
        _rate_axis(panels[0], WIDTH - _RIGHT),
        (_overview(panel, palette) for panel in panels),
        labels,
    )


def _overview(panel: Panel, palette: Palette) -> Markup:
    return join(
        (
            timeline.outages(panel),
            timeline.stacked(panel, palette),
            line(panel.left, panel.bottom, panel.left + panel.width, panel.bottom, "axis"),
            timeline.event_lines(panel),
            timeline.failure_marks(panel, panel.top - 8),
            moved_labels(panel),
        )
    )


def moved_labels(panel: Panel) -> Markup:
    """Return how long each failover took, above its event, where the one before leaves room for it."""
    found, end = [], 0.0
    for event in timeline.moved(panel.step):
        x, took = panel.x(event["at_ms"]), numbers.milliseconds(event["failover_ms"])
        words = f"failover {took}" if panel.width > _WIDE else took
        if x > end:
            found.append(text(x + 5, panel.top - 19, words, "label strong"))
            end = x + _LETTER * len(words)
    return join(found)


def _panel(step: Document, left: float, top: float, width: float, rates: list[float]) -> Panel:
    return Panel(
        step=step,
        left=left,
        top=top,
        width=width,
        height=_HEIGHT,
        most_ms=max(timeline.length_ms(step), 1.0),
        most_rate=numbers.ticks(max(rates), 3)[-1],
    )


def _widths(lengths: list[float], room: float) -> list[float]:
    """Return widths that are longer for longer steps, and wide enough for the shortest."""
    least = min(_NARROWEST, room / len(lengths))
    spare = room - least * len(lengths)
    total = sum(lengths)
    return [least + (spare * length / total if total else 0.0) for length in lengths]


def _step_label(panel: Panel, index: int) -> Markup:
    step = panel.step
    room = int((panel.width - 36) / 7)
    mark = "✔" if passed(step) else "✘"
    name = numbers.clip(step["name"], room) if room >= 6 else ""
    style = "label good" if passed(step) else "label bad"
    return el(
        "g",
        el("title", f"{step['name']}: {step['verdict']}"),
        text(panel.left, panel.bottom + 16, el("tspan", mark, class_=style), "label"),
        text(panel.left + 13, panel.bottom + 16, f"{index} {name}".rstrip(), "label"),
    )


def _rate_axis(panel: Panel, right: float = 0.0) -> Markup:
    end = right or panel.left + panel.width
    marks = [text(0, panel.top - 9, "requests/s", "label quiet")]
    for rate in numbers.ticks(panel.most_rate, 3):
        y = panel.y(rate)
        marks.append(line(panel.left, y, end, y, "grid"))
        marks.append(text(panel.left - 6, y + 4, f"{rate:g}", "label end"))
    return join(marks)


def _time_axis(panel: Panel) -> Markup:
    parts = [line(panel.left, panel.bottom, panel.left + panel.width, panel.bottom, "axis")]
    for at in numbers.ticks(panel.most_ms, 8):
        if at <= panel.most_ms:
            x = panel.x(at)
            parts.append(line(x, panel.bottom, x, panel.bottom + 5, "axis"))
            words = f"{at / 1000:g} s"
            parts.append(text(x, panel.bottom + 17, words, "label middle" if at else "label"))
    return join(parts)


def _judged(panel: Panel) -> Markup | None:
    """Return a bracket below the requests that the step was judged by."""
    judged = panel.step.get("judged_ms")
    if not judged:
        return None
    left, right, y = panel.x(judged[0]), panel.x(judged[1]), panel.bottom + 26
    words = f"judged: {numbers.plural(panel.step['requests'], 'request')}"
    return join(
        (
            el(
                "path",
                d=f"M{number(left)} {number(y - 3)}v5H{number(right)}v-5",
                class_="bracket",
            ),
            text((left + right) / 2, y + 15, words, "label middle"),
        )
    )


def _description(step: Document) -> str:
    events = [
        f"{event['name']} after {numbers.milliseconds(event['at_ms'])}"
        for event in step.get("events", ())
    ]
    done = f" Meanwhile: {', '.join(events)}." if events else ""
    return (
        f"{numbers.plural(sent(step), 'request')} in bins of "
        f"{numbers.milliseconds(step['timeline']['bin_ms'])}.{done} {sentence(step)}"
    )
