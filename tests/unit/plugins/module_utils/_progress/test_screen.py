# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text fits the screen, whatever the screen is, and loses nothing."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.screen import Screen, detect
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("environment", "terminal", "screen"),
    [
        ({"TERM": "xterm"}, 200, Screen(200, cursor=True)),
        ({"TERM": "xterm", "COLUMNS": "60"}, 200, Screen(60, cursor=True)),
        ({"TERM": "dumb"}, 80, Screen(80, cursor=False)),
        ({}, 80, Screen(80, cursor=False)),
        ({"TERM": "xterm"}, None, Screen(120, cursor=False)),
        ({"COLUMNS": "70"}, None, Screen(70, cursor=False)),
        ({"COLUMNS": "wide"}, None, Screen(120, cursor=False)),
        ({"TERM": "xterm"}, 3, Screen(40, cursor=True)),
        ({"TERM": "xterm"}, 0, Screen(120, cursor=True)),
    ],
)
def test_screens(environment: dict[str, str], terminal: int | None, screen: Screen) -> None:
    assert detect(environment, terminal) == screen


WORDS = st.lists(st.text("abc-/é✔", min_size=1, max_size=30), min_size=1, max_size=20)


@given(WORDS, st.sampled_from([60, 80, 200]))
def test_words_are_wrapped_and_none_is_lost_or_broken(words: list[str], width: int) -> None:
    lines = Screen(width, cursor=False).fit("   1.0 s  ✔ ", " ".join(words))
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split()[3:] == words
    assert all(line.startswith(" " * 12) for line in lines[1:])


def test_a_path_is_not_broken() -> None:
    path = f"/{'a' * 100}.yml:3"
    assert Screen(60, cursor=False).fit("  ", f"file: {path}")[-1].strip() == path


@given(st.text(max_size=300), st.sampled_from([40, 80]))
def test_what_is_written_over_is_one_line(text: str, width: int) -> None:
    shown = Screen(width, cursor=True).clip(text)
    assert len(shown) < width
    assert "\n" not in shown
