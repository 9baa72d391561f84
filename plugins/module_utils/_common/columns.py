# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines and columns for people."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

# of a terminal; names and messages come from anywhere
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line and its colour, where there are colours."""

    text: str
    colour: str | None = None


def printable(text: str) -> str:
    """Return the text with a sign in place of each character that a terminal would obey."""
    return _CONTROL.sub("\ufffd", text)


def columns(
    titles: t.Sequence[str],
    rows: t.Sequence[t.Sequence[str]],
    colours: t.Sequence[str | None],
    *,
    left: t.Container[int],
    indent: str = "",
) -> list[Line]:
    """Lay out a table with a rule below its titles; the columns in ``left`` are words, others numbers."""
    widths = [max(len(text) for text in column) for column in zip(titles, *rows, strict=True)]

    def line(cells: t.Sequence[str]) -> str:
        texts = [
            f"{cell:<{width}}" if number in left else f"{cell:>{width}}"
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return indent + "  ".join(texts).rstrip()

    ruler = "─" * (len(line(["─" * width for width in widths])) - len(indent))
    return [
        Line(line(titles)),
        Line(indent + ruler),
        *(Line(line(row), colour) for row, colour in zip(rows, colours, strict=True)),
    ]
