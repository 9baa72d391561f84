# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.chi_square import (
    chi_square,
    chi_square_tail,
    upper_gamma,
)
from hypothesis import given
from hypothesis import strategies as st

# printed tables of the upper tail
TABLE = [
    (1, 3.841, 0.05),
    (1, 6.635, 0.01),
    (1, 10.828, 0.001),
    (2, 5.991, 0.05),
    (2, 13.816, 0.001),
    (3, 7.815, 0.05),
    (3, 16.266, 0.001),
    (10, 18.307, 0.05),
    (10, 29.588, 0.001),
    (10, 3.940, 0.95),
    (30, 18.493, 0.95),
    (30, 59.703, 0.001),
    (100, 124.342, 0.05),
    (100, 149.449, 0.001),
]


@pytest.mark.parametrize(("degrees", "statistic", "tail"), TABLE)
def test_the_tail_is_that_of_the_tables(degrees, statistic, tail):
    assert chi_square_tail(statistic, degrees) == pytest.approx(tail, rel=2e-3)


POSITIVE = st.floats(1e-6, 600)


@given(POSITIVE)
def test_one_degree_is_the_normal_distribution(x):
    assert chi_square_tail(x, 1) == pytest.approx(math.erfc(math.sqrt(x / 2)), rel=1e-9)


@given(POSITIVE)
def test_two_degrees_are_the_exponential_distribution(x):
    assert chi_square_tail(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-9)


@given(st.integers(1, 150), POSITIVE)
def test_even_degrees_are_a_poisson_sum(half, x):
    terms = [math.exp(k * math.log(x / 2) - x / 2 - math.lgamma(k + 1)) for k in range(half)]
    assert chi_square_tail(x, 2 * half) == pytest.approx(math.fsum(terms), rel=1e-8, abs=1e-13)


@given(st.floats(0.5, 400), POSITIVE)
def test_the_recurrence_of_the_gamma_function(a, x):
    step = math.exp(a * math.log(x) - x - math.lgamma(a + 1))
    assert upper_gamma(a + 1, x) == pytest.approx(upper_gamma(a, x) + step, rel=1e-8, abs=1e-12)


@given(st.integers(1, 400), POSITIVE, POSITIVE)
def test_it_is_a_falling_probability(degrees, x, y):
    low, high = sorted((x, y))
    assert 0 <= chi_square_tail(high, degrees) <= chi_square_tail(low, degrees) + 1e-12 <= 1 + 2e-12


def test_the_ends():
    assert chi_square_tail(0, 3) == 1
    assert chi_square_tail(math.inf, 3) == 0
    assert chi_square_tail(5000, 2) == 0
    for statistic, degrees in ((1, 0), (-1, 2)):
        with pytest.raises(ValueError, match="degree"):
            chi_square_tail(statistic, degrees)


def test_the_statistic():
    assert chi_square([44, 56], [50.0, 50.0]) == pytest.approx(1.44)
    assert chi_square([40, 35, 25], [100 / 3] * 3) == pytest.approx(3.5)
