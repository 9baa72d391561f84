# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the requests and the client's counters say, in words. Private to this collection."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    PathFacts,
)

# of Envoy's own answers; what they begin with, or are
_ENVOY_SAYS = ("upstream connect error", "no healthy upstream", "upstream request timeout")
_FAILED_CHECKS = ("ssl.fail_verify_error", "ssl.fail_verify_san", "ssl.fail_verify_no_cert")
_REFUSED = ("delayed connect error", "delayed_connect_error", "connection refused")


def by_proxy(body: str) -> bool:
    """Whether a proxy answered, for want of an answer of the app."""
    return body.startswith(_ENVOY_SAYS)


def answers(facts: PathFacts) -> tuple[str, ...]:
    """What came back, once each."""
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


def logged(facts: PathFacts) -> tuple[str, ...]:
    """What the sidecar's access log says, once each."""
    said = [
        " ".join(part for part in (",".join(line.flags), line.reason) if part) for line in facts.log
    ]
    return tuple(f"access log: {each}" for each in dict.fromkeys(said) if each)


def reasons(facts: PathFacts) -> str:
    """Everything that may hold the reason of a failed connection."""
    bodies = [record.body for record in facts.records if record.failed]
    return " ".join([*(line.reason for line in facts.log), *bodies])


def refused(facts: PathFacts) -> bool:
    """Whether nobody listens, as far as words tell."""
    return any(each in reasons(facts).lower() for each in _REFUSED)


def overflow(facts: PathFacts) -> bool:
    """Whether the client's sidecar refused requests because its connection pool is full."""
    return any("reset reason: overflow" in record.body for record in facts.records) or any(
        "UO" in line.flags for line in facts.log
    )


def tls_trouble(facts: PathFacts, reached: ClusterHop) -> bool:
    """Whether the client's own sidecar broke handshakes off."""
    said = reasons(facts)
    return any(reached.more(each) for each in _FAILED_CHECKS) or "CERTIFICATE_VERIFY_FAILED" in said


def client_cert_rejected(facts: PathFacts, reached: ClusterHop) -> bool:
    """Whether the other side ended the connection once it had seen the client's certificate.

    To a client, its own part of TLS 1.3's handshake is complete by then.
    """
    if "ALERT" in reasons(facts):
        return True
    return reached.more(".ssl.connection_error") > 0 and cut_off(facts)


def cut_off(facts: PathFacts) -> bool:
    """Whether connections ended after the handshake and before an answer."""
    return any("connection termination" in record.body for record in facts.records) or any(
        "UC" in line.flags for line in facts.log
    )


def tls_counters(reached: ClusterHop) -> tuple[str, ...]:
    """The TLS counters that grew."""
    wanted = ("handshake", "connection_error", "fail_verify_error", "fail_verify_san")
    found = ((name, reached.more(f".ssl.{name}")) for name in wanted)
    return tuple(f"{reached.name}: ssl.{name} +{count}" for name, count in found if count)


def through(endpoint: Endpoint) -> bool:
    """Whether a request got to the endpoint, be it over a connection that existed before."""
    return endpoint.requests > 0 and endpoint.refused == 0
