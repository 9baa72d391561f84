# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate mTLS from the client's counters and access log."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoint_routes import (
    EndpointRoute,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    client_cert_rejected,
    connection_terminated,
    got_through,
    log_lines,
    reasons,
    tls_counters,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.handshake import (
    ALIAS,
    TRUST,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    TLS,
    HopResult,
    PathFacts,
)

_NO_HANDSHAKE = "no handshake came about, so nothing can be said of it"
_LOOK = "name the server's cluster in peers: then both chains are verified"
# OpenSSL's words in the access log
_VERIFY_FAULTS = {
    "certificate_has_expired": "a certificate of the server's chain has expired",
    "certificate has expired": "a certificate of the server's chain has expired",
    "not_yet_valid": "a certificate of the server's chain is not yet valid",
    "not yet valid": "a certificate of the server's chain is not yet valid",
    "path_length_constraint": "the server's chain is longer than a CA in it allows",
    "path length constraint": "the server's chain is longer than a CA in it allows",
    "certificate_purpose": "a CA of the server's chain may not issue servers' certificates",
    "certificate purpose": "a CA of the server's chain may not issue servers' certificates",
}


def client_view(facts: PathFacts, route: EndpointRoute, mtls: bool | None) -> HopResult:
    """Evaluate the handshake from the client's counters and access log."""
    cluster_hop, said = route.cluster_hop, reasons(facts)
    evidence = (*tls_counters(cluster_hop), *log_lines(facts))
    if route.first.probe and route.first.probe.outcome != "tls":
        return HopResult(TLS, None, route.where, _NO_HANDSHAKE)
    if mtls is not False and client_cert_rejected(facts, cluster_hop):
        detail = "the server does not accept the client's certificate"
        return HopResult(TLS, False, route.where, detail, evidence, f"{TRUST}; or {ALIAS}; {_LOOK}")
    if got_through(route.first):
        if connection_terminated(facts):
            detail = "the handshake is complete; whether the server accepted it is unknown"
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
            "the client sends plain text; whether the other side wants mTLS is unknown",
            ("the endpoint lacks the mark tlsMode=istio",),
            "a gateway of another mesh needs the label security.istio.io/tlsMode: istio",
        )
    detail, advice = _failure(route, said)
    if not detail:
        return HopResult(TLS, None, route.where, _NO_HANDSHAKE)
    return HopResult(TLS, False, route.where, detail, evidence, advice)


def _failure(route: EndpointRoute, said: str) -> tuple[str, str]:
    """Return why the handshake failed, by counters and texts, and the remedy."""
    cluster_hop = route.cluster_hop
    if cluster_hop.growth(".ssl.fail_verify_san") or "SAN" in said:
        expected = cluster_hop.upstream.identities if cluster_hop.upstream else ()
        return (
            "certificate verify failed: the server's identity is not one that is accepted",
            f"the client accepts {', '.join(map(str, expected)) or 'no name of the server'}: compare"
            " the server's trust domain (or its alias), its namespace (that of the ServiceEntry) and"
            f" its service account; {_LOOK}",
        )
    if cluster_hop.growth(".ssl.fail_verify_error") or "CERTIFICATE_VERIFY_FAILED" in said:
        fault = next((text for word, text in _VERIFY_FAULTS.items() if word in said), "")
        if fault:
            return f"certificate verify failed: {fault}", _LOOK
        detail = "certificate verify failed: the client does not know the server's root"
        return detail, f"{TRUST}; {_LOOK}"
    if cluster_hop.growth(".ssl.connection_error") or "TLS_error" in said:
        return "the TLS handshake fails on the other side", _LOOK
    return "", ""
