# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a certificate with its spec."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, keys

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # dependency.require_cryptography() tells the user
    pass

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
        CertificateSpec,
    )

    Extension = t.TypeVar("Extension", bound=x509.ExtensionType)

ONE_DAY = datetime.timedelta(days=1)


def regeneration_reasons(
    certificate: x509.Certificate,
    spec: CertificateSpec,
    *,
    issuer: x509.Certificate | None = None,
    key: keys.PrivateKey | None = None,
    renew_before: int = 0,
    at: datetime.datetime | None = None,
) -> list[str]:
    """Return the reasons to generate the certificate again.

    Without ``issuer``, the certificate must be self-signed. ``renew_before`` is in days.
    """
    at = at or builder.now()
    reasons = [
        *_validity(certificate, at),
        *_subject(certificate, spec),
        *_alternative_names(certificate, spec),
        *_constraints(certificate, spec),
        *_usage(certificate, spec),
        *keys.key_mismatches(keys.key_kind(certificate.public_key()), spec.key_type, spec.key_size),
        *_signature(certificate, issuer or certificate),
    ]
    if key is not None and not keys.matches(key, certificate):
        reasons.append("the key does not match the certificate")
    soon = expiring(certificate, renew_before, issuer=issuer, at=at)
    return [*reasons, soon] if soon and not reasons else reasons


def expiring(
    certificate: x509.Certificate,
    renew_before: int,
    *,
    issuer: x509.Certificate | None = None,
    at: datetime.datetime | None = None,
) -> str:
    """Return a warning shortly before expiry, if a renewed certificate could last longer."""
    at = at or builder.now()
    end = certificate.not_valid_after_utc
    if issuer is not None and end >= issuer.not_valid_after_utc:
        return ""
    # A short-lived certificate must not be due for renewal on its first day.
    life = end - certificate.not_valid_before_utc
    margin = min(datetime.timedelta(days=renew_before), life / 3)
    if end - at > margin:
        return ""
    return f"it expires on {timestamp(end)}, in less than {max(1, round(margin / ONE_DAY))} days"


def timestamp(when: datetime.datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def extension_of(
    certificate: x509.Certificate, extension: type[Extension]
) -> x509.Extension[Extension] | None:
    try:
        return certificate.extensions.get_extension_for_class(extension)
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.value.ca


def _validity(certificate: x509.Certificate, at: datetime.datetime) -> t.Iterator[str]:
    if certificate.not_valid_after_utc <= at:
        yield f"it expired on {timestamp(certificate.not_valid_after_utc)}"
    if certificate.not_valid_before_utc > at:
        yield f"it is not valid before {timestamp(certificate.not_valid_before_utc)}"


def _subject(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    for part, oid, wanted in (
        ("organization", NameOID.ORGANIZATION_NAME, spec.organization),
        ("common name", NameOID.COMMON_NAME, spec.common_name),
        ("locality", NameOID.LOCALITY_NAME, spec.locality),
    ):
        attributes = certificate.subject.get_attributes_for_oid(oid)
        found = ", ".join(str(attribute.value) for attribute in attributes)
        if wanted is not None and found != wanted:
            yield f"its {part} is {found!r}, not {wanted!r}"


def _alternative_names(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    names = extension_of(certificate, x509.SubjectAlternativeName)
    for label, kind, wanted in (
        ("DNS names", x509.DNSName, spec.dns_names),
        ("URIs", x509.UniformResourceIdentifier, spec.uris),
    ):
        found = names.value.get_values_for_type(kind) if names else []
        if wanted is not None and set(found) != set(wanted):
            yield f"its alternative {label} are {sorted(found)}, not {sorted(wanted)}"


def _constraints(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    found = extension_of(certificate, x509.BasicConstraints)
    authority = found is not None and found.value.ca
    length = found.value.path_length if found else None
    if spec.kind == "workload":
        if authority:
            yield "it is a CA, not a workload's certificate"
        return
    if not authority:
        yield "it is not a CA: its basic constraints lack CA:TRUE"
    elif spec.kind == "root" and length == 0:
        yield "its path length of 0 allows no intermediate CA below it"
    elif spec.kind == "intermediate" and length != 0:
        yield f"its path length is {'unlimited' if length is None else length}, not 0"
    elif spec.kind == "intermediate" and found is not None and not found.critical:
        yield "its basic constraints are not critical"


def _usage(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    found = extension_of(certificate, x509.KeyUsage)
    if spec.kind == "workload":
        extended = extension_of(certificate, x509.ExtendedKeyUsage)
        purposes = set(extended.value) if extended else set()
        if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH} <= purposes:
            yield "its extended key usage is not that of both a server and a client"
        if found is None or not found.value.digital_signature:
            yield "its key usage lacks digital signature"
        return
    if found is None or not found.value.key_cert_sign:
        yield "its key usage lacks certificate signing"
    elif spec.kind == "intermediate" and not found.critical:
        yield "its key usage is not critical"


def _signature(certificate: x509.Certificate, issuer: x509.Certificate) -> t.Iterator[str]:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        if issuer is certificate:
            yield "it is not signed by its own key"
        else:
            yield f"it is not signed by the present {issuer.subject.rfc4514_string()}"
