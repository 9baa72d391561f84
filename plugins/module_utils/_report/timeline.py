# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the requests of a step over time: who answered, what was done, what failed."""

from __future__ import annotations

import collections
import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Markup,
    el,
    join,
    number,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import (
    FAILED_NAME,
    Palette,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.svg import box, line, text

# failed requests closer to each other than this share a mark
_MARK = 5.0
DIMENSION_LINE = 18.0
EVENT_LINE = 16.0
_WIDEST_BIN_MS = 100.0
# an outage of this width has room for its length in words
_OUTAGE_LABEL = 190.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Where a step's timeline is drawn, and in which scale."""

    step: Document
    left: float
    top: float
    width: float
    height: float
    # the time at the right edge, and the rate at the upper one
    most_ms: float
    most_rate: float

    def x(self, at_ms: float) -> float:
        """Return where a moment is."""
        return self.left + self.width * min(max(at_ms / self.most_ms, 0.0), 1.0)

    def y(self, rate: float) -> float:
        """Return where a rate is."""
        return self.top + self.height * (1 - rate / self.most_rate)

    @property
    def bottom(self) -> float:
        """Return the height of the time axis."""
        return self.top + self.height


def length_ms(step: Document) -> float:
    """Return how long the requests of a step flowed."""
    bins = step.get("timeline")
    if not bins:
        return 0.0
    width: float = bins["bin_ms"]
    ends = [failure["at_ms"] + failure["took_ms"] for failure in step.get("failures", ())]
    longest: float = max([width * len(bins["requests"]), *ends])
    return longest


def coarse(step: Document) -> Document:
    """Return the step with the widest bins that a picture of the whole proof may have."""
    bins = step["timeline"]
    merged = max(1, int(_WIDEST_BIN_MS / bins["bin_ms"]))

    def sums(counts: t.Sequence[int]) -> list[int]:
        return [sum(counts[start : start + merged]) for start in range(0, len(counts), merged)]

    wider = {
        "bin_ms": bins["bin_ms"] * merged,
        "counts": {name: sums(counts) for name, counts in bins["counts"].items()},
        "requests": sums(bins["requests"]),
        "errors": sums(bins["errors"]),
    }
    return {**step, "timeline": wider}


def rates(step: Document) -> list[float]:
    """Return the requests a second of each bin."""
    bins = step["timeline"]
    return [requests * 1000 / bins["bin_ms"] for requests in bins["requests"]]


def stacked(panel: Panel, palette: Palette) -> Markup:
    """Return the bins, one area for each name that answered, failed requests on top."""
    bins = panel.step["timeline"]
    layers = {**bins["counts"], FAILED_NAME: bins["errors"]}
    base = [0] * len(bins["requests"])
    areas = []
    for name, counts in layers.items():
        if any(counts):
            shape = _area(panel, bins["bin_ms"], base, counts)
            areas.append(el("path", d=shape, fill=palette.fill(name), class_="area"))
            base = [low + more for low, more in zip(base, counts, strict=True)]
    return join(areas)


def _area(panel: Panel, bin_ms: float, base: t.Sequence[int], counts: t.Sequence[int]) -> str:
    """Return a rectangle for each run of bins that are alike; empty bins are left out."""
    scale = 1000 / bin_ms
    shapes = []
    bins = enumerate(zip(base, counts, strict=True))
    for (low, more), run in itertools.groupby(bins, key=lambda each: each[1]):
        if more:
            indexes = [index for index, _unused in run]
            left, right = panel.x(indexes[0] * bin_ms), panel.x((indexes[-1] + 1) * bin_ms)
            lower, upper = panel.y(low * scale), panel.y((low + more) * scale)
            shapes.append(
                f"M{number(left)} {number(lower)}V{number(upper)}H{number(right)}V{number(lower)}z"
            )
    return "".join(shapes)


def outages(panel: Panel) -> Markup:
    """Return the times without one good answer, shaded."""
    return join(
        el(
            "g",
            el("title", f"outage of {_length(each)}: {each['failed']} requests in a row failed"),
            box(
                panel.x(each["from_ms"]),
                panel.top,
                max(1.5, panel.x(each["to_ms"]) - panel.x(each["from_ms"])),
                panel.height,
                "outage",
            ),
        )
        for each in panel.step.get("outages", ())
    )


def outage_labels(panel: Panel) -> Markup:
    """Return how long each outage is, where there is room for it."""
    return join(
        text(
            panel.x(each["from_ms"]) + 6,
            panel.top + 15,
            f"no good answer for {_length(each)}",
            "label strong bad halo",
        )
        for each in panel.step.get("outages", ())
        if panel.x(each["to_ms"]) - panel.x(each["from_ms"]) > _OUTAGE_LABEL
    )


def _length(outage: Document) -> str:
    return numbers.milliseconds(outage["to_ms"] - outage["from_ms"])


def failure_marks(panel: Panel, y: float) -> Markup:
    """Return a cross for each failed request, or for several where they are close."""
    groups: dict[int, list[Document]] = collections.defaultdict(list)
    for failure in panel.step.get("failures", ()):
        groups[int(panel.x(failure["at_ms"]) // _MARK)].append(failure)
    return join(_mark(panel, y, group) for group in groups.values())


def _mark(panel: Panel, y: float, group: t.Sequence[Document]) -> Markup:
    x = panel.x(group[0]["at_ms"])
    tally = collections.Counter(failure["reason"] for failure in group)
    reasons = ", ".join(f"{reason} ×{times}" for reason, times in tally.items())
    when = numbers.milliseconds(group[0]["at_ms"])
    return el(
        "path",
        el("title", f"{numbers.plural(len(group), 'request')} failed at {when}: {reasons}"),
        d=f"M{number(x - 3)} {number(y - 3)}l6 6m0-6l-6 6",
        class_="cross",
    )


def event_lines(panel: Panel) -> Markup:
    """Return a line at the moment of each event, with a bit of it above the panel."""
    return join(
        el(
            "g",
            el("title", f"{event['name']} at {numbers.milliseconds(event['at_ms'])}"),
            line(
                panel.x(event["at_ms"]),
                panel.top - 8,
                panel.x(event["at_ms"]),
                panel.bottom,
                "event",
            ),
        )
        for event in panel.step.get("events", ())
    )


def event_labels(panel: Panel) -> Markup:
    """Return the events' names, each on a line of its own from the top of the picture."""
    parts = []
    for index, event in enumerate(panel.step.get("events", ())):
        x, y = panel.x(event["at_ms"]), 14.0 + EVENT_LINE * index
        words = f"{event['name']}, {numbers.milliseconds(event['at_ms'])}"
        left = x > panel.left + panel.width * 0.6
        parts.append(text(x - 5 if left else x + 5, y, words, "label end" if left else "label"))
        parts.append(line(x, y - 9, x, panel.top - 8, "event"))
    return join(parts)


def moved(step: Document) -> list[Document]:
    """Return the events after which requests went elsewhere."""
    return [each for each in step.get("events", ()) if each.get("failover_ms") is not None]


def failover_dimension(panel: Panel, y: float) -> Markup:
    """Return each event's failover time between its two moments, as a drawing has its measures.

    Each is in a line of its own, the first at ``y``.
    """
    parts = []
    for index, event in enumerate(moved(panel.step)):
        y += DIMENSION_LINE if index else 0.0
        left = panel.x(event["at_ms"])
        right = panel.x(event["at_ms"] + event["failover_ms"])
        words = f"failover {numbers.milliseconds(event['failover_ms'])}"
        inside = right - left > 30
        ends = (
            f"M{number(left)} {number(y)}H{number(right)}"
            if inside
            else f"M{number(left - 14)} {number(y)}H{number(left)}"
            f"M{number(right + 14)} {number(y)}H{number(right)}"
        )
        heads = _head(left, y, 1 if inside else -1) + _head(right, y, -1 if inside else 1)
        bars = f"M{number(left)} {number(y - 6)}v12M{number(right)} {number(y - 6)}v12"
        parts += [
            el("path", d=ends + heads + bars, class_="dimension"),
            text(right + (6 if inside else 18), y + 4, words, "strong label halo"),
        ]
    return join(parts)


def _head(x: float, y: float, direction: int) -> str:
    return f"M{number(x + 5 * direction)} {number(y - 3)}L{number(x)} {number(y)}l{5 * direction} 3"
