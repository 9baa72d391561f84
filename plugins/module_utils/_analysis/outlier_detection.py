# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlier detection: what else it turns on, and what it does not. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.codes import finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.failover import EJECTION
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import MESH
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import count
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.outlier_policies import (
    OutlierPolicy,
    counts_no_error,
    ejecting,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode


def turns_locality_on(facts: AnalysisContext) -> t.Iterator[Finding]:
    """Outlier detection without any locality setting."""
    for each in ejecting(facts):
        for case in each.cases:
            setting = case.applied.setting
            if case.applied.mode is not Mode.FAILOVER or setting.failover:
                continue
            plain = case.all_healthy.unruled
            if same_endpoints(case.all_healthy, plain):
                continue
            yield finding(
                "EW401",
                each.rule.title,
                each.path,
                message="outlierDetection alone turns on failover by nearness, as Istio's mesh "
                "setting localityLbSetting is on by default",
                effect=f"{sends(case.all_healthy)} instead of {outcome(plain)}; "
                f"the order is {order_of(case.all_healthy)}",
                instead=snippets.block(
                    {"loadBalancer": {"localityLbSetting": {"enabled": False}}},
                    remark="only if requests are to go to all endpoints alike",
                ),
            )


def minimum_health(facts: AnalysisContext) -> t.Iterator[Finding]:
    for each in ejecting(facts):
        percent = each.raw.get("minHealthPercent") or 0
        if not percent:
            continue
        kept = {key: value for key, value in each.raw.items() if key != "minHealthPercent"}
        yield finding(
            "EW403",
            each.rule.title,
            f"{each.path}.minHealthPercent",
            message=f"minHealthPercent is {percent}",
            effect=f"once fewer than {percent} % of a priority's hosts are healthy and no other "
            "priority makes up for them, Envoy sends to ejected hosts, too, and localities stop "
            f"counting; endpoints that are not ready are hidden from proxies{_example(each)}",
            instead=snippets.block({"outlierDetection": kept}),
        )


def counts_nothing(facts: AnalysisContext) -> t.Iterator[Finding]:
    for each in ejecting(facts):
        if counts_no_error(each.raw):
            yield finding(
                "EW404",
                each.rule.title,
                each.path,
                message="consecutive5xxErrors is 0 and consecutiveGatewayErrors is not set",
                effect="nothing is ever ejected: traffic moves only when an endpoint is not ready "
                "any more",
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "consecutive5xxErrors": 5}}
                ),
            )


def only_in_mesh(facts: AnalysisContext) -> t.Iterator[Finding]:
    """MeshConfig.defaultTrafficPolicy ejects, but sets no priorities."""
    default = (facts.view.mesh.config.get("defaultTrafficPolicy") or {}).get("outlierDetection")
    if default is None:
        return
    for case in first_by_service(
        case for service in facts.services for case in facts.cases(service)
    ):
        located = {each.locality for each in case.endpoints}
        if case.policy.outlier_detection is not None or len(located) < 2:
            continue
        if case.applied.mode is not Mode.NOTHING or not case.applied.setting.enabled:
            continue
        yield finding(
            "EW405",
            MESH,
            "mesh.defaultTrafficPolicy.outlierDetection",
            message="outlierDetection stands in the mesh's default policy, and no rule for "
            f"{case.service.host} has one",
            effect=f"hosts are ejected, but istiod sets no priorities: {sends(case.all_healthy)}",
            instead=snippets.block(
                {"trafficPolicy": {"outlierDetection": dict(default) or dict(EJECTION)}},
                remark=f"in a DestinationRule for {case.service.host}, if it is to fail over",
            ),
        )


def _example(each: OutlierPolicy) -> str:
    for case in each.cases:
        hosts = case.hosts
        percent = float(each.raw["minHealthPercent"])
        fewest = next((n for n in range(hosts, -1, -1) if 100 * n < percent * hosts), None)
        if hosts and fewest is not None:
            return f" (of {count(hosts, 'host')}, that is at {fewest} healthy)"
    return ""


CHECKS = (turns_locality_on, minimum_health, counts_nothing, only_in_mesh)
