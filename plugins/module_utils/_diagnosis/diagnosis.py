# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read, what is wrong, and where requests go: the answer of an analysis."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    SEVERITIES,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding, its cluster, and the place in the input."""

    finding: Finding
    cluster: str
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """One defect: the same in several objects, and what else its cure removes."""

    findings: tuple[LocatedFinding, ...]
    consequences: tuple[LocatedFinding, ...] = ()

    @property
    def first(self) -> LocatedFinding:
        return self.findings[0]

    @property
    def severity(self) -> str:
        return self.first.finding.severity


@dataclass(frozen=True, slots=True)
class ClusterReading:
    """What was read of one cluster."""

    name: str
    # objects that were looked at, by kind
    kinds: t.Mapping[str, int]
    files: int
    # what was not given, and what is assumed in its place
    notes: tuple[str, ...]
    unknown: tuple[str, ...]
    # kinds that change where requests go and are not modelled: count, and what they do
    unmodelled: t.Mapping[str, tuple[int, str]]
    other_kinds: t.Mapping[str, int]
    # files without objects, by reason
    skipped: t.Mapping[str, t.Sequence[str]]
    # kinds that could not be read, with the reason
    unreadable: t.Mapping[str, str]
    clients: int = 0


@dataclass(frozen=True, slots=True)
class NotConsidered:
    """An object that may change a forecast and is not part of it, with the reason."""

    # kind and name, such as EnvoyFilter shop/retries, with the field if it is one of them
    object: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """The forecast of one client and one destination, and what it leaves out."""

    forecast: ServiceForecast
    not_considered: tuple[NotConsidered, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer of an analysis; the gravest groups first."""

    clusters: tuple[ClusterReading, ...]
    groups: tuple[FindingGroup, ...]
    forecasts: tuple[ForecastResult, ...] = ()
    # services that forecasts were left out for
    more_forecasts: int = 0

    @property
    def findings(self) -> list[LocatedFinding]:
        return [each for group in self.groups for each in (*group.findings, *group.consequences)]

    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        found = [each.finding.severity for each in self.findings]
        return {severity: found.count(severity) for severity in SEVERITIES}

    def rules(self) -> int:
        return sum(each.kinds.get("DestinationRule", 0) for each in self.clusters)
