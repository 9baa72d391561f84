# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as JUnit XML: each finding is a test case, errors and warnings are failures."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import INFO
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis import text
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    Diagnosis,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import clean

_NAME = "mesh analysis"


def render_junit(diagnosis: Diagnosis) -> str:
    """Return the XML document. Without findings it has one case, which says what was read."""
    found = diagnosis.findings
    failed = sum(each.finding.severity != INFO for each in found)
    totals = {"tests": str(len(found) or 1), "failures": str(failed), "errors": "0"}
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", {"name": _NAME, **totals})
    for each in found:
        _case(suite, each)
    if not found:
        case = ElementTree.SubElement(suite, "testcase", {"classname": _NAME, "name": "findings"})
        ElementTree.SubElement(case, "system-out").text = clean(_words(diagnosis))
    ElementTree.SubElement(suite, "system-out").text = clean(_words(diagnosis))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _words(diagnosis: Diagnosis) -> str:
    lines = [line for each in diagnosis.clusters for line in text.reading_lines(each)]
    return "\n".join(line.text for line in (*lines, *text.conclusion(diagnosis)))


def _case(suite: ElementTree.Element, located: LocatedFinding) -> None:
    finding = located.finding
    name = " ".join(filter(None, (finding.object, finding.field)))
    attributes = {"classname": finding.code, "name": clean(name)}
    if located.line:
        attributes |= {"file": clean(located.file), "line": str(located.line)}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    parts = (located.place, finding.message, finding.effect, finding.instead)
    words = clean("\n".join(filter(None, parts)))
    if finding.severity == INFO:
        ElementTree.SubElement(case, "system-out").text = words
    else:
        failure = {"message": clean(finding.message), "type": finding.severity}
        ElementTree.SubElement(case, "failure", failure).text = words
