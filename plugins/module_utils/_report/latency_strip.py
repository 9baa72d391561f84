# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw how long answers took: over the time of a step, and step beside step."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Markup,
    el,
    join,
    number,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.svg import line, picture, text
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline import Panel

STRIP_HEIGHT = 52.0
PERCENTILES = ("p50", "p95", "p99", "max")

_WIDTH = 1040.0
_NAMES = 210.0
_NUMBERS = 70.0
_ROW = 26.0
_TOP = 30.0


def latency_strip(panel: Panel, top: float) -> Markup:
    """Return the slowest and the median answer of each bin, below a step's timeline."""
    bins = panel.step["timeline"]
    most = numbers.ticks(numbers.maximum(bins["max_ms"]) or 1.0, 2)[-1]
    bottom = top + STRIP_HEIGHT - 6

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    slowest, median = [], []
    for index, (half, longest) in enumerate(zip(bins["p50_ms"], bins["max_ms"], strict=True)):
        if longest is None:
            continue
        left, right = panel.x(index * bins["bin_ms"]), panel.x((index + 1) * bins["bin_ms"])
        slowest.append(
            f"M{number(left)} {number(bottom)}V{number(y(longest))}H{number(right)}V{number(bottom)}"
        )
        median.append(f"M{number(left)} {number(y(half))}H{number(right)}")
    return join(
        (
            text(
                0,
                top - 10,
                "latency of each bin: the slowest answer (area), the median (line)",
                "label quiet",
            ),
            line(panel.left, top, panel.left + panel.width, top, "grid"),
            text(panel.left - 6, top + 4, numbers.milliseconds(most), "label end"),
            text(panel.left - 6, bottom + 1, "0", "label end"),
            el("path", d="".join(slowest), class_="slowest"),
            el("path", d="".join(median), class_="median"),
            line(panel.left, bottom, panel.left + panel.width, bottom, "axis"),
        )
    )


def latency_picture(report: Document) -> Markup | None:
    """Return the percentiles of each step on one logarithmic scale; None without an answer."""
    rows = [(index, step) for index, step in enumerate(report["steps"], 1) if step["latency_ms"]]
    if not rows:
        return None
    scale = _Scale(value for _index, step in rows for value in _known(step).values())
    bottom = _TOP + _ROW * len(rows)
    words = [f"{step['name']}: {_words(step)}" for _index, step in rows]
    return picture(
        "latency",
        "How long answers took, step by step",
        "\n".join(words),
        (_WIDTH, bottom + 10),
        (
            (line(scale.x(tick), _TOP - 8, scale.x(tick), bottom, "grid"),
             text(scale.x(tick), _TOP - 14, numbers.milliseconds(tick), "label middle"))
            for tick in scale.decades
        ),
        (_row(index, step, scale, row) for row, (index, step) in enumerate(rows)),
    )  # fmt: skip


class _Scale:
    """A logarithmic scale from the decade of the least to that of the greatest value."""

    def __init__(self, values: t.Iterable[float]) -> None:
        known = [max(value, 0.001) for value in values]
        self._low = math.floor(math.log10(min(known)))
        self._high = max(math.ceil(math.log10(max(known))), self._low + 1)

    @property
    def decades(self) -> list[float]:
        """Return the powers of ten to draw lines at."""
        return [10.0**power for power in range(self._low, self._high + 1)]

    def x(self, value: float) -> float:
        """Return where a time is."""
        part = (math.log10(max(value, 0.001)) - self._low) / (self._high - self._low)
        return _NAMES + part * (_WIDTH - _NAMES - _NUMBERS)


def _known(step: Document) -> dict[str, float]:
    return {name: step["latency_ms"][name] for name in PERCENTILES if name in step["latency_ms"]}


def _words(step: Document) -> str:
    return ", ".join(f"{name} {numbers.milliseconds(each)}" for name, each in _known(step).items())


def _row(index: int, step: Document, scale: _Scale, row: int) -> Markup:
    y = _TOP + _ROW * row + _ROW / 2
    known = _known(step)
    places = [scale.x(value) for value in known.values()]
    dots = [
        el(
            "g",
            el("title", f"{name}: {numbers.milliseconds(known[name])}"),
            el("path", d=_SHAPES[name].format(x=number(x), y=number(y)), class_=f"dot {name}"),
        )
        for name, x in zip(known, places, strict=True)
    ]
    return join(
        (
            text(8, y + 4, f"{index} {numbers.clip(step['name'], 28)}", "label"),
            line(min(places), y, max(places), y, "range"),
            dots,
            text(max(places) + 10, y + 4, numbers.milliseconds(max(known.values())), "label quiet"),
        )
    )


# told apart by shape as well: a disc, a square, a triangle, a bar
_SHAPES = {
    "p50": "M{x} {y}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "p95": "M{x} {y}m-4-4h8v8h-8z",
    "p99": "M{x} {y}m0-5l5 9h-10z",
    "max": "M{x} {y}m-1-7h2v14h-2z",
}
