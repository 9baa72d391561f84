# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate mTLS between the client's and the server's sidecar."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import trust
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    disabling_policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
    endpoint_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    log_lines,
    tls_counters,
    tls_failed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.handshake import (
    handshake_failure,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.tls_client_view import (
    client_view,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    TLS,
    HopResult,
    Identity,
    PathFacts,
    Replica,
    Server,
    counter_growth,
)


def evaluate(facts: PathFacts) -> list[HopResult]:
    return [_evaluate_route(facts, route) for route in endpoint_routes(facts)]


def _evaluate_route(facts: PathFacts, route: EndpointRoute) -> HopResult:
    mtls = route.first.mtls
    if isinstance(route.end, Server):
        return _server(facts, route, route.end, mtls)
    if isinstance(route.end, Replica):
        if mtls is False:
            return _plain_to_gateway(route.end)
        return HopResult(TLS, None, route.where, "nobody is behind the gateway to shake hands with")
    return client_view(facts, route, mtls)


def _plain_to_gateway(replica: Replica) -> HopResult:
    return HopResult(
        TLS,
        False,
        replica.where,
        "the client sends plain text to the gateway, which reads the server name of TLS",
        ("the endpoint lacks the mark tlsMode=istio",),
        "give the WorkloadEntry or the endpoint the label security.istio.io/tlsMode: istio; a"
        " ServiceEntry needs location: MESH_INTERNAL; look for tls.mode DISABLE in DestinationRules",
    )


def _server(facts: PathFacts, route: EndpointRoute, server: Server, mtls: bool | None) -> HopResult:
    where = server.where
    if mtls is False and route.gateways:
        return _plain_to_gateway(route.gateways[0])
    if server.error:
        return client_view(facts, route, mtls)
    if not server.has_sidecar or server.inbound is None:
        return _without_inbound(server, mtls)
    if mtls is False:
        return _plain(server)
    if not server.inbound.mtls:
        policy = _policy(facts, server)
        advice = f"set the mode of {policy} to PERMISSIVE or STRICT; its mode is DISABLE"
        return HopResult(
            TLS, False, where, "the client begins TLS, the server takes plain text only", (), advice
        )
    return _identities(facts, route, server)


def _without_inbound(server: Server, mtls: bool | None) -> HopResult:
    if server.has_sidecar:
        # the server's hop has the reason
        return HopResult(TLS, None, server.where, "the server's sidecar cannot be looked into")
    if mtls:
        advice = (
            "inject a sidecar (label istio-injection=enabled), or tls.mode DISABLE for this host"
        )
        detail = "the client begins mTLS, but the server has no sidecar to answer it"
        return HopResult(TLS, False, server.where, detail, (), advice)
    return HopResult(TLS, True, server.where, "plain text: the server has no sidecar")


def _plain(server: Server) -> HopResult:
    if server.inbound is not None and server.inbound.plain:
        return HopResult(TLS, True, server.where, "plain text, which the server allows")
    return HopResult(
        TLS,
        False,
        server.where,
        "the client sends plain text, the server wants mTLS (STRICT)",
        ("the endpoint lacks the mark tlsMode=istio",),
        "look for tls.mode DISABLE in DestinationRules, and whether enableAutoMtls is off",
    )


def _policy(facts: PathFacts, server: Server) -> str:
    """Return the PeerAuthentication that turns mTLS off at the server."""
    state = facts.states.get(server.cluster)
    namespace, _slash, name = server.pod.partition("/")
    pod = state.get("Pod", name, namespace) if state else None
    found = disabling_policy(state, pod, server.port) if state and pod else ""
    return found or "the server's PeerAuthentication"


def _identities(facts: PathFacts, route: EndpointRoute, server: Server) -> HopResult:
    upstream = route.cluster_hop.upstream
    theirs = server.identity
    if theirs is None or not theirs.chain or not facts.identity.chain:
        return client_view(facts, route, True)
    expected = upstream.identities if upstream else ()
    accepted = server.inbound.identities if server.inbound else ()
    by_client = trust.trust_problems(theirs, facts.identity, expected, "server")
    by_server = trust.trust_problems(facts.identity, theirs, accepted, "client")
    evidence = [f"the client does not trust the server's certificate: {d.text}" for d in by_client]
    evidence += [f"the server does not trust the client's certificate: {d.text}" for d in by_server]
    if not by_client and not by_server:
        names = f"{_spiffe_name(facts.identity)} to {_spiffe_name(theirs)}"
        hop = _counter_evidence(facts, route, server)
        return hop or HopResult(TLS, True, server.where, "both sides trust each other", (names,))
    evidence += tls_counters(route.cluster_hop)
    evidence += _server_counters(server)
    evidence += log_lines(facts)
    detail, advice = handshake_failure(
        by_client,
        by_server,
        (facts.identity, theirs),
        (facts.cluster, server.cluster),
        expected,
    )
    return HopResult(TLS, False, server.where, detail, tuple(evidence), advice)


def _counter_evidence(facts: PathFacts, route: EndpointRoute, server: Server) -> HopResult | None:
    """Evaluate the TLS counters where the certificates explain no failure."""
    failed = counter_growth(server.before, server.after, ".ssl.fail_verify_error") + counter_growth(
        server.before, server.after, ".ssl.fail_verify_san"
    )
    if not failed and not (route.first.failed_connections and tls_failed(facts, route.cluster_hop)):
        return None
    evidence = (
        *tls_counters(route.cluster_hop),
        *_server_counters(server),
        *log_lines(facts),
    )
    advice = (
        "restart both workloads: their certificates and roots fit now, so a sidecar may still use"
        " older ones"
    )
    return HopResult(TLS, False, server.where, "the TLS handshake fails", evidence, advice)


def _server_counters(server: Server) -> list[str]:
    found = []
    for name in ("fail_verify_error", "fail_verify_san", "connection_error"):
        count = counter_growth(server.before, server.after, f".ssl.{name}")
        found += [f"{server.pod}: ssl.{name} +{count}"] if count else []
    return found


def _spiffe_name(identity: Identity) -> str:
    return next(iter(trust.names(identity)), "nameless")
