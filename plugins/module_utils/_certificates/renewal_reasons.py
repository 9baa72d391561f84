# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the reasons to renew a certificate: differences from its spec, and its expiry."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    chain,
    keys,
)

try:
    from cryptography import x509
    from cryptography.x509.oid import NameOID
except ImportError:  # dependency.require_cryptography() tells the user
    pass

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
        CertificateSpec,
    )

ONE_DAY = datetime.timedelta(days=1)
# A root must allow an intermediate CA; an intermediate CA signs workload certificates only.
_CAS_BELOW = {"root": 1, "intermediate": 0, "workload": 0}


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
    problems = chain.certificate_problems(
        certificate, ca=spec.kind != "workload", cas_below=_CAS_BELOW[spec.kind], at=at
    )
    reasons = [
        *(f"it {problem.text}" for problem in problems),
        *_kind(certificate, spec),
        *differences(certificate, spec),
        *_signature(certificate, issuer or certificate),
    ]
    if key is not None and not keys.matches(key, certificate):
        reasons.append("the key does not match the certificate")
    soon = expiring(certificate, renew_before, issuer=issuer, at=at)
    return [*reasons, soon] if soon and not reasons else reasons


def differences(certificate: x509.Certificate, spec: CertificateSpec) -> list[str]:
    """Return how subject, alternative names and key differ from the spec."""
    return [
        *_subject(certificate, spec),
        *_alternative_names(certificate, spec),
        *keys.key_mismatches(keys.key_kind(certificate.public_key()), spec.key_type, spec.key_size),
    ]


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
    return (
        f"it expires on {chain.timestamp(end)}, in less than {max(1, round(margin / ONE_DAY))} days"
    )


def _subject(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    for part, oid, specified in (
        ("organization", NameOID.ORGANIZATION_NAME, spec.organization),
        ("common name", NameOID.COMMON_NAME, spec.common_name),
        ("locality", NameOID.LOCALITY_NAME, spec.locality),
    ):
        attributes = certificate.subject.get_attributes_for_oid(oid)
        value = ", ".join(str(attribute.value) for attribute in attributes)
        if specified is not None and value != specified:
            yield f"its {part} is {value!r}, not {specified!r}"


def _alternative_names(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    names = chain.extension_of(certificate, x509.SubjectAlternativeName)
    for label, kind, specified in (
        ("DNS names", x509.DNSName, spec.dns_names),
        ("URIs", x509.UniformResourceIdentifier, spec.uris),
    ):
        values = names.get_values_for_type(kind) if names else []
        if specified is not None and set(values) != set(specified):
            yield f"its alternative {label} are {sorted(values)}, not {sorted(specified)}"


def _kind(certificate: x509.Certificate, spec: CertificateSpec) -> t.Iterator[str]:
    """Return why the certificate is one of another kind."""
    constraints = chain.extension_of(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return
    length = constraints.path_length
    if spec.kind == "workload":
        yield "it is a CA, not a workload's certificate"
    elif spec.kind == "intermediate" and length != 0:
        yield f"its path length is {'unlimited' if length is None else length}, not 0"


def _signature(certificate: x509.Certificate, issuer: x509.Certificate) -> t.Iterator[str]:
    if chain.issued_by(certificate, issuer):
        return
    if issuer is certificate:
        yield "it is not signed by its own key"
    else:
        yield f"it is not signed by the present {issuer.subject.rfc4514_string()}"
