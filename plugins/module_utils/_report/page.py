# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of a proof: one file to look at, print, or attach to a ticket."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest, numbers, shell
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.latency_strip import (
    PERCENTILES,
    latency_picture,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Child, Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import (
    FAILED_NAME,
    Palette,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shares_table import swatch
from ansible_collections.eastwest.mesh.plugins.module_utils._report.step_section import (
    step_card,
    step_section,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import frame, table
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline_pictures import (
    proof_timeline,
)


def render_page(report: Document, json_name: str = "", index_name: str = "") -> str:
    """Return the page; the names are those of the files beside it, if they are there."""
    palette = Palette(report)
    steps = list(enumerate(report["steps"], 1))
    return shell.page(
        f"{report['scenario']} {digest.headline(report)}",
        report["verdict"],
        _banner(report, json_name, index_name),
        palette.definitions(),
        _figures(report),
        _timeline(report, palette),
        shell.section(
            "topologies",
            "Where requests went",
            el(
                "p",
                "From left to right, step by step. Arrows are as wide as the share that was observed.",
                class_="quiet",
            ),
            el("ol", (step_card(index, step, palette) for index, step in steps), class_="steps"),
        ),
        _latency(report),
        shell.section(
            "details",
            "Each step",
            _reading(),
            (step_section(index, step, palette) for index, step in steps),
        ),
        shell.data("report", report),
    )


def _banner(report: Document, json_name: str, index_name: str) -> list[Child]:
    mark = "✔" if digest.passed(report) else "✘"
    lab = f" · lab {report['lab']}" if report.get("lab") else ""
    lead = [*filter(None, (digest.subject(report),)), *digest.story(report)]
    title = el(
        "h1",
        el("span", mark, class_="mark"),
        f" {report['scenario']} ",
        el("span", digest.headline(report), class_="verdict"),
    )
    return [
        el("p", f"Proof report{lab}", class_="eyebrow"),
        title,
        el("p", " ".join(lead), class_="lead") if lead else None,
        _first_reason(report),
        shell.definitions(_about(report, json_name, index_name), "about"),
    ]


def _first_reason(report: Document) -> Markup | None:
    """Return why the first step failed that did."""
    for step in report["steps"]:
        if reason := digest.first_reason(step):
            return el("p", el("strong", f"{step['name']}: "), reason, class_="reason")
    return None


def _about(report: Document, json_name: str, index_name: str) -> t.Iterator[tuple[str, Child]]:
    yield "Provider", report["provider"]
    yield from report.get("versions", {}).items()
    yield "Began", shell.when(report["started"])
    yield "Took", numbers.seconds(report["duration_s"])
    yield "Expectation", _sources(report)
    yield from shell.neighbours(json_name, index_name)


def _sources(report: Document) -> str:
    found = {step["expectation"] for step in report["steps"] if step["expectation"]}
    if "both" in found or found == {"statement", "forecast"}:
        return "the steps' statements, held against the model's forecast"
    return {"statement": "the steps' statements", "forecast": "the model's forecast"}.get(
        next(iter(found), ""), "none"
    )


def _figures(report: Document) -> Markup:
    boxes = (
        el(
            "div",
            el("dt", figure.label),
            el("dd", figure.value, class_="value"),
            el("dd", figure.note, class_="note"),
        )
        for figure in digest.key_figures(report)
    )
    return el("dl", boxes, class_="figures")


def _timeline(report: Document, palette: Palette) -> Markup | None:
    drawn = proof_timeline(report, palette)
    if drawn is None:
        return None
    return shell.section(
        "timeline",
        "What the client felt",
        el("div", frame("Timeline of the proof", drawn), legend(report, palette), class_="card"),
    )


def legend(report: Document, palette: Palette) -> Markup:
    """Return the names with their patterns, and the marks that the timelines use."""
    failed = any(step["errors"] for step in report["steps"])
    names = [*palette.names, *([FAILED_NAME] if failed else [])]
    keys = [el("li", swatch(name, palette), name) for name in names]
    if any(step.get("events") for step in report["steps"]):
        keys.append(_key(el("path", d="M6 0V13", class_="event"), "drain, scale or another event"))
    if failed:
        keys.append(_key(el("path", d="M2 2l9 9m0-9l-9 9", class_="cross"), "failed request"))
    if any(step.get("outages") for step in report["steps"]):
        keys.append(_key(el("path", d="M0 0h13v13H0z", class_="outage"), "no good answer at all"))
    return el("ul", keys, class_="legend")


def _key(shape: Markup, words: str) -> Markup:
    drawn = el("svg", shape, width=13, height=13, viewBox="0 0 13 13", aria_hidden="true", class_="key")  # fmt: skip
    return el("li", drawn, words)


def _latency(report: Document) -> Markup | None:
    drawn = latency_picture(report)
    if drawn is None:
        return None
    rows = [
        (
            f"{index} {step['name']}",
            *(numbers.milliseconds(step["latency_ms"].get(name)) for name in PERCENTILES),
        )
        for index, step in enumerate(report["steps"], 1)
    ]
    titles = ["step", "median ●", "95 % within ■", "99 % within ▲", "slowest ▮"]
    return shell.section(
        "latencies",
        "How long answers took",
        el(
            "div",
            frame("Latency percentiles", drawn),
            table("Latency percentiles of each step", titles, rows),
            class_="card",
        ),
    )


def _reading() -> Markup:
    return el(
        "p",
        "In the column \N{LEFT DOUBLE QUOTATION MARK}share\N{RIGHT DOUBLE QUOTATION MARK}, the bar is what was observed, the bracket on it the interval that "
        "holds the true share with a confidence of 95 %, and the mark above what was expected.",
        class_="quiet",
    )
