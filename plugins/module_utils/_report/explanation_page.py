# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of an explanation: where requests will go, why, and what is wrong with the rules."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest, numbers, shell
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    FAILED,
    SCHEMA,
    Document,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import (
    count_findings,
    finding_list,
    findings_verdict,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.forecast_parts import (
    balancing,
    endpoints_table,
    priorities,
    risks,
    stage_cards,
    stage_steps,
    stages_table,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Child, Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import Palette
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shell import items

EXPLANATION = "explanation"
# with more localities, only their number is said
_MOST_NAMED = 4


def explanation(
    cluster: str,
    forecasts: list[Document],
    findings: list[Document],
    now: datetime,
    *,
    ruled: bool,
) -> Document:
    """Return the document; forecasts and findings are as ``locality_info`` returns them.

    ``ruled`` says whether the cluster has any rule to have findings of.
    """
    lost = any(forecast["failed"] for forecast in forecasts)
    topic = "where requests go" if forecasts else "the rules"
    return {
        "schema": SCHEMA,
        "kind": EXPLANATION,
        "title": f"{topic}, cluster {cluster}",
        "verdict": FAILED if lost else findings_verdict(findings),
        "summary": count_findings(findings) + ("" if findings or ruled else ", there is no rule"),
        "started": now.isoformat(),
        "cluster": cluster,
        "forecasts": forecasts,
        "findings": findings,
    }


def render_explanation(document: Document, json_name: str = "", index_name: str = "") -> str:
    """Return the page; the names are those of the files beside it, if they are there."""
    stages = [stage_steps(forecast) for forecast in document["forecasts"]]
    palette = Palette({"steps": [step for steps in stages for step in steps]})
    return shell.page(
        document["title"],
        document["verdict"],
        [
            el("p", "Explanation", class_="eyebrow"),
            el(
                "h1",
                el("span", "✔" if digest.passed(document) else "✘", class_="mark"),
                f" {document['title'][0].upper()}{document['title'][1:]}: ",
                el("span", document["summary"], class_="verdict"),
            ),
            el("p", _lead(document), class_="lead"),
            shell.definitions(_about(document, json_name, index_name), "about"),
        ],
        palette.definitions(),
        _findings(document["findings"]),
        (
            _forecast(f"forecast-{index}", forecast, steps, palette)
            for index, (forecast, steps) in enumerate(
                zip(document["forecasts"], stages, strict=True), 1
            )
        ),
        shell.data("report", document),
    )


def _lead(document: Document) -> str:
    said = [f"{_pair(forecast)}: {_shares(forecast)}." for forecast in document["forecasts"]]
    return " ".join(said) or "No client and no service was named, so the rules alone were checked."


def _shares(forecast: Document) -> str:
    shares = {**forecast["shares"]["locality"], "nowhere: they fail": forecast["failed"]}
    busy = [
        f"{numbers.percent(share)} to {name or '(no locality)'}"
        for name, share in shares.items()
        if share
    ]
    if len(busy) > _MOST_NAMED:
        return f"spread over {len(busy)} localities"
    return ", ".join(busy) or "no endpoint"


def _about(document: Document, json_name: str, index_name: str) -> t.Iterator[tuple[str, Child]]:
    yield "When", shell.when(document["started"])
    yield "Computed from", "the objects of the clusters; nothing was sent"
    yield from shell.neighbours(json_name, index_name)


def _findings(findings: list[Document]) -> Markup | None:
    if not findings:
        return None
    return shell.section("findings", "What is wrong with the rules", finding_list(findings))


def _forecast(name: str, forecast: Document, steps: list[Document], palette: Palette) -> Markup:
    return shell.section(
        name,
        _pair(forecast),
        el("p", balancing(forecast), f" {forecast['routed_by']}" if forecast["routed_by"] else ""),
        items(forecast["reasons"]),
        el("p", "From left to right, as endpoints die.", class_="quiet"),
        stage_cards(steps, palette, name),
        el(
            "div",
            el("h3", "Priorities"),
            priorities(forecast, f"Priorities of {_pair(forecast)}"),
            el("h3", "What happens as endpoints die"),
            stages_table(forecast),
            el("h3", "Endpoints"),
            endpoints_table(forecast),
            _left_out(forecast),
            risks(forecast),
            class_="card",
        ),
    )


def _left_out(forecast: Document) -> list[Markup | None]:
    """Return the endpoints and rules that do not count, and why."""
    dropped = [f"{each['endpoint']}: {each['reason']}" for each in forecast["dropped"]]
    ignored = [f"{each['name']}: {each['reason']}" for each in forecast["ignored_rules"]]
    parts: list[Markup | None] = []
    if dropped:
        parts += [el("h4", "Endpoints that are left out"), items(dropped)]
    if ignored:
        parts += [el("h4", "Rules that do not count"), items(ignored)]
    return parts


def _pair(forecast: Document) -> str:
    client = forecast["client"]
    who = client["name"] or "a client"
    return f"{who} in {client['locality'] or 'no locality'} → {forecast['host']}:{forecast['port']}"
