# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give each name that answers one colour and one pattern throughout a report."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el

# what stands for requests that fail, among the names
FAILED_NAME = "failed"
FAILED_KEY = "x"
COLOURS = 6

# each is drawn over the colour, in a tile of 8 by 8: the first is left plain
_STROKES = (
    "",
    "M0 8 8 0M-2 2 2-2M6 10 10 6",
    "M2 2h1.6M6 6h1.6",
    "M2 0V8M6 0V8",
    "M0 2H8M0 6H8",
    "M0 0 8 8M-2 6 2 10M6-2 10 2",
)
_FAILED_STROKES = "M0 0 8 8M0 8 8 0"


class Palette:
    """The names of a report in the order in which its steps mention them."""

    def __init__(self, report: Document) -> None:
        found: dict[str, None] = {}
        for step in report["steps"]:
            for shares in (step["expected"], step["observed"], _bins(step)):
                found.update(dict.fromkeys(shares))
        found.pop(FAILED_NAME, None)
        self._keys = {name: str(index) for index, name in enumerate(found)}

    @property
    def names(self) -> list[str]:
        """Every name but that of failed requests."""
        return list(self._keys)

    def key(self, name: str) -> str:
        """The name of the pattern that stands for a name."""
        return FAILED_KEY if name == FAILED_NAME else self._keys.get(name, "0")

    def flow(self, name: str) -> str:
        """The class that gives an arrow the colour of a name."""
        key = self.key(name)
        return f"f{key if key == FAILED_KEY else int(key) % COLOURS}"

    def fill(self, name: str) -> str:
        """The attribute ``fill`` of what stands for a name."""
        return f"url(#p{self.key(name)})"

    def definitions(self) -> Markup:
        """Return the patterns, once for all pictures of a page."""
        patterns = [_pattern(key, int(key)) for key in self._keys.values()]
        return el(
            "svg",
            el("defs", patterns, _failed_pattern()),
            class_="definitions",
            width=0,
            height=0,
            aria_hidden="true",
        )


def _pattern(key: str, index: int) -> Markup:
    # with more names than colours, a colour comes again with the next pattern
    strokes = _STROKES[(index + index // COLOURS) % len(_STROKES)]
    return _tile(f"p{key}", f"c{index % COLOURS}", strokes)


def _failed_pattern() -> Markup:
    return _tile(f"p{FAILED_KEY}", "cx", _FAILED_STROKES)


def _tile(name: str, colour: str, strokes: str) -> Markup:
    return el(
        "pattern",
        el("rect", width=8, height=8, class_=colour),
        el("path", d=strokes, class_="ink") if strokes else None,
        id=name,
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
    )


def _bins(step: Document) -> list[str]:
    return list(step.get("timeline", {}).get("counts", {}))
