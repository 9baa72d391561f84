# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explain a failed handshake by both sides' certificates and roots."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import trust
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Identity,
    Matcher,
)

TRUST = (
    "give both clusters one root, or put each other's root into the trust bundle (role trust,"
    " trust_root: own, or trust_extra_roots)"
)
ALIAS = (
    "name the other trust domain in trustDomainAliases of both meshes (role istio,"
    " istio_trust_domain_aliases), and give imports the right service account"
)


def handshake_failure(
    by_client: t.Sequence[trust.TrustProblem],
    by_server: t.Sequence[trust.TrustProblem],
    sides: tuple[Identity, Identity],
    clusters: tuple[str, str],
    accepted: t.Sequence[Matcher],
) -> tuple[str, str]:
    """Return the reason of the failed handshake and its remedy."""
    client, server = ({problem.kind for problem in problems} for problems in (by_client, by_server))
    if "chain" in client | server:
        return _broken_chain(by_client, by_server, clusters)
    if "root" in client | server:
        who = "the client does not know the server's root"
        if "root" not in client:
            who = "the server does not know the client's root"
        elif "root" in server:
            who = "client and server do not know each other's root"
        return f"certificate verify failed: {who}", TRUST
    mine, yours = (trust.trust_domain(side) for side in sides)
    if mine != yours:
        detail = (
            f"certificate verify failed: the client is of trust domain {mine}, the server of"
            f" {yours}, and {'the client' if client else 'the server'} does not accept that"
        )
        return detail, ALIAS
    return (
        "certificate verify failed: the server's identity is not the one that the client expects",
        _identity_advice(trust.names(sides[1]), accepted),
    )


def _broken_chain(
    by_client: t.Sequence[trust.TrustProblem],
    by_server: t.Sequence[trust.TrustProblem],
    clusters: tuple[str, str],
) -> tuple[str, str]:
    """Return what is wrong with a chain for every verifier, and the remedy."""
    problem = next(each for each in (*by_client, *by_server) if each.kind == "chain")
    whose, cluster = (
        ("server's", clusters[1]) if problem in by_client else ("client's", clusters[0])
    )
    kind = problem.chain.kind if problem.chain else ""
    if problem.leaf and kind in ("expired", "not_yet_valid"):
        if kind == "expired":
            advice = "restart the workload, so that its sidecar gets a new certificate"
            return f"the {whose} certificate has expired", advice
        return f"the {whose} certificate {problem.text}", "compare the clocks of both clusters"
    detail = f"certificate verify failed: in the {whose} chain, {problem.text}"
    secret = f"the Secret cacerts of cluster {cluster} (role trust)"
    if kind == "issuer":
        return detail, f"add the missing certificate to cert-chain.pem in {secret}"
    if problem.leaf:
        return detail, "let the mesh's own CA issue the workload's certificate, and restart it"
    return (
        detail,
        f"replace that CA in {secret} by one without the fault, and restart the workloads",
    )


def _identity_advice(shown: t.Sequence[str], accepted: t.Sequence[Matcher]) -> str:
    """Advise to change the part of the identity that differs."""
    name = next(iter(shown), "")
    found, *others = (
        each.partition("/ns/")[2].partition("/sa/") for each in (name, *map(str, accepted))
    )
    namespaces = [namespace for namespace, _sa, account in others if account == found[2]]
    if namespaces and found[0] not in namespaces:
        return (
            f"the identity is checked in the namespace of the ServiceEntry ({namespaces[0]}): move"
            f" the entry to namespace {found[0]}, or list {name} in its subjectAltNames"
        )
    return (
        f"name the service account of the server's pods ({found[2]}) in the import"
        f" (serviceAccount), or list {name} in subjectAltNames"
    )
