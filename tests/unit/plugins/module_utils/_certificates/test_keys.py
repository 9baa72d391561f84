# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of keys, and keys that Istio could not use."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import keys
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


@pytest.mark.parametrize(
    ("key_type", "key_size"), [("ec", 256), ("ec", 384), ("rsa", 2048), ("rsa", 2056)]
)
def test_round_trip(key_type: str, key_size: int) -> None:
    key = keys.generate_key(key_type, key_size)
    text = keys.key_pem(key)
    assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    again = keys.load_key(text, "x")
    assert again.public_key() == key.public_key()
    assert keys.key_kind(again.public_key()) == (key_type, key_size)


@pytest.mark.parametrize(
    ("key_type", "key_size", "fits"),
    [
        ("ec", 256, True),
        ("ec", 384, True),
        ("ec", 521, False),
        ("ec", 2048, False),
        ("rsa", 2048, True),
        ("rsa", 3072, True),
        ("rsa", 4096, True),
        ("rsa", 2047, False),
        ("rsa", 2049, False),
        ("rsa", 1024, False),
        ("rsa", 8192, False),
        ("rsa", 256, False),
    ],
)
def test_sizes(key_type: str, key_size: int, fits: bool) -> None:
    if fits:
        keys.validate_key_options(key_type, key_size, "root")
        return
    with pytest.raises(InvalidInput, match=rf"^root: key_type={key_type} .*not {key_size}$"):
        keys.validate_key_options(key_type, key_size, "root")


def _pem(key: t.Any, passphrase: bytes = b"") -> str:
    protection: t.Any = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    encoding, style = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return t.cast("bytes", key.private_bytes(encoding, style, protection)).decode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no private key"),
        ("nonsense", "holds no private key"),
        (_pem(ec.generate_private_key(ec.SECP256R1()), b"secret"), "protected by a passphrase"),
        (_pem(ed25519.Ed25519PrivateKey.generate()), "neither an RSA nor an EC key"),
    ],
)
def test_unusable(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"^/a/ca-key.pem .*{reason}"):
        keys.load_key(text, "/a/ca-key.pem")


def test_another_curve_of_the_same_size_is_another_type() -> None:
    public = ec.generate_private_key(ec.SECP256K1()).public_key()
    kind = keys.key_kind(public)
    assert kind == ("secp256k1", 256)
    assert keys.key_mismatches(kind, "ec", 256) == ["its key is of type secp256k1, not ec"]
