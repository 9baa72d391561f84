# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for endpoints that do not serve."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_where,
    outcome,
    same_endpoints,
    sends,
    verb,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import percent, place
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    MODELLED_ISTIO,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    is_unhealthy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    UNHEALTHY,
    Endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service

DRAINED = FindingType(
    "EW621",
    WARNING,
    "drained endpoints are still in the picture",
    explanation=(
        "A drained sidecar takes no new connection, while its pod runs on. Until it is ejected "
        "or not ready, its share of the requests is refused and retried or fails; then the "
        "others share it. Nothing restarts it."
    ),
    cure="Restart it: delete the pod.",
)


def drained(context: AnalysisContext) -> t.Iterator[Finding]:
    """Sidecars that take no new connection, though their pods still run."""
    for case, endpoint in _first_cases(
        context, lambda each, drained: each.health == HEALTHY and is_unhealthy(each, drained)
    ):
        yield DRAINED.finding(
            _title(endpoint),
            "status",
            message=f"the sidecar of {endpoint.name} at {place(endpoint.locality)} is drained "
            "or out of order and serves no new connection",
            effect=_effect(case, endpoint),
            instead=snippets.remark(_restart(endpoint)),
        )


NOT_READY = FindingType(
    "EW622",
    WARNING,
    "endpoints are not ready",
    explanation=(
        "The endpoint is not ready. Envoy knows it, counts it as unhealthy and moves its share; "
        "the finding says where."
    ),
    cure="The pod's conditions and events say why.",
)


def not_ready(context: AnalysisContext) -> t.Iterator[Finding]:
    for case, endpoint in _first_cases(context, lambda each, _unused: each.health == UNHEALTHY):
        yield NOT_READY.finding(
            _title(endpoint),
            'status.conditions["Ready"]',
            message=f"{endpoint.name} at {place(endpoint.locality)} is not ready",
            effect=f"{_difference(case)}{_in_older_releases(case)}",
            instead=snippets.remark(
                f"the conditions and events of {_title(endpoint)} say why;\n"
                f"a sidecar that was drained needs a restart: {_restart(endpoint)}"
            ),
        )


CHECKS = (drained, not_ready)


def _first_cases(
    context: AnalysisContext, holds: t.Callable[[Endpoint, frozenset[str]], bool]
) -> list[tuple[TrafficCase, Endpoint]]:
    """The endpoints of which it holds, each with the first case of every service that has it."""
    return first_where(
        (
            (case, endpoint)
            for service in context.services
            if _has_ill_endpoints(context, service)
            for case in context.cases(service)
            if not case.subset
            for endpoint in case.endpoints
        ),
        lambda pair: (pair[0].service.host, pair[1].name),
        lambda pair: holds(pair[1], pair[0].drained),
    )


def _has_ill_endpoints(context: AnalysisContext, service: Service) -> bool:
    """Does any endpoint not serve? Most services of a large mesh have none such."""
    return bool(context.topology.drained) or any(
        each.health != HEALTHY
        for port in service.ports
        for each in context.view.endpoints.of(service, port)
    )


def _effect(case: TrafficCase, endpoint: Endpoint) -> str:
    plain = case.variant(drained=())
    share = plain.now.by_name().get(endpoint.name, 0.0)
    where = place(case.origin.client.locality)
    limit = ejection(case.assignment.outlier_detection, case.hosts)
    if not share:
        return f"clients in {where} send it nothing now, and it cannot take over either"
    until = "until the readiness probe takes it out"
    if limit.possible:
        until = "until it is ejected"
    return (
        f"{_difference(case)}; {until}, {percent(share)} of the requests of clients in {where} "
        "meet a refused connection first and are retried elsewhere or fail"
    )


def _difference(case: TrafficCase) -> str:
    where = place(case.origin.client.locality)
    if same_endpoints(case, case.all_healthy):
        return f"it does not change where requests go: {sends(case)}"
    return (
        f"it {verb(case)}: for clients in {where} it is {outcome(case)} "
        f"instead of {outcome(case.all_healthy)}"
    )


def _in_older_releases(case: TrafficCase) -> str:
    """Say where requests go if istiod leaves endpoints out that are not ready, as it did before."""
    older = case.variant(endpoints=[each for each in case.endpoints if each.health != UNHEALTHY])
    if same_endpoints(case, older) or not older.endpoints:
        return ""
    return (
        f", as Istio {MODELLED_ISTIO} and newer send proxies what is not ready; older releases do not, and it "
        f"would be {outcome(older)}"
    )


def _title(endpoint: Endpoint) -> str:
    return f"{'Pod' if endpoint.node else 'WorkloadEntry'} {endpoint.name}"


def _restart(endpoint: Endpoint) -> str:
    if not endpoint.node:
        return "restart the sidecar of the workload behind it"
    return f"delete {_title(endpoint)}, and its workload makes another"
