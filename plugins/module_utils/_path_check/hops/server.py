# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the server's sidecar and its app."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    is_external,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
    endpoint_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoints import (
    describe_endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    connection_terminated,
    is_proxy_error,
    log_lines,
    probe_lines,
    responses,
    tls_failed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.gateway_address import (
    parse_server_name,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.missing_endpoints import (
    explain,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    NOT_REACHED,
    SERVER,
    HopResult,
    PathFacts,
    Replica,
    Server,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record


def evaluate(facts: PathFacts, failed_tls: t.Collection[str]) -> list[HopResult]:
    """Evaluate the servers; ``failed_tls`` are the locations whose TLS hop failed."""
    return [_evaluate_route(facts, route, failed_tls) for route in endpoint_routes(facts)]


def _evaluate_route(
    facts: PathFacts, route: EndpointRoute, failed_tls: t.Collection[str]
) -> HopResult:
    if isinstance(route.end, Replica):
        return _no_backend(facts, route.end)
    if isinstance(route.end, Server):
        hop = _state(route, route.end)
        if hop is not None:
            return hop
    if route.where in failed_tls:
        return HopResult(SERVER, None, route.where, NOT_REACHED)
    return _answer(facts, route)


def _no_backend(facts: PathFacts, replica: Replica) -> HopResult:
    if not replica.chosen:
        return HopResult(
            SERVER, None, replica.where, "the gateway leads nowhere, so nobody was asked"
        )
    detail = "the gateway knows the service but has no endpoint for it"
    advice = (
        "scale the workload up, or compare the Service's selector with the pods' labels;"
        " a gateway sees the pods of its own network only"
    )
    port, host = parse_server_name(replica.chosen)
    reason = explain(facts.states.get(replica.cluster), (host,), port, gateway=True)
    if reason is not None:
        detail, advice = f"{detail}: {reason.detail}", reason.advice
    evidence = (f"{replica.chosen} has no endpoint",)
    return HopResult(SERVER, False, replica.where, detail, evidence, advice)


def _state(route: EndpointRoute, server: Server) -> HopResult | None:
    """Evaluate the server's state, without the responses."""
    where = server.where
    if server.drained:
        advice = "bring it back: module sidecar, state serving"
        return HopResult(SERVER, False, where, "the server's sidecar is drained", (), advice)
    if server.error:
        return HopResult(SERVER, None, where, "the server cannot be looked into", (server.error,))
    if not route.last.usable:
        detail = f"the endpoint is {route.last.before.health}"
        # the endpoints hop evaluates the client's own endpoints
        ok = None if route.last is route.first else False
        return HopResult(SERVER, ok, where, detail, (describe_endpoint(route.last),))
    if server.has_sidecar and server.inbound is None:
        advice = "compare the Service's targetPort with the port of the container"
        detail = f"nothing listens at port {server.port} of the pod"
        return HopResult(SERVER, False, where, detail, (), advice)
    return None


def _answer(facts: PathFacts, route: EndpointRoute) -> HopResult:
    where = route.where
    evidence = (*responses(facts), *log_lines(facts))
    failed = [record for record in facts.records if record.failed]
    if route.gateways and route.last.failed_connections:
        advice = "is the app or its sidecar up? compare the Service's targetPort with the app's"
        detail = "the pod does not accept connections"
        return HopResult(
            SERVER, False, where, detail, (describe_endpoint(route.last), *evidence), advice
        )
    if route.first.failed_connections:
        if route.gateways and route.first.requests and facts.answered:
            # not all routes to it are broken
            return HopResult(SERVER, True, where, "the app answers", evidence)
        return _refused(facts, route, evidence)
    if not route.first.requests:
        return HopResult(SERVER, None, where, "no request went here")
    if not failed or _errors_elsewhere(facts, route, failed):
        return HopResult(SERVER, True, where, "the app answers", evidence)
    return _failed(facts, route, evidence)


def _errors_elsewhere(facts: PathFacts, route: EndpointRoute, failed: t.Sequence[Record]) -> bool:
    """Return whether other endpoints sent the errors; Envoy counts those from 500 on."""
    counted = any(
        each.errors for cluster_hop in facts.cluster_hops for each in cluster_hop.endpoints
    )
    return counted and not route.first.errors and all(record.status >= 500 for record in failed)


def _refused(facts: PathFacts, route: EndpointRoute, evidence: tuple[str, ...]) -> HopResult:
    unreachable = route.end is None or route.gateways or tls_failed(facts, route.cluster_hop)
    if route.end is None and is_external(facts.state, facts.request.names):
        detail = "the external server does not accept connections"
        evidence = (*probe_lines(route.first), describe_endpoint(route.first), *evidence)
        advice = "start the server, or correct its address and port in the ServiceEntry"
        return HopResult(SERVER, False, route.where, detail, evidence, advice)
    if unreachable:
        return HopResult(SERVER, None, route.where, NOT_REACHED)
    advice = "is the pod up, and its sidecar serving? compare the Service's targetPort"
    detail = "the pod does not accept connections"
    if isinstance(route.end, Server) and route.end.cluster != facts.cluster:
        detail = f"direct connections to the pod in cluster {route.end.cluster} fail"
        advice = (
            "the sidecar takes both clusters for one network; if they are not, label each"
            " istio-system namespace with a network of its own (topology.istio.io/network)"
        )
    return HopResult(
        SERVER, False, route.where, detail, (describe_endpoint(route.first), *evidence), advice
    )


def _failed(facts: PathFacts, route: EndpointRoute, evidence: tuple[str, ...]) -> HopResult:
    first = next(record for record in facts.records if record.failed)
    statuses = ", ".join(sorted({str(r.status) for r in facts.records if r.failed}))
    if first.status == 403 and "RBAC" in first.body:
        detail = "the server's sidecar denies access (403 RBAC)"
        advice = "look at the AuthorizationPolicies of the server, and which identity they allow"
    elif first.status == 0:
        detail = f"no answer: {first.error}"
        advice = "is the app slow or stuck? a larger timeout would tell"
    elif first.status == 504 and is_proxy_error(first.body):
        detail = "no answer in time (504)"
        advice = "is the app slow or stuck? look at the timeout of the VirtualService"
    elif connection_terminated(facts):
        detail = "the server ends the connection before it answers"
        advice = (
            "look for a crash of the app, and whether the server accepts the client's certificate:"
            " its root, its trust domain; name the server's cluster in peers for more"
        )
    elif is_proxy_error(first.body):
        detail = f"the server's sidecar gets no answer from the app ({statuses})"
        advice = "is the app listening at the port that the Service's targetPort names?"
    else:
        detail = f"the request arrives, and the app answers {statuses}"
        advice = "the path works: look at the URL's path and method, or into the app"
    return HopResult(SERVER, False, route.where, detail, evidence, advice)
