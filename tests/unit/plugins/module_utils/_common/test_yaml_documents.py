# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as kubectl reads it, with lines."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import (
    BrokenYaml,
    line_of,
    load_document,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("a: yes", {"a": True}),
        ("a: 2026-09-01", {"a": "2026-09-01"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 0x10", {"a": 16}),
        ("a: 1e3", {"a": "1e3"}),
        ('a: "on"', {"a": "on"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, d: 2}\nc: {<<: *x, d: 3}", {"a": {"b": 1, "d": 2}, "c": {"b": 1, "d": 3}}),
        ("1: a", {1: "a"}),
        ("a: [1.2.3.4, 2001:db8::]", {"a": ["1.2.3.4", "2001:db8::"]}),
    ],
)
def test_values(text, value):
    assert load_document(text) == value


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 13, "the key c is there twice, first in line 12"),
        ("a: [1\nb: 2\n", 11, "no valid YAML"),
        ("a: {{ .Values.a }}", 10, "a key is a list or a mapping"),
        ("a: b\n---\nc: d\n", 11, "another document"),
        ("a: !!timestamp never", 10, "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_its_line(text, line, words):
    with pytest.raises(BrokenYaml, match=words) as caught:
        load_document(text, first_line=10)
    assert caught.value.line == line


def test_the_line_of_a_field():
    text = "# a rule\nspec:\n  to:\n  - a: 1\n    east/*: 2\n"
    assert line_of(text, ("spec", "to", 0, "east/*"), 5) == 9
    # of what is not there the nearest above it
    assert line_of(text, ("spec", "to", 3, "b"), 5) == 7
    assert line_of(text, ("none",), 5) == 5


texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read(value):
    assert load_document(yaml.safe_dump(value)) == value
    assert load_document(json.dumps(value)) == value
