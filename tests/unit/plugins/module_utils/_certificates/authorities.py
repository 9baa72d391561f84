# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains with any fields, as companies and other tools make them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
KEYS = [keys.generate_key("ec", 256) for _unused in range(7)]
_ANOTHER_KEY = KEYS[-1]
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_SIDES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
}


@dataclass(frozen=True)
class Shape:
    """The fields that verifiers read. None leaves an extension out; days count from now."""

    ca: bool | None = True
    path_length: int | None = None
    key_usage: tuple[str, ...] | None = ("key_cert_sign",)
    sides: tuple[str, ...] | None = None
    start: int = -1
    end: int = 100
    identifiers: bool = True


CA = Shape()
LEAF = Shape(ca=False, key_usage=("digital_signature",), sides=("server", "client"))


def chain_of(*shapes: Shape, signed_by_another: int = -1) -> list[x509.Certificate]:
    """Return a chain from its leaf to a self-signed root; one signature may be wrong."""
    top = len(shapes) - 1
    found = []
    for position, shape in enumerate(shapes):
        above = min(position + 1, top)
        signer = _ANOTHER_KEY if position == signed_by_another else KEYS[above]
        found.append(_certificate(shape, position, above, signer))
    return found


def _certificate(
    shape: Shape, position: int, above: int, signer: keys.PrivateKey
) -> x509.Certificate:
    now, key = builder.now(), KEYS[position]
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(position))
        .issuer_name(_name(above))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + shape.start * DAY)
        .not_valid_after(now + shape.end * DAY)
    )
    if shape.ca is not None:
        length = shape.path_length if shape.ca else None
        made = made.add_extension(x509.BasicConstraints(shape.ca, length), critical=True)
    if shape.key_usage is not None:
        usage = x509.KeyUsage(**{each: each in shape.key_usage for each in _USAGES})
        made = made.add_extension(usage, critical=True)
    if shape.sides is not None:
        usages = x509.ExtendedKeyUsage([_SIDES[side] for side in shape.sides])
        made = made.add_extension(usages, critical=False)
    if shape.identifiers:
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        made = made.add_extension(own, critical=False).add_extension(issuer, critical=False)
    return made.sign(signer, hashes.SHA256())


def _name(position: int) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Company CA {position}")])
