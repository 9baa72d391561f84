# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write findings for a page: the defect, its effect, and what to write instead."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import (
    FAILED,
    PASSED,
    Document,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import frame

_ERROR = "error"
# by severity: the sign beside the word, and the class whose colours it has
_SIGNS = {_ERROR: ("✘", FAILED), "warning": ("!", "warned"), "info": ("i", "noted")}


def finding_list(findings: t.Sequence[Document]) -> Markup:
    """Return the findings, each as ``Finding.as_dict`` gives it, the gravest first as they come."""
    return el("ul", map(_finding, findings), class_="findings")


def findings_verdict(findings: t.Iterable[Document]) -> str:
    """Return whether the findings let the rules pass: errors do not."""
    return FAILED if any(each["severity"] == _ERROR for each in findings) else PASSED


def count_findings(findings: t.Sequence[Document]) -> str:
    """Return how many findings there are of each severity, such as ``1 error, 2 warnings``."""
    tally = {name: sum(each["severity"] == name for each in findings) for name in _SIGNS}
    words = [
        f"{number} {name}{'' if number == 1 or name == 'info' else 's'}"
        for name, number in tally.items()
        if number
    ]
    return ", ".join(words) or "no findings"


def finding_line(finding: Document) -> str:
    """Return a finding in one line, without its cure."""
    return f"{finding['severity']} {finding['code']}: {finding['object']}: {finding['message']}"


def _finding(finding: Document) -> Markup:
    sign, style = _SIGNS.get(finding["severity"], ("i", "noted"))
    cure = finding.get("instead", "")
    return el(
        "li",
        el(
            "p",
            el("span", f"{sign} {finding['severity']}", class_="badge"),
            " ",
            el("strong", finding["object"] or finding["code"]),
            f" {finding['field']} " if finding.get("field") else " ",
            el("code", finding["code"], class_="quiet"),
        ),
        el("p", finding["message"]),
        el("p", f"→ {finding['effect']}", class_="quiet") if finding.get("effect") else None,
        el(
            "details",
            el("summary", "What to write instead"),
            frame(f"Cure of {finding['code']}", el("pre", cure, class_="prose")),
            open=True,
        )
        if cure
        else None,
        class_=f"finding {style}",
    )
