# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from hypothesis import given
from hypothesis import strategies as st


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.42, "0.42 ms"),
        (35.111, "35.1 ms"),
        (999.4, "999 ms"),
        (999.6, "1 s"),
        (3284, "3.28 s"),
        (123456, "123 s"),
        (None, "–"),
    ],
)
def test_times(value, text):
    assert plain(numbers.milliseconds(value)) == text


def test_what_is_not_all_and_not_nothing_does_not_look_like_it():
    texts = [plain(numbers.percent(share)) for share in (0, 1e-9, 1 / 3, 0.99999, 1)]
    assert texts == ["0 %", "0.1 %", "33.3 %", "99.9 %", "100 %"]


def test_long_times_and_great_numbers():
    assert plain(numbers.seconds(8.44)) == "8.4 s"
    assert plain(numbers.seconds(439)) == "7 min 19 s"
    assert plain(numbers.plural(1, "step")) == "1 step"
    assert plain(numbers.plural(2838, "request")) == "2 838 requests"


@given(st.integers(1, 100_000), st.data())
def test_the_interval_holds_the_share_and_narrows(total, data):
    share = data.draw(st.integers(0, total)) / total
    low, high = numbers.interval(share, total)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    # what was never seen may still be there
    assert high > low
    wider = numbers.interval(share, max(1, total // 10))
    assert wider[1] - wider[0] >= high - low - 1e-9


def test_the_interval_is_wilsons():
    low, high = numbers.interval(0.304, 500)
    assert (round(low, 4), round(high, 4)) == (0.2653, 0.3457)
    assert numbers.interval(0.5, 0) == (0.0, 1.0)


@given(st.floats(0, 1e9, exclude_min=True), st.integers(1, 9))
def test_ticks_are_even_and_reach_the_greatest_value(most, steps):
    found = numbers.ticks(most, steps)
    assert found[0] == 0
    assert found[-1] >= most * (1 - 1e-6)
    assert found[-2] < most
    widths = [after - before for before, after in itertools.pairwise(found)]
    assert max(widths) <= min(widths) * (1 + 1e-6)
    assert 2 <= len(found) <= steps + 2


@given(st.text(max_size=60), st.integers(2, 40))
def test_clipped_text_fits(text, length):
    found = numbers.clip(text, length)
    assert len(found) <= length
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))
