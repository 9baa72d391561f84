# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify certificate chains with the rules of OpenSSL, Istio and Envoy."""

from __future__ import annotations

import datetime
import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, pem

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509.oid import ExtendedKeyUsageOID
except ImportError:  # dependency.require_cryptography() tells the user
    pass

if t.TYPE_CHECKING:
    Certificates: t.TypeAlias = t.Sequence[x509.Certificate]
    Extension = t.TypeVar("Extension", bound=x509.ExtensionType)

Side: t.TypeAlias = t.Literal["server", "client"]
# A workload is both, and so must be the CAs above it.
BOTH_SIDES: tuple[Side, ...] = ("server", "client")
# Cross-signed CAs multiply the paths; verifiers have limits, too.
_MAXIMUM_DEPTH = 10
_MAXIMUM_PATHS = 100


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """A reason to reject a chain: ``certificate`` and, as a predicate, what is wrong with it."""

    # expired, not_yet_valid, ca, path_length, key_usage, extended_key_usage, signature,
    # issuer (missing from the chain) or root (not trusted)
    kind: str
    certificate: x509.Certificate
    text: str

    def __str__(self) -> str:
        return f"{pem.label(self.certificate)} {self.text}"


@dataclass(frozen=True, slots=True)
class Chain:
    """The certificates from the leaf up to its root, as far as they exist, and their problems."""

    certificates: tuple[x509.Certificate, ...]
    problems: tuple[ChainProblem, ...] = ()


def verify(
    leaf: x509.Certificate,
    intermediates: Certificates,
    roots: Certificates,
    *,
    ca: bool = False,
    cas_below: int = 0,
    sides: t.Iterable[Side] = BOTH_SIDES,
    at: datetime.datetime | None = None,
) -> Chain:
    """Return a chain without problems from ``leaf`` to one of ``roots``, or else the best one.

    With ``ca`` the leaf is a CA, with that many further CAs below it.
    """
    at, sides = at or builder.now(), tuple(sides)
    found = []
    paths = _paths((leaf,), intermediates, roots)
    for path, complete in itertools.islice(paths, _MAXIMUM_PATHS):
        problems = list(_path_problems(path, ca, cas_below, sides, at))
        if not complete:
            problems.append(_end_problem(path, (*intermediates, *roots)))
        chain = Chain(path, tuple(problems))
        if not problems:
            return chain
        found.append((not complete, len(problems), chain))
    return min(found, key=lambda each: each[:2])[2]


def certificate_problems(
    certificate: x509.Certificate,
    *,
    ca: bool,
    cas_below: int = 0,
    sides: t.Iterable[Side] = BOTH_SIDES,
    at: datetime.datetime | None = None,
) -> t.Iterator[ChainProblem]:
    """Return the problems of a certificate by itself."""
    at = at or builder.now()
    usage = extension_of(certificate, x509.KeyUsage)
    for wrong, kind, text in (
        (
            certificate.not_valid_after_utc <= at,
            "expired",
            f"expired on {timestamp(certificate.not_valid_after_utc)}",
        ),
        (
            certificate.not_valid_before_utc > at,
            "not_yet_valid",
            f"is not valid before {timestamp(certificate.not_valid_before_utc)}",
        ),
        (ca and not is_ca(certificate), "ca", "is not a CA: its basic constraints lack CA:TRUE"),
        # A certificate without key usage is good for any usage.
        (
            ca and usage is not None and not usage.key_cert_sign,
            "key_usage",
            "lacks certificate signing in its key usage",
        ),
        (
            not ca and usage is not None and not usage.digital_signature,
            "key_usage",
            "lacks digital signature in its key usage",
        ),
    ):
        if wrong:
            yield ChainProblem(kind, certificate, text)
    constraints = extension_of(certificate, x509.BasicConstraints) if ca else None
    allowed = constraints.path_length if constraints else None
    if allowed is not None and cas_below > allowed:
        text = f"has path length {allowed}, too short for the CAs below it ({cas_below})"
        yield ChainProblem("path_length", certificate, text)
    missing = _missing_sides(certificate, sides)
    if missing:
        text = f"lacks {' and '.join(missing)} authentication in its extended key usage"
        yield ChainProblem("extended_key_usage", certificate, text)


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether ``issuer`` signed the certificate."""
    identifier = extension_of(certificate, x509.AuthorityKeyIdentifier)
    issuers = extension_of(issuer, x509.SubjectKeyIdentifier)
    named = identifier.key_identifier if identifier else None
    if named and issuers and named != issuers.digest:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_ca(certificate: x509.Certificate) -> bool:
    constraints = extension_of(certificate, x509.BasicConstraints)
    if constraints is None:
        # Version 1 has no extensions; verifiers accept it for roots.
        return certificate.version is x509.Version.v1 and _self_issued(certificate)
    return constraints.ca


def extension_of(certificate: x509.Certificate, extension: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(extension).value
    except x509.ExtensionNotFound:
        return None


def timestamp(when: datetime.datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _paths(
    path: tuple[x509.Certificate, ...], intermediates: Certificates, roots: Certificates
) -> t.Iterator[tuple[tuple[x509.Certificate, ...], bool]]:
    """Return the paths upwards, trusted issuers first, and whether each ends at a root."""
    top = path[-1]
    if top in roots:
        yield path, True
        return
    last = True
    for root in roots:
        if issued_by(top, root):
            last = False
            yield (*path, root), True
    for issuer in intermediates if len(path) < _MAXIMUM_DEPTH else ():
        if issuer not in path and issuer not in roots and issued_by(top, issuer):
            last = False
            yield from _paths((*path, issuer), intermediates, roots)
    if last:
        yield path, False


def _path_problems(
    path: tuple[x509.Certificate, ...],
    ca: bool,
    cas_below: int,
    sides: tuple[Side, ...],
    at: datetime.datetime,
) -> t.Iterator[ChainProblem]:
    for position, certificate in enumerate(path):
        # The path length counts the CAs in between, but for those that issued themselves.
        between = [c for c in path[0 if ca else 1 : position] if not _self_issued(c)]
        yield from certificate_problems(
            certificate,
            ca=ca or position > 0,
            cas_below=cas_below + len(between),
            sides=sides,
            at=at,
        )


def _end_problem(path: tuple[x509.Certificate, ...], others: Certificates) -> ChainProblem:
    """Return why the path ends before a root."""
    top = path[-1]
    if _self_issued(top):
        return ChainProblem("root", top, "is a root that is not trusted")
    namesake = next((c for c in others if c.subject == top.issuer), None)
    if namesake is not None:
        return ChainProblem("signature", top, f"is not signed by {pem.label(namesake)}")
    return ChainProblem("issuer", top, f"lacks its issuer {top.issuer.rfc4514_string()}")


def _missing_sides(certificate: x509.Certificate, sides: t.Iterable[Side]) -> list[str]:
    usages = extension_of(certificate, x509.ExtendedKeyUsage)
    if usages is None:
        return []
    identifiers = {
        "server": ExtendedKeyUsageOID.SERVER_AUTH,
        "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    }
    return [side for side in sides if identifiers[side] not in usages]


def _self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer
