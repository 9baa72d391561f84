# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a task failed, in the first lines that one reads."""

from __future__ import annotations

import typing as t
import unicodedata

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.reason import readable, reason
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"msg": "no such file", "stderr": "ignored"}, ["no such file"]),
        ({"msg": "non-zero return code", "stderr": "a\nb\n", "stdout": "c"}, ["non-zero return code", "a", "b"]),
        ({"msg": "non-zero return code", "stdout": "c"}, ["non-zero return code", "c"]),
        ({"msg": "MODULE FAILURE", "module_stderr": "1\n2\n3\n4\n5\nError: x"}, ["MODULE FAILURE", "2", "3", "4", "5", "Error: x"]),
        ({"msg": "Assertion failed", "assertion": "1 == 2"}, ["Assertion failed", "assertion: 1 == 2"]),
        ({"msg": ["one", "two"]}, ["one", "two"]),
        ({"reason": "cannot include"}, ["cannot include"]),
        ({}, ["no reason was given"]),
        ({"censored": "hidden", "msg": "secret"}, ["hidden"]),
        (
            {"msg": "One or more items failed", "results": [{"item": 1}, {"item": {"a": 2}, "failed": True, "msg": "x\ny"}]},
            ["item {'a': 2}: x", "  y"],
        ),
        (
            {"results": [{"item": "secret", "_ansible_no_log": True, "failed": True, "censored": "hidden"}]},
            ["an item that is hidden: hidden"],
        ),
        (
            {"results": [{"item": 1, "_ansible_item_label": "one", "failed": True, "msg": "x"}] * 7},
            [*["item one: x"] * 5, "and 2 more items"],
        ),
    ],
)  # fmt: skip
def test_reasons(result: dict[str, t.Any], lines: list[str]) -> None:
    assert reason(result) == lines


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["msg", "reason", "stderr", "stdout", "module_stderr", "item", "assertion"])


@given(st.dictionaries(NAMES, VALUES) | st.fixed_dictionaries({"results": VALUES}))
def test_any_result_gives_a_few_lines(result: dict[str, t.Any]) -> None:
    lines = reason(result)
    assert 0 < len(lines) <= 12


def test_a_long_reason_says_how_much_is_left() -> None:
    lines = reason({"msg": "\n".join(map(str, range(40)))})
    assert (len(lines), lines[-1]) == (12, "and 29 more lines")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", "a\nb"),
        (["a", "b"], "a\nb"),
        (1, "1"),
        ({"code": {"rc": 0}}, "code:\n  rc: 0"),
        ([1, "a"], "- 1\n- a"),
        (None, "null"),
    ],
)
def test_values_are_written_to_be_read(value: t.Any, text: str) -> None:
    assert readable(value) == text


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_nothing_that_a_terminal_obeys_is_told(message):
    """Names of objects and messages of servers come from anywhere."""
    shown = "".join([*reason({"msg": message}), readable(message), readable([message])])
    assert not [each for each in shown if unicodedata.category(each) == "Cc" and each not in "\n\t"]
