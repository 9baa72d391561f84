# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate, read and compare private keys."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError:  # dependency.require_cryptography() tells the user
    pass

if t.TYPE_CHECKING:
    PrivateKey: t.TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

KeyType: t.TypeAlias = t.Literal["ec", "rsa"]

EC_SIZES = (256, 384)
RSA_SIZES = range(2048, 4096 + 1, 8)
DEFAULT_SIZES: dict[str, int] = {"ec": 256, "rsa": 4096}


def validate_key_options(key_type: str, key_size: int, option: str) -> None:
    """Raise InvalidInput for a key type or size that is not supported; ``option`` is its origin."""
    if key_type == "ec" and key_size not in EC_SIZES:
        raise InvalidInput(f"{option}: key_type=ec has key_size 256 or 384, not {key_size}")
    if key_type == "rsa" and key_size not in RSA_SIZES:
        raise InvalidInput(
            f"{option}: key_type=rsa has a key_size from 2048 to 4096 that is a multiple of 8,"
            f" not {key_size}"
        )


def generate_key(key_type: str, key_size: int) -> PrivateKey:
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    return ec.generate_private_key(ec.SECP256R1() if key_size == 256 else ec.SECP384R1())


def load_key(pem: str, origin: str) -> PrivateKey:
    """Read a private key without passphrase; ``origin`` names the text in error messages."""
    try:
        key = serialization.load_pem_private_key(pem.encode("utf-8"), password=None)
    except TypeError as exc:
        raise InvalidInput(f"{origin} is protected by a passphrase; Istio cannot read it") from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        # The library's own text is left out: it may quote what it could not parse.
        raise InvalidInput(f"{origin} holds no private key in PEM format") from exc
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise InvalidInput(f"{origin} is neither an RSA nor an EC key; Istio takes only these")
    return key


def key_pem(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def key_kind(public_key: object) -> tuple[str, int]:
    """Return type and size of a public key, in the words of the options."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return "rsa", public_key.key_size
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        # A curve of the right size may still be another curve.
        nist = isinstance(public_key.curve, (ec.SECP256R1, ec.SECP384R1))
        return "ec" if nist else public_key.curve.name, public_key.key_size
    return type(public_key).__name__, 0


def matches(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Return whether the certificate holds this key."""
    return key.public_key() == certificate.public_key()


def key_mismatches(kind: tuple[str, int], key_type: str | None, key_size: int | None) -> list[str]:
    """Return how a key's type and size differ from the spec, in which None allows any."""
    reasons = []
    if key_type not in (None, kind[0]):
        reasons.append(f"its key is of type {kind[0]}, not {key_type}")
    if key_size not in (None, kind[1]):
        reasons.append(f"its key has {kind[1]} bits, not {key_size}")
    return reasons
