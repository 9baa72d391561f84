# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check east-west gateways: missing ones, loops, and what they hide."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checks.workload_entries import (
    is_imported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
    sends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    count,
    listed,
    percent,
    place,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    UNKNOWN,
    is_http,
)

PINNED_CONNECTIONS = FindingType(
    "EW801",
    WARNING,
    "a gateway balances connections, not requests",
    explanation=(
        "Requests reach pods through a gateway, and nothing limits how many go over one "
        "connection. The gateway chooses a pod for each *connection*: one warm client keeps to "
        "one pod, new and recovered pods stay idle, and a drained pod loses the connections "
        "that it has only little by little. The split between localities is not touched by "
        "that, as Envoy chooses the locality for each request."
    ),
    cure=(
        "`connectionPool: {http: {maxRequestsPerConnection: 1}}`; 10 costs fewer connections "
        "and is less even."
    ),
)


def pinned_connections(context: AnalysisContext) -> t.Iterator[Finding]:
    """A gateway passes connections on; which pod answers is decided once for each of them."""
    for case in first_by_service(
        _general_cases(context), lambda case: _pins_connections(context, case)
    ):
        behind = _behind_gateways(context, case)
        where = listed(place(each) for each in behind)
        share = sum(
            part for name, part in case.all_healthy.shares.items() if name in _names_of(behind)
        )
        yield PINNED_CONNECTIONS.finding(
            f"DestinationRule {case.rule_name}",
            "spec.trafficPolicy.connectionPool.http.maxRequestsPerConnection",
            message=f"{case.service.host} at {where} is reached through a gateway, and "
            "maxRequestsPerConnection is not set",
            effect="a gateway balances connections, not requests: each client keeps to one pod "
            "behind it, new and recovered pods there stay idle, and a drained pod loses the "
            "connections that it has only little by little. It does not break the split: "
            f"{_unchanged_split(case, where, share)}",
            instead=snippets.block(
                {"connectionPool": {"http": {"maxRequestsPerConnection": 1}}},
                remark="1 costs a connection for each request; 10 is cheaper, less even",
            ),
        )


UNREACHABLE_ENDPOINTS = FindingType(
    "EW803",
    ERROR,
    "endpoints cannot be reached through their gateway",
    explanation=(
        "Endpoints behind a gateway are left out: they do not speak mTLS, or the gateway has no "
        "address that the client can use."
    ),
    cure=("A sidecar in the pod, or the label `security.istio.io/tlsMode: istio` on the entry."),
)


def unreachable_endpoints(context: AnalysisContext) -> t.Iterator[Finding]:
    """Endpoints behind a gateway that istiod leaves out."""
    dropped: dict[tuple[str, str], dict[str, None]] = {}
    cases: dict[tuple[str, str], TrafficCase] = {}
    for case in _general_cases(context):
        for endpoint, why in case.assignment.dropped:
            if "gateway" in why and not _is_gateway_pod(context, endpoint):
                key = (case.service.host, why)
                cases.setdefault(key, case)
                dropped.setdefault(key, {})[endpoint.name or endpoint.address] = None
    for (_host, why), names in dropped.items():
        case = cases[_host, why]
        yield UNREACHABLE_ENDPOINTS.finding(
            f"{case.service.kind} {case.service.namespace}/{case.service.name}",
            "endpoints",
            message=f"{listed(names)}: {why}",
            effect=f"{count(len(names), 'endpoint')} of {case.service.host} "
            f"{'gets' if len(names) == 1 else 'get'} nothing: {sends(case)}",
            instead=snippets.block(
                {"labels": {well_known.TLS_MODE: well_known.TLS_MODE_ISTIO}},
                remark="a sidecar in the pod sets it; for a WorkloadEntry, write",
            ),
        )


