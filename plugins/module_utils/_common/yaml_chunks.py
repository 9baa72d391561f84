# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cut YAML texts into pieces that can be read one by one: documents, and the items of long lists.

A dump of a cluster is one document of a hundred megabytes. In pieces it needs little memory, what
is of no interest is not read at all, and a mistake spoils one piece only.
"""

from __future__ import annotations

import re
import typing as t

_DOCUMENT = re.compile(r"^---(?=\s|$)[^\n]*\n?|^\.\.\.\s*$\n?", re.MULTILINE)
_ITEMS = re.compile(r"^items:[ \t]*\n(?P<indent> *)- ", re.MULTILINE)
_LIST = re.compile(r"^kind: \w*List\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"[:\-] [&*]\w")
_KIND = "(?:- |  )kind: "


class Chunk(t.NamedTuple):
    """A text with one document, and the line that it begins in, counted from 1.

    ``is_item``: the document is a list with one entry, an item of a long list.
    """

    text: str
    line: int
    is_item: bool = False

    @property
    def item_kind(self) -> str:
        """The kind of an item, read without parsing it; empty where that is not sure."""
        first = len(self.text) - len(self.text.lstrip(" "))
        found = re.search(rf"^ {{{first}}}{_KIND}(\w+)\s*$", self.text, re.MULTILINE)
        return found[1] if self.is_item and found else ""


def chunks(text: str) -> t.Iterator[Chunk]:
    """Yield the documents of a text. One that is a List comes without its items, which follow it."""
    start, line = 0, 1
    for mark in [*_DOCUMENT.finditer(text), None]:
        end = mark.start() if mark else len(text)
        document = text[start:end]
        if document.strip():
            yield from _items(document, line)
        if mark:
            line += text.count("\n", start, mark.end())
            start = mark.end()
            # text may follow the dashes: --- {a: b}
            rest = mark[0].strip()[3:].strip()
            if rest and not rest.startswith("#") and not mark[0].startswith("."):
                start, line = mark.start() + 3, line - mark[0].count("\n")


def _items(document: str, line: int) -> t.Iterator[Chunk]:
    found = _ITEMS.search(document)
    # what an anchor names may be in another item
    if found is None or not _LIST.search(document) or _ANCHOR.search(document):
        yield Chunk(document, line)
        return
    indent = found["indent"]
    begin = found.start() + len("items:")
    begin = document.index("\n", begin) + 1
    # the list ends where a line has a key of the outer mapping
    outer = re.compile(r"^[^\s#-]" if not indent else r"^[^\s#]", re.MULTILINE).search(
        document, begin
    )
    end = outer.start() if outer else len(document)
    starts = [
        each.start()
        for each in re.compile(rf"^{indent}- ", re.MULTILINE).finditer(document, begin, end)
    ]
    envelope = document[: found.start()] + document[end:]
    yield Chunk(envelope, line)
    counted, at = begin, line + document.count("\n", 0, begin)
    for first, after in zip(starts, [*starts[1:], end], strict=True):
        at += document.count("\n", counted, first)
        counted = first
        yield Chunk(document[first:after], at, is_item=True)
