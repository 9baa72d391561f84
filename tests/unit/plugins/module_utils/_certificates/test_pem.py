# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles: each certificate once, in an order that the certificates alone decide."""

from __future__ import annotations

import hashlib
import itertools
import ssl
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, keys, pem
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from cryptography import x509


@pytest.fixture(scope="module")
def roots() -> list[x509.Certificate]:
    specs = [CertificateSpec(kind="root", common_name=name, days=9) for name in "abc"]
    return [builder.build(spec, keys.generate_key("ec", 256)) for spec in specs]


def test_the_order_of_the_options_does_not_matter(roots: list[x509.Certificate]) -> None:
    texts = {pem.trust_bundle([*some, *some]) for some in itertools.permutations(roots)}
    assert len(texts) == 1
    found = pem.load_certificates(texts.pop(), "x")
    assert len(found) == 3
    assert set(found) == set(roots)


def test_a_chain_keeps_its_order(roots: list[x509.Certificate]) -> None:
    a, b, c = roots
    assert pem.load_certificates(pem.join([c, a, c, b, a]), "x") == [c, a, b]


def test_text_between_the_certificates_is_allowed(roots: list[x509.Certificate]) -> None:
    text = "\n".join(f"# {n}\r\n{pem.certificate_pem(each)}" for n, each in enumerate(roots))
    assert pem.load_certificates(text, "x") == roots
    assert pem.load_certificate(text, "x") == roots[0]


def test_fingerprint_is_that_of_the_standard_library(roots: list[x509.Certificate]) -> None:
    binary = ssl.PEM_cert_to_DER_cert(pem.certificate_pem(roots[0]))
    assert pem.fingerprint(roots[0]).replace(":", "") == hashlib.sha256(binary).hexdigest().upper()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no certificate in PEM format"),
        ("-----BEGIN CERTIFICATE-----\n", "holds no certificate in PEM format"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "holds a certificate that cannot be read",
        ),
    ],
)
def test_unreadable(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"^/a/root-cert.pem {reason}"):
        pem.load_certificates(text, "/a/root-cert.pem")
