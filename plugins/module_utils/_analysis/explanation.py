# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts and findings together, as data and as text."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast import text
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import (
    Document,
    as_dict,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    Params,
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
    forecast_service,
)

_COLOURS = {ERROR: text.RED, WARNING: text.YELLOW, INFO: None}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The forecasts and findings of one cluster."""

    cluster: str
    plans: tuple[ServiceForecast, ...]
    findings: tuple[Finding, ...]
    by: tuple[str, ...] = ()

    def as_dict(self) -> Document:
        lines = self.lines()
        return {
            "forecasts": [as_dict(plan, self.by) for plan in self.plans],
            "findings": [finding.as_dict() for finding in self.findings],
            "text": "\n".join(line.text for line in lines).strip("\n"),
        }

    def lines(self) -> list[Line]:
        """All plans, then all findings."""
        found = [line for plan in self.plans for line in text.render(plan)]
        return [*found, *self.findings_lines(self.findings)]

    def findings_lines(self, findings: t.Sequence[Finding]) -> list[Line]:
        if not findings:
            sentence = f"cluster {self.cluster}: no findings, the rules do what they say"
            return [Line(""), Line(sentence, text.GREEN)]
        return [line for finding in findings for line in finding_lines(finding)]

    def of_severity(self, severities: t.Container[str]) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity in severities]


def explain(params: Params) -> Explanation:
    """Plans for every client and service that the options name, and what is wrong with the rules."""
    world, local, questions = forecast_request(params)
    plans = tuple(forecast_service(world, asker, asked) for asker, asked in questions)
    return Explanation(local, plans, tuple(check(world, local)), tuple(params.get("by") or ()))


def finding_lines(finding: Finding) -> list[Line]:
    """One finding: the defect, its effect, and what to write."""
    colour = _COLOURS[finding.severity]
    where = " ".join(filter(None, (finding.object, finding.field)))
    lines = [
        Line(""),
        Line(f"{finding.severity} {finding.code}: {where}", colour),
        Line(f"  {finding.message}"),
    ]
    if finding.effect:
        lines.append(Line(f"  → {finding.effect}"))
    if finding.instead:
        lines += [Line("  write:"), *(Line(f"    {each}") for each in finding.instead.splitlines())]
    return lines
