# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write shares, times and counts for people, and say how sure a share is."""

from __future__ import annotations

import math
import typing as t

NOTHING = "–"
# between a number and its unit, which belong on one line
_SPACE = "\u00a0"
# the quantile of the normal distribution that 95 % lie within
_Z = 1.959964
# what is less is nothing on an axis
_LEAST = 1e-9


def percent(share: float) -> str:
    """Return a share; what is not all and not nothing does not look like it."""
    if share in (0, 1):
        return f"{100 * share:.0f}{_SPACE}%"
    return f"{100 * min(max(share, 0.001), 0.999):.1f}{_SPACE}%"


def milliseconds(value: float | None) -> str:
    """Return a time with three digits and the unit that fits."""
    if value is None:
        return NOTHING
    if value >= 100_000:
        return f"{value / 1000:.0f}{_SPACE}s"
    if value >= 999.5:
        return f"{value / 1000:.3g}{_SPACE}s"
    return f"{value:.3g}{_SPACE}ms"


def seconds(value: float) -> str:
    """Return how long something took, in minutes where it took several."""
    if value < 120:
        return f"{value:.1f}{_SPACE}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}{_SPACE}min {rest}{_SPACE}s"


def count(value: int) -> str:
    """Return a number with its thousands apart, by a space that does not break."""
    return f"{value:,}".replace(",", "\u202f")


def plural(value: int, noun: str) -> str:
    """Return a number and a noun, such as ``1 step`` or ``2 steps``."""
    return f"{count(value)}{_SPACE}{noun}{'' if value == 1 else 's'}"


def interval(share: float, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share that was seen among so many requests."""
    if total <= 0:
        return 0.0, 1.0
    square = _Z * _Z / total
    middle = share + square / 2
    half = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def ticks(most: float, steps: int = 4) -> list[float]:
    """Return round numbers from 0 to at least ``most``, about ``steps`` of them; 0 and 1 where there is nothing to show."""
    if most < _LEAST:
        return [0.0, 1.0]
    rough = most / steps
    power = 10.0 ** math.floor(math.log10(rough))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    return [width * index for index in range(math.ceil(most / width - 1e-9) + 1)]


def clip(text: str, length: int) -> str:
    """Return the text, or its beginning where it is longer than fits."""
    return text if len(text) <= length else f"{text[: max(1, length - 1)]}…"


def maximum(values: t.Iterable[float | None]) -> float | None:
    """Return the greatest of the values that are known."""
    return max((value for value in values if value is not None), default=None)
