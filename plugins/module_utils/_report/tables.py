# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write tables of a page: with a caption, and heads for columns and rows."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Child, Markup, el


def table(
    caption: str,
    titles: t.Sequence[str],
    rows: t.Iterable[t.Sequence[Child]],
    words: t.Container[int] = (0,),
    *,
    shown: bool = False,
) -> Markup:
    """Return a table in a frame that scrolls; columns that are not ``words`` are numbers.

    The caption is for screen readers, unless it is ``shown``.
    """
    styles = [None if index in words else "number" for index in range(len(titles))]
    heads = [
        el("th", title, scope="col", class_=style)
        for title, style in zip(titles, styles, strict=True)
    ]
    body = [
        el(
            "tr",
            (
                el("th", cell, scope="row") if not index else el("td", cell, class_=style)
                for index, (cell, style) in enumerate(zip(row, styles, strict=True))
            ),
        )
        for row in rows
    ]
    return frame(
        caption,
        el(
            "table",
            el("caption", caption, class_=None if shown else "unseen"),
            el("thead", el("tr", heads)),
            el("tbody", body),
        ),
    )


def frame(label: str, *content: Child) -> Markup:
    """Return what scrolls sideways where the window is narrow, by keyboard as well."""
    return el("div", content, class_="frame", role="group", tabindex="0", aria_label=label)
