# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build HTML and SVG from typed elements: text is escaped, markup is not escaped twice.

A template engine would have to be installed where the module runs; this needs nothing but Python.
"""

from __future__ import annotations

import html
import re
import typing as t


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child: t.TypeAlias = "str | int | float | t.Iterable[Child] | None"
Attribute: t.TypeAlias = "str | int | float | bool | None"

# what neither XML nor HTML can hold, escaped or not
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# elements that have no end tag in HTML
_VOID = frozenset({"br", "hr", "meta", "link"})


def el(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """Return an element. In attributes' names ``_`` stands for ``-``; a last one is dropped."""
    start = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    if tag in _VOID:
        return Markup(start)
    return Markup(f"{start}{join(children)}</{tag}>")


def join(children: t.Iterable[Child]) -> Markup:
    """Return the children one after the other; None is nothing."""
    return Markup("".join(map(_child, children)))


def clean(text: str) -> str:
    """Return the text with a sign in place of each character that markup cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)


def number(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, float):
        return number(child)
    if isinstance(child, (str, int)):
        return html.escape(clean(str(child)), quote=False)
    return join(child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {key}"
    text = number(value) if isinstance(value, float) else clean(str(value))
    return f' {key}="{html.escape(text)}"'
