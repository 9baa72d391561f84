# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for failover that cannot take place, above all for want of outlier detection."""

from __future__ import annotations

import typing as t
from functools import partial

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    outcome,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import (
    LocatedSetting,
    readable,
    settings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.outlier_policies import (
    RECOMMENDED,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    parse_locality,
)

WITHOUT_OUTLIER_DETECTION = FindingType(
    "EW304",
    ERROR,
    "failover without outlier detection",
    explanation=(
        "`failover`, `failoverPriority` or `enabled: true` without `outlierDetection` in the same policy: istiod "
        "sets no priorities, and requests go to all endpoints alike. The webhook only warns."
    ),
    cure=(
        "`outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s, "
        "maxEjectionPercent: 100}`"
    ),
)


def without_ejection(context: AnalysisContext) -> t.Iterator[Finding]:
    """failover or failoverPriority where nothing ejects hosts."""
    for at in readable(context):
        if at.policy is None or at.rule is None or not at.setting.enabled:
            continue
        if at.setting.distribute or at.policy.blocks.get("outlierDetection") is not None:
            continue
        fields = [name for name in ("failover", "failoverPriority") if at.raw.get(name)]
        cases = context.cases_of(at.rule, at.policy)
        if cases and all(case.applied.mode is not Mode.NOTHING for case in cases):
            # for names that Envoy resolves, the mesh's default counts
            continue
        yield WITHOUT_OUTLIER_DETECTION.finding(
            at.object,
            f"{at.path}.{fields[0]}" if fields else at.path,
            message=f"{listed(fields) or 'localityLbSetting'} without outlierDetection in the same policy "
            f"({at.policy.path})",
            effect=f"istiod sets no priorities: {_without(context, at)}; Istio's webhook only warns",
            instead=snippets.block({"outlierDetection": dict(RECOMMENDED)}),
        )


def _without(context: AnalysisContext, at: LocatedSetting) -> str:
    if at.rule is None or at.policy is None:
        return "the setting does nothing"
    for case in context.cases_of(at.rule, at.policy):
        ejecting = case.all_healthy.variant(outlier_detection=RECOMMENDED)
        return f"{sends(case.all_healthy)}; with outlierDetection, {outcome(ejecting)}"
    return "the setting does nothing"


TARGET_WITHOUT_ENDPOINTS = FindingType(
    "EW308",
    WARNING,
    "failover to a region without endpoints",
    explanation=(
        "The service has no endpoint in the region that `to` names. Others take over, or nobody."
    ),
    cure="A region in which it has endpoints; or import it from there.",
)


def target_without_endpoints(context: AnalysisContext) -> t.Iterator[Finding]:
    """A region to fail over to in which the service is not."""
    for at in readable(context):
        if at.rule is None or at.policy is None or not at.setting.enabled:
            continue
        cases = context.cases_of(at.rule, at.policy)
        for index, rule in enumerate(at.setting.failover):
            if all(each.region != rule.target for each in context.trusted_localities):
                continue
            for case in first_by_service(cases, partial(_lacks_region, rule.target)):
                regions = _regions(case)
                others = sorted(regions - {rule.source, ""})
                then = f"requests go to {listed(others)} instead" if others else "nobody takes over"
                yield TARGET_WITHOUT_ENDPOINTS.finding(
                    at.object,
                    f"{at.path}.failover[{index}].to",
                    message=f"{case.service.host} has no endpoint in region {rule.target}",
                    effect=f"when region {rule.source} dies, {then}",
                    instead=snippets.block({"failover": [{"from": rule.source, "to": others[0]}]})
                    if others
                    else snippets.remark(f"give {case.service.host} endpoints in {rule.target}"),
                )


REPEATED_SOURCE = FindingType(
    "EW309",
    WARNING,
    "two failover rules from one region",
    explanation="A second rule with the same `from`: only the first counts.",
    cure="One rule for each region.",
)


def repeated_sources(context: AnalysisContext) -> t.Iterator[Finding]:
    """Only the first rule from a region counts."""
    for at in settings(context):
        if at.unreadable:
            continue
        first: dict[str, str] = {}
        for index, rule in enumerate(at.setting.failover):
            if rule.source not in first:
                first[rule.source] = rule.target
                continue
            kept = [entry for number, entry in enumerate(at.raw["failover"]) if number != index]
            yield REPEATED_SOURCE.finding(
                at.object,
                f"{at.path}.failover[{index}]",
                message=f"region {rule.source} has a failover rule already, to "
                f"{first[rule.source]}",
                effect=f"only the first counts: {rule.target} is not preferred to other regions",
                instead=snippets.block({at.path.rpartition(".")[2]: {**at.raw, "failover": kept}}),
            )


DISABLED = FindingType(
    "EW310",
    WARNING,
    "locality settings are switched off by enabled: false",
    explanation=(
        "`enabled: false` switches locality routing off, so `distribute`, `failover` and "
        "`failoverPriority` beside it do nothing. Sometimes copied as if it *forced* failover."
    ),
    cure="Leave `enabled` out: unset means on.",
)


def disabled_settings(context: AnalysisContext) -> t.Iterator[Finding]:
    """enabled: false beside settings that it makes inert."""
    for at in settings(context):
        if at.unreadable or at.raw.get("enabled") is not False:
            continue
        inert = [
            name for name in ("distribute", "failover", "failoverPriority") if at.raw.get(name)
        ]
        if not inert:
            continue
        kept = {key: value for key, value in at.raw.items() if key != "enabled"}
        name = at.path.rpartition(".")[2]
        yield DISABLED.finding(
            at.object,
            f"{at.path}.enabled",
            message=f"enabled: false stands beside {listed(inert)}",
            effect=f"it switches locality routing off, so {listed(inert)} "
            f"{'does' if len(inert) == 1 else 'do'} nothing: {_off(context, at)}",
            instead=snippets.block({name: kept}),
        )


def _off(context: AnalysisContext, at: LocatedSetting) -> str:
    if at.rule is not None and at.policy is not None:
        for case in context.cases_of(at.rule, at.policy):
            if at.zone_aware:
                break
            on = case.all_healthy.variant(locality_lb={**at.raw, "enabled": True})
            text = sends(case.all_healthy)
            if outcome(on) != outcome(case.all_healthy):
                text += f"; switched on, {outcome(on)}"
            return text
    return "requests go to all endpoints alike"


CHECKS = (without_ejection, target_without_endpoints, repeated_sources, disabled_settings)


def _regions(case: TrafficCase) -> set[str]:
    groups = (group for group in case.assignment.groups if group.endpoints)
    return {parse_locality(group.locality).region for group in groups}


def _lacks_region(region: str, case: TrafficCase) -> bool:
    return region not in _regions(case)
