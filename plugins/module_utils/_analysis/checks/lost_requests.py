# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for requests that fail as things are."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import first_where
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import percent, place
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    GatewayTracer,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    SYSTEM_NAMESPACES,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import Mode
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY

REQUESTS_FAIL = FindingType(
    "EW623",
    ERROR,
    "requests fail as things are",
    explanation=(
        "A part of the requests, or all of them, fail now: no endpoint is left or healthy, what "
        "refuses connections cannot be ejected, or the gateway on the way leads nowhere. Followed "
        "from the client to the pods, through gateways whose clusters are known."
    ),
    cure="The cause that the finding names; there is no rule that makes up for it.",
)


NO_ENDPOINT = FindingType(
    "EW624",
    WARNING,
    "a service has no endpoint",
    explanation="No pod, no WorkloadEntry and no endpoint of a ServiceEntry is behind the service.",
    cure="A selector that matches the workloads, workloads, or no Service.",
)


def requests_that_fail(context: AnalysisContext) -> t.Iterator[Finding]:
    """Lost requests, whatever the reason."""
    for case in first_where(
        (case for case in context.all_cases() if _is_of_interest(context, case)),
        lambda case: (case.service.host, case.port.number),
        lambda case: _losses(context, case)[0],
    ):
        service = case.service
        title = f"{service.kind} {service.namespace}/{service.name}"
        lost, reasons = _losses(context, case)
        where = place(case.origin.client.locality)
        effect = f"{percent(lost)} of the requests of clients in {where} fail"
        if not case.endpoints and not case.assignment.dropped:
            yield NO_ENDPOINT.finding(
                title,
                "spec.selector" if service.kind == "Service" else "spec.endpoints",
                message=f"port {case.port.number} of {service.host} has no endpoint",
                effect=effect,
                instead=snippets.remark("workloads for it, or remove the service"),
            )
        else:
            yield REQUESTS_FAIL.finding(
                title,
                f"spec.ports[{service.ports.index(case.port)}]",
                message="; ".join(reasons),
                effect=effect,
                instead=snippets.remark("mend the cause; no rule makes up for it"),
            )


CHECKS = (requests_that_fail,)


def _is_of_interest(context: AnalysisContext, case: TrafficCase) -> bool:
    if case.subset or _is_removed_by_rule(case):
        return False
    system = {context.local.root_namespace, *SYSTEM_NAMESPACES}
    # the Services of gateways are there for callers from outside
    return bool(case.endpoints) or bool(case.rule_name) or case.service.namespace not in system


def _is_removed_by_rule(case: TrafficCase) -> bool:
    """Does distribute remove every endpoint? That is a finding about the rule."""
    if case.applied.mode is not Mode.DISTRIBUTE or case.hosts:
        return False
    return bool(case.unruled.hosts)


def _all_serve(context: AnalysisContext, case: TrafficCase) -> bool:
    """Is nothing there that could lose a request: a weight, a gateway, an endpoint that does not serve?"""
    return (
        bool(case.endpoints)
        and case.applied.mode is not Mode.DISTRIBUTE
        and not (context.topology.drained or context.view.network_gateways)
        and not case.origin.client.network_view
        and all(
            each.health == HEALTHY
            and each.network == case.origin.client.network
            and not context.topology.gateway_at(each.address, each.port)
            for each in case.endpoints
        )
    )


def _losses(context: AnalysisContext, case: TrafficCase) -> tuple[float, tuple[str, ...]]:
    """The part of the requests that fails, and why."""
    if _all_serve(context, case):
        return 0.0, ()
    topology = context.topology
    hosts = (each for group in case.assignment.groups for each in group.endpoints)
    if not topology.drained and not any(
        topology.gateway_at(each.address, each.port) for each in hosts
    ):
        # nothing refuses connections, and no gateway is on the way
        return (1.0, (case.now.lost,)) if case.now.lost else (0.0, ())
    tracer = GatewayTracer(topology, case.origin.proxy, case.cluster)
    now = tracer.effective_shares()
    answers = tracer.answers(now.endpoints)
    return answers.lost, tuple(dict.fromkeys((*now.reasons, *answers.reasons)))
