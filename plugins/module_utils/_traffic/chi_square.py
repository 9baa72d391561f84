# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mathematics of the chi-square test."""

from __future__ import annotations

import math

_EPSILON = 1e-15
_ROUNDS = 100_000


def chi_square(observed: list[int], expected: list[float]) -> float:
    """Return Pearson's statistic; every expected count must be positive."""
    return math.fsum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Return the probability of a statistic at least this large when the expectation is true."""
    if degrees < 1 or statistic < 0:
        raise ValueError("needs at least one degree of freedom and a statistic of at least 0")
    return upper_gamma(degrees / 2, statistic / 2)


def upper_gamma(a: float, x: float) -> float:
    """Return the regularised upper incomplete gamma function Q(a, x)."""
    if x == 0:
        return 1.0
    if math.isinf(x):
        return 0.0
    factor = math.exp(a * math.log(x) - x - math.lgamma(a))
    # the series converges fast left of the mean, the continued fraction right of it
    if x < a + 1:
        return 1.0 - factor * _series(a, x)
    return factor * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    for step in range(1, _ROUNDS):
        term *= x / (a + step)
        total += term
        if term < total * _EPSILON:
            return total
    raise ArithmeticError(f"the series for Q({a}, {x}) does not converge")


def _fraction(a: float, x: float) -> float:
    """Compute it by Lentz's algorithm."""
    tiny = 1e-300
    b = x + 1 - a
    c = 1 / tiny
    d = 1 / b
    value = d
    for step in range(1, _ROUNDS):
        numerator = step * (a - step)
        b += 2
        d = 1 / _away_from_zero(numerator * d + b, tiny)
        c = _away_from_zero(b + numerator / c, tiny)
        value *= c * d
        if abs(c * d - 1) < _EPSILON:
            return value
    raise ArithmeticError(f"the continued fraction for Q({a}, {x}) does not converge")


def _away_from_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
