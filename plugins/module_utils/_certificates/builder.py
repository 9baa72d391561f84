# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build root, intermediate CA and workload certificates."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # dependency.require_cryptography() tells the user
    pass

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.keys import PrivateKey

# As in istiod: a verifier whose clock is a little behind accepts a new certificate.
CLOCK_SKEW = datetime.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey


def now() -> datetime.datetime:
    """Return the time in the resolution of certificates, which is a second."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def subject_name(spec: CertificateSpec) -> x509.Name:
    parts = (
        (NameOID.ORGANIZATION_NAME, spec.organization),
        (NameOID.COMMON_NAME, spec.common_name),
        (NameOID.LOCALITY_NAME, spec.locality),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def alternative_names(spec: CertificateSpec) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in spec.dns_names or ()),
        *(x509.UniformResourceIdentifier(uri) for uri in spec.uris or ()),
    ]


def key_usage(spec: CertificateSpec) -> x509.KeyUsage:
    authority = spec.kind != "workload"
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def basic_constraints(spec: CertificateSpec) -> x509.BasicConstraints:
    """Allow no further CA below an intermediate CA: it signs workload certificates only."""
    if spec.kind == "workload":
        return x509.BasicConstraints(ca=False, path_length=None)
    return x509.BasicConstraints(ca=True, path_length=0 if spec.kind == "intermediate" else None)


def build(
    spec: CertificateSpec, key: PrivateKey, issuer: Authority | None = None
) -> x509.Certificate:
    """Build a certificate; without ``issuer`` it is self-signed."""
    start = now() - CLOCK_SKEW
    end = now() + datetime.timedelta(days=spec.days or 0)
    if issuer is not None:
        # A certificate that outlives its issuer only looks valid.
        start = max(start, issuer.certificate.not_valid_before_utc)
        end = min(end, issuer.certificate.not_valid_after_utc)
    name = subject_name(spec)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(basic_constraints(spec), critical=True)
        .add_extension(key_usage(spec), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if spec.kind == "workload":
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    names = alternative_names(spec)
    if names:
        # The standard wants the names marked critical where the subject is empty.
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not name.rdns)
    if issuer is not None:
        builder = builder.add_extension(authority_key_identifier(issuer), critical=False)
    return builder.sign((issuer.key if issuer else key), hashes.SHA256())


def authority_key_identifier(issuer: Authority) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)
