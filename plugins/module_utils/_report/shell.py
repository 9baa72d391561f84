# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame a page: one file that loads nothing, with its style and its data inside."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime

from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Child,
    Markup,
    el,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.style import style_sheet

# by this a page is known to be one that may be written again
GENERATOR = "eastwest.mesh report"
# nothing may be loaded, and nothing may run
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, style: str, header: Child, *content: Child) -> str:
    """Return a whole page; ``style`` is a class of its body, such as ``passed``."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="generator", content=GENERATOR),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", Markup(style_sheet())),
    )
    body = el(
        "body",
        el("a", "Skip to the content", href="#content", class_="skip"),
        el("header", el("div", header)),
        el("main", content, id="content"),
        el("footer", el("p", "Made by the Ansible collection eastwest.mesh.")),
        class_=style,
    )
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en')}\n"


def data(name: str, document: t.Any) -> Markup:
    """Return a document as data inside of a page, which no browser runs."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # nothing in the data may end the element
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return el("script", Markup(safe), type="application/json", id=name)


def section(name: str, title: str, *content: Child) -> Markup:
    """Return a part of a page with its heading."""
    heading = el("h2", title, id=f"{name}-title")
    return el("section", heading, content, id=name, aria_labelledby=f"{name}-title")


def definitions(pairs: t.Iterable[tuple[str, Child]], style: str) -> Markup:
    """Return a list of terms and what they are; empty ones are left out."""
    return el(
        "dl",
        (el("div", el("dt", term), el("dd", value)) for term, value in pairs if value),
        class_=style,
    )


def neighbours(json_name: str, index_name: str) -> t.Iterator[tuple[str, Child]]:
    """Return links to the files beside a page, as terms and what they are."""
    if json_name:
        yield "Data", el("a", json_name, href=json_name)
    if index_name:
        yield "Lab", el("a", "all reports", href=index_name)


def when(started: str) -> str:
    """Return a moment as people write it."""
    return f"{datetime.fromisoformat(started):%Y-%m-%d %H:%M:%S %Z}".strip()


def items(texts: t.Iterable[Child]) -> Markup | None:
    """Return a plain list; None where there is nothing."""
    found = [el("li", text) for text in texts]
    return el("ul", found, class_="plain") if found else None
