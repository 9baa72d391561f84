# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts and findings together, as data and as text."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checks import lost_requests
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import CureTrial
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    ClientOrigin,
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
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology

_COLOURS = {ERROR: text.RED, WARNING: text.YELLOW, INFO: None}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The forecasts and findings of one cluster."""

    cluster: str
    forecasts: tuple[ServiceForecast, ...]
    findings: tuple[Finding, ...]
    by: tuple[str, ...] = ()
    # is there any DestinationRule?
    ruled: bool = True
    # what the forecasts suppose, as it could not be read
    doubt: str = ""
    # the faults of sidecars that events left, in words
    faults: tuple[str, ...] = ()

    def as_dict(self) -> Document:
        lines = self.lines()
        return {
            "forecasts": [as_dict(forecast, self.by) for forecast in self.forecasts],
            "findings": [finding.as_dict() for finding in self.findings],
            "faults": list(self.faults),
            "text": "\n".join(line.text for line in lines).strip("\n"),
        }

    def lines(self) -> list[Line]:
        """Return the faults in force, all forecasts, then all findings."""
        faults = [Line(f"fault in force: {each}", text.RED) for each in self.faults]
        found = [line for forecast in self.forecasts for line in text.render(forecast)]
        return [*faults, *found, *self.findings_lines(self.findings)]

    def findings_lines(self, findings: t.Sequence[Finding]) -> list[Line]:
        if not findings:
            return [Line(""), self._all_clear()]
        return [line for finding in findings for line in finding_lines(finding)]

    def _all_clear(self) -> Line:
        if any(forecast.lost for forecast in self.forecasts):
            return Line(f"cluster {self.cluster}: requests fail, as said above", text.RED)
        if self.faults:
            return Line(f"cluster {self.cluster}: no findings, but faults in force", text.RED)
        conclusion = "the rules do what they say" if self.ruled else "there is no rule"
        return Line(f"cluster {self.cluster}: no findings, {conclusion}", text.GREEN)

    def of_severity(self, severities: t.Container[str]) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity in severities]


def explain(params: Params) -> Explanation:
    """Forecast every client and service that the options name, and check the rules."""
    topology, local, targets, doubt, faults = forecast_request(params)
    forecasts = tuple(forecast_targets(topology, targets))
    named = params.get("clients") is not None
    clients = [
        ClientOrigin(client.proxy, real=named)
        for client, _target in targets
        if client.cluster == local
    ]

    def findings_of(changed: Topology) -> list[Finding]:
        return check(changed, local, forecast_clients=clients)

    found = findings_of(topology)
    findings = CureTrial(topology, local, found, findings_of).tried()
    if params.get("endpoints") is not None:
        findings = [each for each in findings if _is_of_the_user(each)]
    ruled = bool(topology.state(local).objects("DestinationRule"))
    by = tuple(params.get("by") or ())
    return Explanation(local, forecasts, tuple(findings), by, ruled, doubt, faults)


def _is_of_the_user(finding: Finding) -> bool:
    """Is the finding about rules or lost requests, where all other objects stand for endpoints?"""
    lost = (lost_requests.REQUESTS_FAIL.code, lost_requests.NO_ENDPOINT.code)
    return finding.code in lost or finding.object.startswith(("DestinationRule ", "ConfigMap "))


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
