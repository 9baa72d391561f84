# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a proof as JUnit XML, in which a step is a test case."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.eastwest.mesh.plugins.module_utils._report.digest import (
    headline,
    passed,
    sentence,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import finding_line
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import clean


def render_junit(report: Document) -> str:
    """Return the XML document."""
    steps = report["steps"]
    failed = sum(not passed(step) for step in steps)
    totals = {"tests": str(len(steps)), "failures": str(failed), "errors": "0"}
    length = f"{report['duration_s']:.3f}"
    root = ElementTree.Element("testsuites", {**totals, "time": length})
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": clean(report["scenario"]),
            **totals,
            "skipped": "0",
            "time": length,
            "timestamp": clean(report["started"]),
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    named = {
        "provider": report["provider"],
        "lab": report.get("lab", ""),
        **report.get("versions", {}),
    }
    for name, value in named.items():
        if value:
            ElementTree.SubElement(properties, "property", {"name": name, "value": clean(value)})
    for step in steps:
        _case(suite, report, step)
    ElementTree.SubElement(suite, "system-out").text = clean(
        f"{report['scenario']} {headline(report)}"
    )
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, report: Document, step: Document) -> None:
    names = {"classname": clean(report["scenario"]), "name": clean(step["name"])}
    case = ElementTree.SubElement(suite, "testcase", {**names, "time": f"{_seconds(step):.3f}"})
    if not passed(step):
        reasons = step["reasons"] or [sentence(step)]
        failure = {"message": clean(reasons[0].partition("\n")[0]), "type": "expectation"}
        told = [*reasons, *map(finding_line, step.get("findings", ()))]
        ElementTree.SubElement(case, "failure", failure).text = clean("\n".join(told))
    ElementTree.SubElement(case, "system-out").text = clean(sentence(step))


def _seconds(step: Document) -> float:
    """Return how long the step's requests flowed."""
    bins = step.get("timeline")
    if bins:
        return float(bins["bin_ms"]) * len(bins["requests"]) / 1000
    rate = step["requests_per_second"]
    return step["requests"] / rate if rate else 0.0
