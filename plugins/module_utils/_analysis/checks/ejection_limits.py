# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for outlier detection that ejects too few hosts."""

from __future__ import annotations

import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import sends
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, split
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.outlier_policies import (
    OutlierPolicy,
    counts_no_error,
    outlier_policies,
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


NO_EJECTION_POSSIBLE = FindingType(
    "EW402",
    WARNING,
    "nothing can ever be ejected",
    explanation=(
        "`maxEjectionPercent` allows less than one host: Envoy's default of 10 % ejects none of "
        "fewer than 10 hosts. When an endpoint fails, clients get errors until its readiness "
        "probe takes it out, about a minute with usual probes; an imported endpoint has no such "
        "probe. This is the failover rule that most people copy."
    ),
    cure="`maxEjectionPercent: 100`",
)


def no_ejection_possible(context: AnalysisContext) -> t.Iterator[Finding]:
    """maxEjectionPercent allows less than one host."""
    for each in outlier_policies(context):
        for case in each.cases_where(partial(_ejects_nothing, each)):
            limit = ejection(each.raw, case.hosts)
            yield NO_EJECTION_POSSIBLE.finding(
                each.rule.title,
                f"{each.path}.maxEjectionPercent",
                message=limit.reason,
                effect=_effect_without_ejection(case),
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "maxEjectionPercent": 100}}
                ),
            )


INCOMPLETE_EJECTION = FindingType(
    "EW406",
    WARNING,
    "too few hosts can be ejected for the failover to complete",
    explanation=(
        "`maxEjectionPercent` allows some ejections, but fewer than the first priority has "
        "hosts: failover stays incomplete until endpoints are not ready."
    ),
    cure="`maxEjectionPercent: 100`",
)


def incomplete_ejection(context: AnalysisContext) -> t.Iterator[Finding]:
    """Some hosts may be ejected, but not all of a priority."""
    for each in outlier_policies(context):
        for case in each.cases_where(partial(_ejects_too_few, each)):
            limit = ejection(each.raw, case.hosts)
            yield INCOMPLETE_EJECTION.finding(
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


def _ejects_nothing(each: OutlierPolicy, case: TrafficCase) -> bool:
    if case.hosts < 2 or counts_no_error(each.raw) or _needs_no_ejection(each, case):
        return False
    return not ejection(each.raw, case.hosts).possible


def _ejects_too_few(each: OutlierPolicy, case: TrafficCase) -> bool:
    limit = ejection(each.raw, case.hosts)
    # where all hosts may be ejected, the order of failover need not be computed
    if not limit.possible or limit.most >= case.hosts or _needs_no_ejection(each, case):
        return False
    step = _first_step(case)
    return step is not None and not step.by_ejection


def _needs_no_ejection(each: OutlierPolicy, case: TrafficCase) -> bool:
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


def _successors(case: TrafficCase) -> str:
    """Who gets the requests when the first priority is dead; empty if nobody does."""
    step = _first_step(case)
    if step is None or step.shares.lost:
        return ""
    return split(step.shares.by_locality())


def _effect_without_ejection(case: TrafficCase) -> str:
    """What clients go through while nothing is ejected."""
    written = [each.name for each in case.endpoints if _written_by_hand(each)]
    takers = _successors(case)
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


CHECKS = (no_ejection_possible, incomplete_ejection)
