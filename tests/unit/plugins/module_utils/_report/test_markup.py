# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el, number
from hypothesis import given
from hypothesis import strategies as st

# what XML can hold: a parser is to give it back
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(TEXT, TEXT)
def test_text_and_attributes_come_back_as_they_were(words, value):
    found = ElementTree.fromstring(el("p", words, title=value))
    assert (found.text or "") == words
    assert found.get("title") == value


def test_children():
    assert el("p", "a", None, 2, 0.26, ["b", [Markup("<i>c</i>")]]) == "<p>a20.3b<i>c</i></p>"
    assert el("p", el("b", "<")) == "<p><b>&lt;</b></p>"


def test_attributes():
    made = el("g", class_="a", aria_hidden="true", open=True, shut=False, id=None, x=1.04, y=0)
    assert made == '<g class="a" aria-hidden="true" open x="1" y="0"></g>'


def test_elements_without_an_end():
    assert el("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_coordinates_are_short():
    assert [number(value) for value in (3.0, 3.04, 3.06, -0.5, 10)] == [
        "3",
        "3",
        "3.1",
        "-0.5",
        "10",
    ]
