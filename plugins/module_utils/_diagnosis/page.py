# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as a page to look at, in the style of the reports of proofs."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis import text
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    ClusterReading,
    Diagnosis,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.document import (
    Document,
    as_dict,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report import shell
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import (
    finding_list,
    findings_verdict,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el

_TITLE = "Mesh analysis"


def render_page(diagnosis: Diagnosis) -> str:
    """Return the page: the sum, the findings with their places, the forecasts, what was read."""
    document = as_dict(diagnosis)
    verdict = findings_verdict(document["findings"])
    conclusion = " ".join(line.text for line in text.conclusion(diagnosis))
    forecasts = forecast_lines(diagnosis)
    return shell.page(
        _TITLE,
        verdict,
        [el("p", _TITLE, class_="eyebrow"), el("h1", el("span", conclusion, class_="verdict"))],
        shell.section("findings", "What is wrong", finding_list(_placed(document["findings"])))
        if document["findings"]
        else None,
        shell.section(
            "forecasts",
            "Where requests go",
            el("pre", "\n".join(line.text for line in forecasts).strip(), class_="prose"),
        )
        if forecasts
        else None,
        shell.section("read", "What was read", *map(_reading, diagnosis.clusters)),
    )


def _placed(findings: list[Document]) -> list[Document]:
    """The findings, with the file and line beside the field."""
    return [
        {**each, "field": f"{each['field']} ({each['file']}:{each['line']})".strip()}
        if each["line"]
        else each
        for each in findings
    ]


def _reading(reading: ClusterReading) -> Markup:
    first, *rest = [line.text.strip() for line in text.reading_lines(reading)]
    return el("div", el("p", first), el("ul", *(el("li", each) for each in rest)) if rest else None)
