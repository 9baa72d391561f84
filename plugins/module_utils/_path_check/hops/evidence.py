# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe the responses, the access log and the client's counters."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    PathFacts,
)

# how the bodies of Envoy's own responses begin
_ENVOY_SAYS = ("upstream connect error", "no healthy upstream", "upstream request timeout")
_FAILED_CHECKS = ("ssl.fail_verify_error", "ssl.fail_verify_san", "ssl.fail_verify_no_cert")
_OUTCOMES = {
    "refused": "no connection",
    "timeout": "no connection in time",
    "silent": "a connection, but no response",
    "closed": "the connection is closed during the handshake",
    "plain": "a response without TLS",
    "tls": "a response",
}
_REFUSED = ("delayed connect error", "delayed_connect_error", "connection refused")


def is_proxy_error(body: str) -> bool:
    """Return whether a proxy, not the app, sent the response."""
    return body.startswith(_ENVOY_SAYS)


def responses(facts: PathFacts) -> tuple[str, ...]:
    """Describe each kind of response once, with its count."""
    said = []
    for record in facts.records:
        text = " ".join(record.body.split())[:160]
        if record.status == 0:
            said.append(f"no answer: {record.error}")
        elif record.failed:
            said.append(f"answer {record.status}: {text or 'no words'}")
        else:
            said.append(f"answer {record.status}")
    return tuple(f"{said.count(each)} × {each}" for each in dict.fromkeys(said))


def log_lines(facts: PathFacts) -> tuple[str, ...]:
    """Describe each kind of access log entry once."""
    said = [
        " ".join(part for part in (",".join(line.flags), line.reason) if part) for line in facts.log
    ]
    return tuple(f"access log: {each}" for each in dict.fromkeys(said) if each)


def reasons(facts: PathFacts) -> str:
    """Return the texts that may hold the reason of a failed connection."""
    bodies = [record.body for record in facts.records if record.failed]
    return " ".join([*(line.reason for line in facts.log), *bodies])


def connection_refused(facts: PathFacts) -> bool:
    """Return whether a text says that the connection was refused."""
    return any(each in reasons(facts).lower() for each in _REFUSED)


def no_tls(facts: PathFacts) -> bool:
    """Return whether a text says that the other side speaks no TLS."""
    return "WRONG_VERSION_NUMBER" in reasons(facts)


def pool_overflow(facts: PathFacts) -> bool:
    """Return whether the client's sidecar rejected requests because its pool is full."""
    return any("reset reason: overflow" in record.body for record in facts.records) or any(
        "UO" in line.flags for line in facts.log
    )


def tls_failed(facts: PathFacts, cluster_hop: ClusterHop) -> bool:
    """Return whether the client's sidecar rejected the server's certificate."""
    said = reasons(facts)
    return (
        any(cluster_hop.growth(each) for each in _FAILED_CHECKS)
        or "CERTIFICATE_VERIFY_FAILED" in said
    )


def client_cert_rejected(facts: PathFacts, cluster_hop: ClusterHop) -> bool:
    """Return whether the server closed the connection on the client's certificate.

    With TLS 1.3 the handshake is complete for the client by then.
    """
    if "ALERT" in reasons(facts):
        return True
    return cluster_hop.growth(".ssl.connection_error") > 0 and connection_terminated(facts)


def connection_terminated(facts: PathFacts) -> bool:
    """Return whether connections ended after the handshake and before a response."""
    return any("connection termination" in record.body for record in facts.records) or any(
        "UC" in line.flags for line in facts.log
    )


def tls_counters(cluster_hop: ClusterHop) -> tuple[str, ...]:
    """Describe the TLS counters that grew."""
    counters = ("handshake", "connection_error", "fail_verify_error", "fail_verify_san")
    found = ((name, cluster_hop.growth(f".ssl.{name}")) for name in counters)
    return tuple(f"{cluster_hop.name}: ssl.{name} +{count}" for name, count in found if count)


def probe_lines(endpoint: Endpoint) -> tuple[str, ...]:
    """Describe the reaction to the start of a TLS handshake."""
    if endpoint.probe is None:
        return ()
    response = f": {endpoint.probe.response}" if endpoint.probe.response else ""
    return (f"probe of {endpoint.address}: {_OUTCOMES[endpoint.probe.outcome]}{response}",)


def got_through(endpoint: Endpoint) -> bool:
    """Return whether a request reached the endpoint, over a new or an existing connection."""
    return endpoint.requests > 0 and endpoint.failed_connections == 0
