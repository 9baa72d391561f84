# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fifth hop: mTLS, from the client's sidecar to the server's. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import trust
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    evidence as signs,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
    ways,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    TLS,
    Hop,
    Identity,
    PathFacts,
    Replica,
    Server,
    grown,
)

_TRUST = (
    "give both clusters one root, or put each other's root into the trust bundle (role trust,"
    " trust_root: own, or trust_extra_roots)"
)
_ALIAS = (
    "name the other trust domain in trustDomainAliases of both meshes (role istio,"
    " istio_trust_domain_aliases), and give imports the right service account"
)


def judge(facts: PathFacts) -> list[Hop]:
    return [_way(facts, way) for way in ways(facts)]


def _way(facts: PathFacts, way: EndpointRoute) -> Hop:
    mtls = way.first.mtls
    if isinstance(way.end, Server):
        return _server(facts, way, way.end, mtls)
    if isinstance(way.end, Replica):
        if mtls is False:
            return _plain_to_gateway(way.end)
        return Hop(TLS, None, way.where, "nobody is behind the gateway to shake hands with")
    return _unseen(facts, way, mtls)


def _plain_to_gateway(replica: Replica) -> Hop:
    return Hop(
        TLS,
        False,
        replica.where,
        "the client sends plain text to the gateway, which reads the server name of TLS",
        ("the endpoint lacks the mark tlsMode=istio",),
        "give the WorkloadEntry or the endpoint the label security.istio.io/tlsMode: istio; a"
        " ServiceEntry needs location: MESH_INTERNAL; look for tls.mode DISABLE in DestinationRules",
    )


def _server(facts: PathFacts, way: EndpointRoute, server: Server, mtls: bool | None) -> Hop:
    where = server.where
    if mtls is False and way.gateways:
        return _plain_to_gateway(way.gateways[0])
    if server.silent:
        return _unseen(facts, way, mtls)
    if not server.has_sidecar or server.inbound is None:
        return _without(server, mtls)
    if mtls is False:
        return _plain(server)
    if not server.inbound.mtls:
        advice = "look at the PeerAuthentication of the server: its mode is DISABLE"
        return Hop(
            TLS, False, where, "the client begins TLS, the server takes plain text only", (), advice
        )
    return _identities(facts, way, server)


def _without(server: Server, mtls: bool | None) -> Hop:
    if server.has_sidecar:
        # why it says nothing is the server's hop
        return Hop(TLS, None, server.where, "the server's sidecar cannot be looked into")
    if mtls:
        advice = (
            "inject a sidecar (label istio-injection=enabled), or tls.mode DISABLE for this host"
        )
        detail = "the client begins mTLS, but the server has no sidecar to answer it"
        return Hop(TLS, False, server.where, detail, (), advice)
    return Hop(TLS, True, server.where, "plain text: the server has no sidecar")


def _plain(server: Server) -> Hop:
    if server.inbound is not None and server.inbound.plain:
        return Hop(TLS, True, server.where, "plain text, which the server allows")
    return Hop(
        TLS,
        False,
        server.where,
        "the client sends plain text, the server wants mTLS (STRICT)",
        ("the endpoint lacks the mark tlsMode=istio",),
        "look for tls.mode DISABLE in DestinationRules, and whether enableAutoMtls is off",
    )


def _identities(facts: PathFacts, way: EndpointRoute, server: Server) -> Hop:
    upstream = way.reached.upstream
    theirs = server.identity
    if theirs is None or not theirs.chain or not facts.identity.chain:
        return _unseen(facts, way, True)
    expected = upstream.identities if upstream else ()
    accepted = server.inbound.identities if server.inbound else ()
    by_client = trust.doubts(theirs, facts.identity, expected)
    by_server = trust.doubts(facts.identity, theirs, accepted)
    evidence = [
        f"the client does not believe the server's certificate: {d.text}" for d in by_client
    ]
    evidence += [
        f"the server does not believe the client's certificate: {d.text}" for d in by_server
    ]
    if not by_client and not by_server:
        names = f"{_first(facts.identity)} to {_first(theirs)}"
        hop = _contradicted(facts, way, server)
        return hop or Hop(TLS, True, server.where, "both sides trust each other", (names,))
    evidence += signs.tls_counters(way.reached)
    evidence += _server_counters(server)
    evidence += signs.logged(facts)
    detail, advice = _words(by_client, by_server, (facts.identity, theirs))
    return Hop(TLS, False, server.where, detail, tuple(evidence), advice)


