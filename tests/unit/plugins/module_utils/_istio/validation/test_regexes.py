# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions that Go's regexp, which the webhook compiles them with, refuses or takes."""

from __future__ import annotations

import re

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.regexes import regex
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("*", "* repeats nothing"),
        ("a|+", "+ repeats nothing"),
        ("(?:*a)", "* repeats nothing"),
        ("(?i)*", "* repeats nothing"),
        ("{2}", "{2} repeats nothing"),
        ("a**", "** repeats twice"),
        ("a++", "++ repeats twice"),
        ("a*{2}", "*{2} repeats twice"),
        ("a??*", "?* repeats twice"),
        ("a{3,1}", "{3,1} is out of range"),
        ("a{1001}", "{1001} is out of range"),
        ("/a(?=b)", "(?=b is not supported"),
        ("(?!b)", "(?!b is not supported"),
        ("(?<=b)", "(?<= is not supported"),
        ("(?>a)", "(?>a is not supported"),
        ("(?P=n)", "(?P= is not supported"),
        ("(a)\\1", "\\1 is a backreference"),
        ("a\\Z", "\\Z means nothing"),
        ("a\\E", "\\E means nothing"),
        ("a\\", "a backslash is at its end"),
        ("(a", "a parenthesis is not closed"),
        ("a)", "a parenthesis is not opened"),
        ("[a", "a bracket is not closed"),
        ("[]", "a bracket is not closed"),
        ("[[:alpha:]", "a bracket is not closed"),
        ("\\p{Greek", "is not closed"),
        ("a" * 1025, "longer than 1024 bytes"),
    ],
)
def test_what_re2_refuses(text: str, reason: str) -> None:
    (found,) = regex(text, "uri.regex")
    assert reason in found.message
    assert found.field == "uri.regex"


@pytest.mark.parametrize(
    "text",
    [
        ".*", "a{2}", "a{2,}?", "a{,2}", "a{", "}", "]", "a|", "()", "^*", "a(?i)*", "(?i:a)b", "(?s-i)a",
        "(?P<n>a)", "(?<n>a)", "[]a]", "[^]a]", "[[:alpha:]_]+", "[\\]]", "\\x{41}*", "\\p{Greek}+",
        "\\pL*", "\\Q(*\\E+", "\\Q(", "\\.\\/", "\\d+\\b", "\\12", "(a|b)*?", "a" * 1024,
    ],
)  # fmt: skip
def test_what_re2_takes(text: str) -> None:
    assert list(regex(text, "uri.regex")) == []


@given(st.text(max_size=30))
def test_quoted_text_is_always_an_expression(text: str) -> None:
    assert list(regex(re.escape(text), "uri.regex")) == []


@given(st.text(alphabet="ab.|()[]{}*+?\\\\^$1,:=!<>P-", max_size=12))
def test_any_text_is_judged_once(text: str) -> None:
    """Whatever is wrong, the scan ends, and names one thing."""
    assert len(list(regex(text, "uri.regex"))) <= 1
