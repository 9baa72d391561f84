# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlier detection of rules, with the traffic cases in which it counts."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection

# how a rule that is to move traffic at once may look
RECOMMENDED: t.Final[t.Mapping[str, t.Any]] = {
    "consecutive5xxErrors": 5,
    "interval": "10s",
    "baseEjectionTime": "30s",
    "maxEjectionPercent": 100,
}


class OutlierPolicy(t.NamedTuple):
    """One policy with outlier detection, and the cases in which it counts."""

    rule: Rule
    policy: Policy
    raw: t.Mapping[str, t.Any]
    cases: list[TrafficCase]

    def cases_where(self, holds: t.Callable[[TrafficCase], bool]) -> list[TrafficCase]:
        """For each service, the first case of which it holds."""
        return first_by_service(self.cases, holds)

    @property
    def path(self) -> str:
        return f"{self.policy.path}.outlierDetection"


def outlier_policies(context: AnalysisContext) -> t.Iterator[OutlierPolicy]:
    for rule in context.rules:
        for policy in rule.policies:
            raw = policy.raw.get("outlierDetection")
            if raw is not None:
                cases = context.cases_of(rule, policy, block="outlierDetection")
                yield OutlierPolicy(rule, policy, raw, cases)


def counts_no_error(raw: t.Mapping[str, t.Any]) -> bool:
    # of so many hosts that the percentage cannot be what forbids it
    return not ejection({**raw, "maxEjectionPercent": 100}, 100).possible
