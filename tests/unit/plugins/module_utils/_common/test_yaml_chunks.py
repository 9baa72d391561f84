# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long texts in pieces."""

from __future__ import annotations

import typing as t

import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_chunks import chunks
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import (
    load_document,
)
from hypothesis import given
from hypothesis import strategies as st

LIST = """apiVersion: v1
items:
- apiVersion: v1
  data: |
    - kind: Node
  kind: ConfigMap
- kind: Service
  metadata: {name: a}
kind: List
metadata: {}
"""


def test_documents_keep_their_lines():
    found = list(chunks("# one\na: 1\n---\n\n--- # two\nb: 2\n...\n--- {c: 3}\n"))
    assert [(each.line, load_document(each.text)) for each in found] == [
        (1, {"a": 1}),
        (6, {"b": 2}),
        (8, {"c": 3}),
    ]


def test_the_items_of_a_list_follow_it():
    envelope, first, second = chunks(f"---\n{LIST}")
    assert load_document(envelope.text) == {"apiVersion": "v1", "kind": "List", "metadata": {}}
    assert (first.line, first.item_kind, second.line, second.item_kind) == (
        4,
        "ConfigMap",
        8,
        "Service",
    )
    assert load_document(first.text)[0]["data"] == "- kind: Node\n"


def test_a_list_with_anchors_stays_whole():
    text = LIST.replace("{name: a}", "&m {name: a}") + "extra: *m\n"
    (whole,) = chunks(text)
    assert whole.text == text


def test_items_of_something_else_stay_where_they_are():
    (whole,) = chunks("kind: Menu\nitems:\n- a\n- b\n")
    assert load_document(whole.text) == {"kind": "Menu", "items": ["a", "b"]}


names = st.sampled_from(["a", "kind", "---", "items", "x: y", "- b", "# c", "line\nbreak\n- d\n"])
objects = st.fixed_dictionaries(
    {"kind": st.sampled_from(["Pod", "Service"]), "spec": st.dictionaries(names, names, max_size=3)}
)


@given(st.lists(objects, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_pieces_are_the_whole(items: list[t.Any], first: bool, indented: bool):
    """However a tool orders the keys of a List and indents its items."""
    whole = {"items": items, "kind": "List"} if first else {"kind": "List", "items": items}

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, indentless and not indented)

    text = yaml.dump(whole, Dumper=Dumper, sort_keys=False)
    found = list(chunks(text))
    lines = text.split("\n")
    read = [load_document(each.text)[0] for each in found if each.is_item]
    assert read == items
    assert all(lines[each.line - 1].lstrip().startswith("- ") for each in found if each.is_item)
