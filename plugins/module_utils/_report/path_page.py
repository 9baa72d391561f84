# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of a path: each hop of a request, whether it works, and what would mend it."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest, numbers, shell
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    FAILED,
    PASSED,
    SCHEMA,
    Document,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Child, Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shell import items

PATH = "path"
_SIGNS = {True: ("✔ works", PASSED), False: ("✘ fails", FAILED), None: ("? unknown", "noted")}


def path_document(client: str, url: str, result: Document, now: datetime) -> Document:
    """Return the document; ``result`` is as ``mesh_path_info`` returns it."""
    good = not result["failing_hop"] and result["answered"] == result["requests"]
    return {
        "schema": SCHEMA,
        "kind": PATH,
        "title": f"path from {client} to {url}",
        "verdict": PASSED if good else FAILED,
        "summary": result["verdict"],
        "started": now.isoformat(),
        "client": client,
        "url": url,
        **{name: result[name] for name in ("hops", "failing_hop", "requests", "answered")},
    }


def render_path(document: Document, json_name: str = "", index_name: str = "") -> str:
    """Return the page; the names are those of the files beside it, if they are there."""
    return shell.page(
        document["title"],
        document["verdict"],
        [
            el("p", "Path of a request", class_="eyebrow"),
            el(
                "h1",
                el("span", "✔" if digest.passed(document) else "✘", class_="mark"),
                f" {document['client']} → {document['url']} ",
            ),
            el("p", document["summary"], class_="lead"),
            shell.definitions(_about(document, json_name, index_name), "about"),
        ],
        shell.section(
            "hops",
            "Hop by hop",
            el("ol", map(_hop, document["hops"]), class_="hops"),
        ),
        shell.data("report", document),
    )


def _about(document: Document, json_name: str, index_name: str) -> t.Iterator[tuple[str, Child]]:
    yield "When", shell.when(document["started"])
    sent = numbers.plural(document["requests"], "request")
    yield "Answered", f"{document['answered']} of {sent}"
    yield from shell.neighbours(json_name, index_name)


def _hop(hop: Document) -> Markup:
    words, style = _SIGNS[hop["ok"]]
    evidence = items(hop["evidence"])
    return el(
        "li",
        el("div", el("h3", hop["hop"]), el("span", words, class_="badge"), class_="step-title"),
        el("p", hop["detail"]),
        el("p", hop["where"], class_="quiet"),
        el("details", el("summary", "Evidence"), evidence, open=hop["ok"] is False)
        if evidence
        else None,
        el("p", el("strong", "What would mend it: "), hop["advice"], class_="reason")
        if hop["advice"]
        else None,
        class_=f"card {style}",
    )
