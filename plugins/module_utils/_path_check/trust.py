# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate whether a proxy trusts another's certificate."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import dependency
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.builder import now
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.chain import (
    extension_of,
    timestamp,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.pem import (
    fingerprint,
    load_certificates,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    Identity,
    Matcher,
)

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
except ImportError:  # then nothing is said of certificates
    pass


@dataclass(frozen=True, slots=True)
class TrustProblem:
    """The reason why a certificate is not trusted."""

    # root, expired or name
    kind: str
    text: str


def names(identity: Identity) -> tuple[str, ...]:
    """Return the SPIFFE names of a proxy's certificate."""
    if identity.uris:
        return identity.uris
    chain = _load(identity.chain)
    if not chain:
        return ()
    found = extension_of(chain[0], x509.SubjectAlternativeName)
    kind = x509.UniformResourceIdentifier
    return tuple(found.get_values_for_type(kind)) if found else ()


def trust_domain(identity: Identity) -> str:
    for name in names(identity):
        return name.removeprefix("spiffe://").partition("/")[0]
    return ""


def trust_problems(
    shown: Identity, by: Identity, expected: t.Sequence[Matcher]
) -> list[TrustProblem]:
    """Return why a proxy with the roots of ``by`` rejects the certificate of ``shown``."""
    chain, roots = _load(shown.chain), _load(by.roots)
    found = []
    if chain and roots:
        end = chain[0].not_valid_after_utc
        if end <= now():
            found.append(TrustProblem("expired", f"it expired on {timestamp(end)}"))
        top = _top(chain, roots)
        if top is not None:
            trusted = "; ".join(describe(root) for root in roots)
            found.append(TrustProblem("root", f"its root is {top}; trusted is {trusted}"))
    mine = names(shown)
    if mine and expected and not any(each.matches(name) for each in expected for name in mine):
        wanted = ", ".join(str(each) for each in expected)
        found.append(TrustProblem("name", f"it says {', '.join(mine)}; accepted is {wanted}"))
    return found


def describe(certificate: x509.Certificate) -> str:
    """Describe a certificate by its subject and the start of its fingerprint."""
    return f"{certificate.subject.rfc4514_string()} ({fingerprint(certificate)[:11]})"


def _load(pem: str) -> list[x509.Certificate]:
    if not pem or dependency.FOUND_VERSION is None:
        return []
    try:
        return load_certificates(pem, "a proxy's certificate")
    except MeshError:
        return []


def _top(chain: list[x509.Certificate], roots: list[x509.Certificate]) -> str | None:
    """Return the end of the chain unless it is one of the roots."""
    current, rest = chain[0], chain[1:]
    for _unused in range(len(chain)):
        if any(_issued(current, root) for root in roots):
            return None
        above = [each for each in rest if each != current and _issued(current, each)]
        if not above:
            break
        current = above[0]
    itself = _issued(current, current)
    return describe(current) if itself else current.issuer.rfc4514_string()


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
