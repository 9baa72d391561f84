# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for side effects of outlier detection, and for detection without effect.

Failover that lacks outlier detection is a finding of ``failover``.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    order_of,
    outcome,
    same_endpoints,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_settings import MESH
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import count
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.outlier_policies import (
    RECOMMENDED,
    OutlierPolicy,
    counts_no_error,
    outlier_policies,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode

IMPLICIT_FAILOVER = FindingType(
    "EW401",
    INFO,
    "outlier detection alone turns on locality failover",
    explanation=(
        "Istio's mesh setting `localityLbSetting` is on by default and waits for outlier "
        "detection. A rule with nothing but `outlierDetection` therefore keeps requests in the "
        "client's zone. Often meant, often a surprise."
    ),
    cure=("`localityLbSetting: {enabled: false}`, if requests are to go to all endpoints alike."),
)


def implicit_failover(context: AnalysisContext) -> t.Iterator[Finding]:
    """Outlier detection without any locality setting."""
    for each in outlier_policies(context):
        for case in each.cases_where(_fails_over_implicitly):
            plain = case.all_healthy.unruled
            yield IMPLICIT_FAILOVER.finding(
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


MINIMUM_HEALTH = FindingType(
    "EW403",
    WARNING,
    "minHealthPercent sends requests to what is not ready",
    explanation=(
        "`minHealthPercent` makes Envoy send to ejected hosts once too few are healthy, which "
        "undoes failover in the moment that it is for, and keeps endpoints that are not ready "
        "from proxies altogether."
    ),
    cure="Leave it out.",
)


def minimum_health_percent(context: AnalysisContext) -> t.Iterator[Finding]:
    for each in outlier_policies(context):
        percent = each.raw.get("minHealthPercent") or 0
        if not percent:
            continue
        kept = {key: value for key, value in each.raw.items() if key != "minHealthPercent"}
        yield MINIMUM_HEALTH.finding(
            each.rule.title,
            f"{each.path}.minHealthPercent",
            message=f"minHealthPercent is {percent}",
            effect=f"once fewer than {percent} % of a priority's hosts are healthy and no other "
            "priority makes up for them, Envoy sends to ejected hosts, too, and localities stop "
            f"counting; endpoints that are not ready are hidden from proxies{_example(each)}",
            instead=snippets.block({"outlierDetection": kept}),
        )


NO_ERRORS_COUNTED = FindingType(
    "EW404",
    WARNING,
    "outlier detection counts no kind of error",
    explanation="Outlier detection that counts neither 5xx nor gateway errors ejects nothing.",
    cure="`consecutive5xxErrors: 5`",
)


def no_errors_counted(context: AnalysisContext) -> t.Iterator[Finding]:
    for each in outlier_policies(context):
        if counts_no_error(each.raw):
            yield NO_ERRORS_COUNTED.finding(
                each.rule.title,
                each.path,
                message="consecutive5xxErrors is 0 and consecutiveGatewayErrors is not set",
                effect="nothing is ever ejected: traffic moves only when an endpoint is not ready "
                "any more",
                instead=snippets.block(
                    {"outlierDetection": {**each.raw, "consecutive5xxErrors": 5}}
                ),
            )


DEPRECATED_COUNT = FindingType(
    "EW407",
    WARNING,
    "consecutiveErrors does nothing",
    explanation=(
        "`consecutiveErrors` is deprecated, and istiod does not read it: 5xx errors count as "
        "`consecutive5xxErrors` says, or 5 of them in a row."
    ),
    cure="`consecutive5xxErrors` or `consecutiveGatewayErrors` with the number.",
    testable=False,
)


def deprecated_count(context: AnalysisContext) -> t.Iterator[Finding]:
    for each in outlier_policies(context):
        if "consecutiveErrors" not in each.raw:
            continue
        number = each.raw["consecutiveErrors"]
        counted = each.raw.get("consecutive5xxErrors")
        yield DEPRECATED_COUNT.finding(
            each.rule.title,
            f"{each.path}.consecutiveErrors",
            message=f"consecutiveErrors is {number}, which istiod does not read",
            effect="it is as if it were not there: consecutive5xxErrors is "
            f"{5 if counted is None else counted}",
            instead=snippets.block(
                {"consecutive5xxErrors": number}, remark="in place of consecutiveErrors"
            )
            if counted is None
            else snippets.remark("leave consecutiveErrors out"),
        )


ONLY_MESH_DEFAULT = FindingType(
    "EW405",
    WARNING,
    "the mesh's outlier detection does not turn on failover",
    explanation=(
        "`outlierDetection` stands in the mesh's `defaultTrafficPolicy`. It ejects, but istiod "
        "sets priorities only for outlier detection in a DestinationRule."
    ),
    cure="`outlierDetection` in a DestinationRule for the service.",
)


def only_mesh_default(context: AnalysisContext) -> t.Iterator[Finding]:
    """MeshConfig.defaultTrafficPolicy ejects, but sets no priorities."""
    default = (context.view.mesh.config.get("defaultTrafficPolicy") or {}).get("outlierDetection")
    if default is None:
        return
    for case in first_by_service(context.all_cases(), _lacks_priorities):
        yield ONLY_MESH_DEFAULT.finding(
            MESH,
            "mesh.defaultTrafficPolicy.outlierDetection",
            message="outlierDetection stands in the mesh's default policy, and no rule for "
            f"{case.service.host} has one",
            effect=f"hosts are ejected, but istiod sets no priorities: {sends(case.all_healthy)}",
            instead=snippets.block(
                {"trafficPolicy": {"outlierDetection": dict(default) or dict(RECOMMENDED)}},
                remark=f"in a DestinationRule for {case.service.host}, if it is to fail over",
            ),
        )


def _fails_over_implicitly(case: TrafficCase) -> bool:
    """Does failover by nearness, which no setting asks for, change where requests go?"""
    if case.applied.mode is not Mode.FAILOVER or case.applied.setting.failover:
        return False
    return not same_endpoints(case.all_healthy, case.all_healthy.unruled)


def _lacks_priorities(case: TrafficCase) -> bool:
    """Is failover on, for endpoints of several localities, but without outlier detection?"""
    if case.policy.outlier_detection is not None or not case.applied.setting.enabled:
        return False
    return case.applied.mode is Mode.NOTHING and len({e.locality for e in case.endpoints}) > 1


def _example(each: OutlierPolicy) -> str:
    for case in each.cases:
        hosts = case.hosts
        percent = float(each.raw["minHealthPercent"])
        fewest = next((n for n in range(hosts, -1, -1) if 100 * n < percent * hosts), None)
        if hosts and fewest is not None:
            return f" (of {count(hosts, 'host')}, that is at {fewest} healthy)"
    return ""


CHECKS = (
    implicit_failover,
    minimum_health_percent,
    no_errors_counted,
    deprecated_count,
    only_mesh_default,
)
