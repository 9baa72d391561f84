# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the reports of a lab on a page, the newest first."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest, numbers, shell
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    FAILED,
    PASSED,
    SCHEMA,
    Document,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.step_section import badge
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import table

INDEX_NAME = "index.html"


def render_index(directory: Path) -> str:
    """Return the page for the reports in a directory; what is no report is left out."""
    found = sorted(_documents(directory), key=lambda each: _moment(each[1]), reverse=True)
    proofs = [(path, report) for path, report in found if "kind" not in report]
    others = [(path, document) for path, document in found if "kind" in document]
    good = sum(digest.passed(report) for _path, report in proofs)
    lab = next((report["lab"] for _path, report in proofs if report.get("lab")), "")
    title = f"Reports of the lab {lab}" if lab else "Reports"
    proof_titles = [
        *("proof", "verdict", "began", "steps passed", "failed requests", "failover", "took"),
    ]
    return shell.page(
        title,
        PASSED if good == len(proofs) else FAILED,
        [
            el("p", "eastwest.mesh", class_="eyebrow"),
            el("h1", title),
            el("p", f"{good} of {numbers.plural(len(proofs), 'proof')} passed, the newest first.")
            if proofs
            else None,
        ],
        el(
            "div",
            table(title, proof_titles, [_proof(*each) for each in proofs], {0, 1, 2}),
            class_="card",
        )
        if proofs
        else None,
        shell.section(
            "others",
            "Explanations and paths",
            el(
                "div",
                table(
                    "Explanations and paths",
                    ["what", "verdict", "when", "summary"],
                    [_other(*each) for each in others],
                    {0, 1, 2, 3},
                ),
                class_="card",
            ),
        )
        if others
        else None,
    )


def _proof(path: Path, report: Document) -> list[Markup | str]:
    moves = (step.get("failover_ms") for step in report["steps"])
    steps = report["steps"]
    return [
        _link(path, report["scenario"]),
        el("span", badge(report), class_=report["verdict"]),
        shell.when(report["started"]),
        f"{sum(map(digest.passed, steps))} of {len(steps)}",
        numbers.count(sum(step["errors"] for step in steps)),
        numbers.milliseconds(numbers.maximum(moves)),
        numbers.seconds(report["duration_s"]),
    ]


def _other(path: Path, document: Document) -> list[Markup | str]:
    return [
        _link(path, document["title"]),
        el("span", badge(document), class_=document["verdict"]),
        shell.when(document["started"]),
        document["summary"],
    ]


def _link(path: Path, text: str) -> Markup:
    page = path.with_suffix(".html")
    return el("a", text, href=(page if page.exists() else path).name)


def _documents(directory: Path) -> t.Iterator[tuple[Path, Document]]:
    for path in sorted(directory.glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # somebody else's, or just being written
            continue
        if isinstance(document, dict) and document.get("schema") == SCHEMA and _listed(document):
            yield path, document


def _listed(document: Document) -> bool:
    if "kind" in document:
        return {"title", "verdict", "summary", "started"} <= document.keys()
    return "steps" in document


def _moment(report: Document) -> datetime:
    return datetime.fromisoformat(report["started"])