def _words(
    by_client: t.Sequence[trust.TrustProblem],
    by_server: t.Sequence[trust.TrustProblem],
    sides: tuple[Identity, Identity],
) -> tuple[str, str]:
    """What is the matter with the handshake, and what would mend it."""
    client, server = ({doubt.kind for doubt in doubts} for doubts in (by_client, by_server))
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


def _contradicted(facts: PathFacts, way: EndpointRoute, server: Server) -> Hop | None:
    """The counters, where they say that a handshake failed for no reason that was foreseen."""
    failed = grown(server.before, server.after, ".ssl.fail_verify_error") + grown(
        server.before, server.after, ".ssl.fail_verify_san"
    )
    if not failed and not (way.first.refused and signs.tls_trouble(facts, way.reached)):
        return None
    evidence = (*signs.tls_counters(way.reached), *_server_counters(server), *signs.logged(facts))
    return Hop(TLS, False, server.where, "the TLS handshake fails", evidence, _TRUST)


def _server_counters(server: Server) -> list[str]:
    found = []
    for name in ("fail_verify_error", "fail_verify_san", "connection_error"):
        count = grown(server.before, server.after, f".ssl.{name}")
        found += [f"{server.pod}: ssl.{name} +{count}"] if count else []
    return found


def _unseen(facts: PathFacts, way: EndpointRoute, mtls: bool | None) -> Hop:
    """Judged by what the client's side counts and says."""
    reached, said = way.reached, signs.reasons(facts)
    evidence = (*signs.tls_counters(reached), *signs.logged(facts))
    if mtls is not False and signs.client_cert_rejected(facts, reached):
        detail = "the server does not accept the client's certificate"
        return Hop(TLS, False, way.where, detail, evidence, f"{_TRUST}; or {_ALIAS}")
    if signs.through(way.first):
        if signs.cut_off(facts):
            detail = "the handshake is complete; whether the server accepted it cannot be told"
            return Hop(TLS, None, way.where, detail, evidence)
        what = "mTLS works" if mtls else "plain text"
        if mtls and not way.first.opened:
            what = "the connection existed before; a new one was not tried"
        return Hop(TLS, True, way.where, what, evidence)
    if mtls is False and way.first.refused:
        return Hop(
            TLS,
            None,
            way.where,
            "the client sends plain text; whether the other side wants mTLS cannot be told",
            ("the endpoint lacks the mark tlsMode=istio",),
            "a gateway of another mesh needs the label security.istio.io/tlsMode: istio",
        )
    if reached.more(".ssl.fail_verify_san") or "SAN" in said:
        detail = "certificate verify failed: the server's identity is not one that is accepted"
        return Hop(TLS, False, way.where, detail, evidence, _ALIAS)
    if reached.more(".ssl.fail_verify_error") or "CERTIFICATE_VERIFY_FAILED" in said:
        detail = "certificate verify failed: the client does not know the server's root"
        return Hop(TLS, False, way.where, detail, evidence, _TRUST)
    if reached.more(".ssl.connection_error") or "TLS_error" in said:
        detail = "the TLS handshake fails on the other side"
        return Hop(TLS, False, way.where, detail, evidence, _TRUST)
    return Hop(TLS, None, way.where, "no handshake came about, so nothing can be said of it")


def _first(identity: Identity) -> str:
    return next(iter(trust.names(identity)), "nameless")
