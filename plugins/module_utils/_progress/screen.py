# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how wide the screen is and what it can do, and fit text to it."""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass

# without a terminal there is no width; most logs show as much
_LOG_WIDTH = 120
_LEAST_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the progress of a playbook is printed."""

    # in characters
    width: int
    # whether a line may be written over
    cursor: bool

    def fit(self, start: str, text: str) -> list[str]:
        """Return the text after ``start``, wrapped between words and indented as far as it is.

        What has no spaces, such as a path, is not broken.
        """
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [start.rstrip()]

    def clip(self, text: str) -> str:
        """Return the text on one line that leaves the last column free."""
        flat = next(iter(text.splitlines()), "")
        return flat if len(flat) < self.width else f"{flat[: self.width - 2]}…"


def detect(environment: t.Mapping[str, str], terminal_width: int | None) -> Screen:
    """Return the screen; ``terminal_width`` is None where the output goes elsewhere.

    ``COLUMNS`` says more than the terminal, and a dumb terminal has no cursor to move.
    """
    width = _number(environment.get("COLUMNS", "")) or terminal_width or _LOG_WIDTH
    cursor = terminal_width is not None and environment.get("TERM", "dumb") != "dumb"
    return Screen(max(width, _LEAST_WIDTH), cursor)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