def _is_gateway_pod(context: AnalysisContext, endpoint: Endpoint) -> bool:
    """Whether a gateway's own Service is meant, which is there for callers from outside."""
    namespace, _slash, name = endpoint.name.partition("/")
    pods = (
        cluster.get("Pod", name, namespace)
        for cluster in context.view.mesh.visible
        if cluster.name == endpoint.cluster
    )
    return any(pod is not None and proxies.proxy_role(pod) == proxies.ROUTER for pod in pods)


GATEWAY_LOOP = FindingType(
    "EW804",
    ERROR,
    "the cluster's own gateway sends imported traffic away again",
    explanation=(
        "The cluster's own east-west gateway exposes a host and sees the imported endpoints of "
        "it: what comes in from another mesh may be sent out to it again."
    ),
    cure=(
        "`ISTIO_META_REQUESTED_NETWORK_VIEW: <own network>` in the gateway's environment, and "
        "`network` on the entries."
    ),
)


def gateway_loops(context: AnalysisContext) -> t.Iterator[Finding]:
    """The own gateway sees imported endpoints and sends what comes in out again."""
    for pod in context.local.objects("Pod"):
        if proxies.proxy_role(pod) != proxies.ROUTER:
            continue
        servers = gateways.passthrough_servers(context.local, pod)
        client = context.view.client(pod)
        for service in context.services:
            if not any(each.exposes(service.host, service.namespace) for each in servers):
                continue
            imported = [
                entry
                for entry in context.entries
                if is_imported(context, entry)
                and entry.name in context.endpoint_names(service)
                and (not client.network_view or entry.network in ("", *client.network_view))
            ]
            if not imported:
                continue
            network = context.local.network or client.network or f"{context.local.name}-network"
            yield GATEWAY_LOOP.finding(
                f"Pod {namespace_of(pod)}/{name_of(pod)}",
                f"spec.containers[0].env[{well_known.NETWORK_VIEW_VARIABLE}]",
                message=f"this gateway exposes {service.host} and also sees "
                f"{listed(each.title for each in imported)}",
                effect="requests that come in from another mesh may be sent out to it again: "
                "they go in circles until they fail",
                instead=snippets.block(
                    {"env": [{"name": well_known.NETWORK_VIEW_VARIABLE, "value": network}]},
                    remark="in the gateway's Deployment"
                    + (
                        "; and give the entries a network"
                        if any(not each.network for each in imported)
                        else ""
                    ),
                ),
            )
            break


CHECKS = (pinned_connections, unreachable_endpoints, gateway_loops)


def _general_cases(context: AnalysisContext) -> t.Iterator[TrafficCase]:
    return (case for case in context.all_cases() if not case.subset)


def _pins_connections(context: AnalysisContext, case: TrafficCase) -> bool:
    """Do requests under a rule share connections to a gateway?"""
    pool = case.effective.connection_pool or {}
    if not case.rule_name or (pool.get("http") or {}).get("maxRequestsPerConnection"):
        return False
    http = is_http(case.port.protocol) or case.port.protocol == UNKNOWN
    return http and bool(_behind_gateways(context, case))


def _unchanged_split(case: TrafficCase, where: str, share: float) -> str:
    text = "Envoy chooses the locality for each request"
    if share:
        text += f", and {where} gets {percent(share)} either way"
    return f"{text} ({sends(case.all_healthy)})"


def _behind_gateways(context: AnalysisContext, case: TrafficCase) -> list[str]:
    """Localities of the endpoints that are, or stand for, what is behind a gateway."""
    imported = {entry.name for entry in context.entries if is_imported(context, entry)}
    found = [
        group.locality
        for group in case.assignment.groups
        for each in group.endpoints
        if _is_gateway(each, imported)
    ]
    return list(dict.fromkeys(found))


def _is_gateway(endpoint: Endpoint, imported: t.Container[str]) -> bool:
    return endpoint.gateway or endpoint.name in imported


def _names_of(localities: t.Iterable[str]) -> set[str]:
    return {each.rstrip("/") for each in localities}
