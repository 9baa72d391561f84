# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold expected against observed shares, with how sure the observed ones are."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el, number
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import Palette
from ansible_collections.eastwest.mesh.plugins.module_utils._report.svg import box, line
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import table

_WIDTH = 240.0
_HEIGHT = 22.0
_EDGE = 6.0


def shares_table(step: Document, palette: Palette) -> Markup | None:
    """Return a table of the names that a step expected or saw; None where there are none."""
    names = dict.fromkeys((*step["expected"], *step["observed"]))
    rows = [_row(step, name, palette) for name in names]
    if not rows:
        return None
    by = step["judged"].get("by", "name")
    return table(
        f"Expected against observed in the step {step['name']}",
        [by, "expected", "observed", "95 % interval", "share"],
        rows,
        words={0, 4},
    )


def _row(step: Document, name: str, palette: Palette) -> list[Markup | str]:
    expected, observed = step["expected"].get(name, 0.0), step["observed"].get(name, 0.0)
    low, high = numbers.interval(observed, step["requests"])
    return [
        el("span", swatch(name, palette), name, class_="name"),
        numbers.percent(expected),
        numbers.percent(observed),
        f"{100 * low:.1f} – {100 * high:.1f} %",
        _bar(expected, observed, (low, high), palette.fill(name)),
    ]


def swatch(name: str, palette: Palette) -> Markup:
    """Return a small square with the colour and the pattern of a name."""
    return el(
        "svg",
        box(0.5, 0.5, 12, 12, "swatch", fill=palette.fill(name), rx=2),
        width=13,
        height=13,
        viewBox="0 0 13 13",
        aria_hidden="true",
        class_="key",
    )


def _bar(expected: float, observed: float, sure: tuple[float, float], fill: str) -> Markup:
    """Return a bar for what was observed, its interval, and a mark at what was expected."""
    middle = _HEIGHT / 2

    def x(share: float) -> float:
        return _EDGE + share * (_WIDTH - 2 * _EDGE)

    wanted = number(x(expected))
    return el(
        "svg",
        box(x(0), middle - 5, x(1) - x(0), 10, "track"),
        box(x(0), middle - 5, x(observed) - x(0), 10, "area", fill=fill),
        line(x(sure[0]), middle, x(sure[1]), middle, "whisker"),
        line(x(sure[0]), middle - 4, x(sure[0]), middle + 4, "whisker"),
        line(x(sure[1]), middle - 4, x(sure[1]), middle + 4, "whisker"),
        el("path", d=f"M{wanted} {number(middle + 9)}v-18m-4 0h8l-4 5z", class_="wanted"),
        viewBox=f"0 0 {number(_WIDTH)} {number(_HEIGHT)}",
        width=_WIDTH,
        height=_HEIGHT,
        aria_hidden="true",
        class_="bar",
    )
