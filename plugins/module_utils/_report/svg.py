# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame a picture so that it scales, prints, and says to a screen reader what it shows."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Attribute,
    Child,
    Markup,
    el,
    number,
)


def picture(
    name: str, title: str, description: str, size: tuple[float, float], *parts: Child
) -> Markup:
    """Return an SVG with a title and a description; ``name`` is unique on the page."""
    width, height = size
    return el(
        "svg",
        el("title", title, id=f"{name}-t"),
        el("desc", description, id=f"{name}-d"),
        parts,
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
    )


def text(x: float, y: float, words: Child, style: str = "", **attributes: Attribute) -> Markup:
    """Return words at a place; ``style`` names classes, such as ``end`` or ``strong``."""
    return el("text", words, x=number(x), y=number(y), class_=style or None, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """Return a straight line."""
    return el("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=style)


def box(
    x: float, y: float, width: float, height: float, style: str, **attributes: Attribute
) -> Markup:
    """Return a rectangle."""
    return el(
        "rect",
        x=number(x),
        y=number(y),
        width=number(max(0.0, width)),
        height=number(max(0.0, height)),
        class_=style or None,
        **attributes,
    )
