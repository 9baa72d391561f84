# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate mTLS between the client's and the server's sidecar."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import trust
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
    endpoint_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    client_cert_rejected,
    connection_terminated,
    got_through,
    log_lines,
    reasons,
    tls_counters,
    tls_failed,
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

_TRUST = (
    "give both clusters one root, or put each other's root into the trust bundle (role trust,"
    " trust_root: own, or trust_extra_roots)"
)
_ALIAS = (
    "name the other trust domain in trustDomainAliases of both meshes (role istio,"
    " istio_trust_domain_aliases), and give imports the right service account"
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
    return _client_view(facts, route, mtls)


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
        return _client_view(facts, route, mtls)
    if not server.has_sidecar or server.inbound is None:
        return _without_inbound(server, mtls)
    if mtls is False:
        return _plain(server)
    if not server.inbound.mtls:
        advice = "look at the PeerAuthentication of the server: its mode is DISABLE"
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


def _identities(facts: PathFacts, route: EndpointRoute, server: Server) -> HopResult:
    upstream = route.cluster_hop.upstream
    theirs = server.identity
    if theirs is None or not theirs.chain or not facts.identity.chain:
        return _client_view(facts, route, True)
    expected = upstream.identities if upstream else ()
    accepted = server.inbound.identities if server.inbound else ()
    by_client = trust.trust_problems(theirs, facts.identity, expected)
    by_server = trust.trust_problems(facts.identity, theirs, accepted)
    evidence = [
        f"the client does not believe the server's certificate: {d.text}" for d in by_client
    ]
    evidence += [
        f"the server does not believe the client's certificate: {d.text}" for d in by_server
    ]
    if not by_client and not by_server:
        names = f"{_spiffe_name(facts.identity)} to {_spiffe_name(theirs)}"
        hop = _counter_evidence(facts, route, server)
        return hop or HopResult(TLS, True, server.where, "both sides trust each other", (names,))
    evidence += tls_counters(route.cluster_hop)
    evidence += _server_counters(server)
    evidence += log_lines(facts)
    detail, advice = _handshake_failure(by_client, by_server, (facts.identity, theirs))
    return HopResult(TLS, False, server.where, detail, tuple(evidence), advice)


def _handshake_failure(
    by_client: t.Sequence[trust.TrustProblem],
    by_server: t.Sequence[trust.TrustProblem],
    sides: tuple[Identity, Identity],
) -> tuple[str, str]:
    """Return the reason of the failed handshake and its remedy."""
    client, server = (
        {problem.kind for problem in trust_problems} for trust_problems in (by_client, by_server)
    )
    if "expired" in client | server:
        whose = "server's" if "expired" in client else "client's"
        return f"the {whose} certificate has expired", "restart the workload, look at istiod's log"
    if "root" in client | server:
        who = "the client does not know the server's root"
        if "root" not in client:
            who = "the server does not know the client's root"
        elif "root" in server:
            who = "client and server do not know each other's root"
        return f"certificate verify failed: {who}", _TRUST
    mine, yours = (trust.trust_domain(side) for side in sides)
    if mine != yours:
        detail = (
            f"certificate verify failed: the client is of trust domain {mine}, the server of"
            f" {yours}, and {'the client' if client else 'the server'} does not accept that"
        )
        return detail, _ALIAS
    return (
        "certificate verify failed: the server's identity is not the one that the client expects",
        "name the service account of the server's pods in the import (serviceAccount) or in"
        " subjectAltNames",
    )


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
    return HopResult(TLS, False, server.where, "the TLS handshake fails", evidence, _TRUST)


def _server_counters(server: Server) -> list[str]:
    found = []
    for name in ("fail_verify_error", "fail_verify_san", "connection_error"):
        count = counter_growth(server.before, server.after, f".ssl.{name}")
        found += [f"{server.pod}: ssl.{name} +{count}"] if count else []
    return found


def _client_view(facts: PathFacts, route: EndpointRoute, mtls: bool | None) -> HopResult:
    """Evaluate the handshake from the client's counters and access log."""
    cluster_hop, said = route.cluster_hop, reasons(facts)
    evidence = (*tls_counters(cluster_hop), *log_lines(facts))
    if mtls is not False and client_cert_rejected(facts, cluster_hop):
        detail = "the server does not accept the client's certificate"
        return HopResult(TLS, False, route.where, detail, evidence, f"{_TRUST}; or {_ALIAS}")
    if got_through(route.first):
        if connection_terminated(facts):
            detail = "the handshake is complete; whether the server accepted it cannot be told"
            return HopResult(TLS, None, route.where, detail, evidence)
        what = "mTLS works" if mtls else "plain text"
        if mtls and not route.first.new_connections:
            what = "the connection existed before; a new one was not tried"
        return HopResult(TLS, True, route.where, what, evidence)
    if mtls is False and route.first.failed_connections:
        return HopResult(
            TLS,
            None,
            route.where,
            "the client sends plain text; whether the other side wants mTLS cannot be told",
            ("the endpoint lacks the mark tlsMode=istio",),
            "a gateway of another mesh needs the label security.istio.io/tlsMode: istio",
        )
    if cluster_hop.growth(".ssl.fail_verify_san") or "SAN" in said:
        detail = "certificate verify failed: the server's identity is not one that is accepted"
        return HopResult(TLS, False, route.where, detail, evidence, _ALIAS)
    if cluster_hop.growth(".ssl.fail_verify_error") or "CERTIFICATE_VERIFY_FAILED" in said:
        detail = "certificate verify failed: the client does not know the server's root"
        return HopResult(TLS, False, route.where, detail, evidence, _TRUST)
    if cluster_hop.growth(".ssl.connection_error") or "TLS_error" in said:
        detail = "the TLS handshake fails on the other side"
        return HopResult(TLS, False, route.where, detail, evidence, _TRUST)
    return HopResult(
        TLS, None, route.where, "no handshake came about, so nothing can be said of it"
    )


def _spiffe_name(identity: Identity) -> str:
    return next(iter(trust.names(identity)), "nameless")
