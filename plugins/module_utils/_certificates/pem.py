# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and write certificates and bundles in PEM."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
except ImportError:  # dependency.require_cryptography() tells the user
    pass

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def load_certificates(pem: str, origin: str) -> list[x509.Certificate]:
    """Read every certificate of ``pem``; ``origin`` names the text in error messages."""
    blocks = _BLOCK.findall(pem)
    if not blocks:
        raise InvalidInput(f"{origin} holds no certificate in PEM format")
    try:
        found = [x509.load_pem_x509_certificate(block.encode("utf-8")) for block in blocks]
        for certificate in found:
            # Extensions are parsed on first use and may be malformed.
            len(certificate.extensions)
    except (ValueError, x509.DuplicateExtension) as exc:
        raise InvalidInput(f"{origin} holds a certificate that cannot be read: {exc}") from exc
    return found


def load_certificate(pem: str, origin: str) -> x509.Certificate:
    """Read the first certificate of ``pem``."""
    return load_certificates(pem, origin)[0]


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint in OpenSSL's notation."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def join(certificates: t.Iterable[x509.Certificate]) -> str:
    """Write each certificate once, in the given order."""
    unique = {fingerprint(certificate): certificate for certificate in certificates}
    return "".join(certificate_pem(certificate) for certificate in unique.values())


def trust_bundle(roots: t.Iterable[x509.Certificate]) -> str:
    """Write each root once, in an order that depends on the roots alone.

    So all clusters that trust the same roots get the same text.
    """
    return join(sorted(roots, key=fingerprint))


def label(certificate: x509.Certificate) -> str:
    """Name a certificate by its subject and the start of its fingerprint."""
    return (
        f"{certificate.subject.rfc4514_string() or 'no subject'} ({fingerprint(certificate)[:11]})"
    )
