# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlier detection that may eject too few hosts. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import sends
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, split
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.outlier_policies import (
    OutlierPolicy,
    counts_no_error,
    ejecting,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.failover_order import (
    FailoverStep,
    failover_order,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint

# a rule that waits for so many errors is not meant to eject
_NEVER = 100


def nothing_ejected(facts: AnalysisContext) -> t.Iterator[Finding]:
    """maxEjectionPercent allows less than one host."""
    for each in ejecting(facts):
        for case in each.cases:
            limit = ejection(each.raw, case.hosts)
            if (
                limit.possible
                or case.hosts < 2
                or counts_no_error(each.raw)
                or _patient(each, case)
            ):
                continue
            yield finding(
                "EW402",
                each.rule.title,
                f"{each.path}.maxEjectionPercent",
                message=limit.reason,
                effect=_waits(case),
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "maxEjectionPercent": 100}}
                ),
            )


def too_few_ejected(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Some hosts may be ejected, but not all of a priority."""
    for each in ejecting(facts):
        for case in each.cases:
            limit = ejection(each.raw, case.hosts)
            step = _first_step(case)
            if not limit.possible or step is None or step.by_ejection or _patient(each, case):
                continue
            yield finding(
                "EW406",
                each.rule.title,
                f"{each.path}.maxEjectionPercent",
                message=limit.reason,
                effect=f"{sends(case.all_healthy)}; when that fails, ejection takes out only "
                f"{limit.most} of {_first_hosts(case)}: requests do not all move on before the "
                "pods are not ready any more",
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "maxEjectionPercent": 100}}
                ),
            )


def _patient(each: OutlierPolicy, case: TrafficCase) -> bool:
    """Weights need no ejection; a threshold that is never reached says that none is wanted."""
    thresholds = [
        int(each.raw[name])
        for name in ("consecutive5xxErrors", "consecutiveGatewayErrors")
        if each.raw.get(name)
    ]
    weights = case.applied.mode is Mode.DISTRIBUTE
    return weights and bool(thresholds) and min(thresholds) >= _NEVER


def _first_hosts(case: TrafficCase) -> int:
    """How many hosts the first priority has."""
    return sum(
        group.counts.hosts for group in case.all_healthy.assignment.groups if not group.priority
    )


def _first_step(case: TrafficCase) -> FailoverStep | None:
    steps = failover_order(case.all_healthy.assignment).steps
    return steps[1] if len(steps) > 1 else None


def _takers(case: TrafficCase) -> str:
    """Who gets the requests when the first priority is dead; empty if nobody does."""
    step = _first_step(case)
    if step is None or step.shares.lost:
        return ""
    return split(step.shares.by_locality())


def _waits(case: TrafficCase) -> str:
    """What clients go through while nothing is ejected."""
    written = [each.name for each in case.endpoints if _written_by_hand(each)]
    takers = _takers(case)
    text = (
        f"{sends(case.all_healthy)}; when that fails, they get errors until the pods are not ready "
    )
    text += "any more, which takes about a minute with usual probes"
    if takers and case.applied.mode is not Mode.DISTRIBUTE:
        text += f", and only then send {takers}"
    if written:
        text += f"; {listed(written)} has no readiness probe and stays for good"
    return text


def _written_by_hand(endpoint: Endpoint) -> bool:
    return not endpoint.node and not endpoint.gateway


CHECKS = (nothing_ejected, too_few_ejected)
