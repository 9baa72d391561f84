# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificates hold, and that others accept them."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, keys
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes

if t.TYPE_CHECKING:
    from .conftest import OpenSSL

DAY = datetime.timedelta(days=1)


def make(spec: CertificateSpec, issuer: builder.Authority | None = None) -> x509.Certificate:
    return builder.build(spec, keys.generate_key("ec", 256), issuer)


def leaf_spec(days: int = 10) -> CertificateSpec:
    return CertificateSpec(kind="workload", uris=("spiffe://cluster.local/ns/a/sa/b",), days=days)


def test_root(root: builder.Authority) -> None:
    extensions = root.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert root.certificate.subject == root.certificate.issuer
    assert root.certificate.subject.rfc4514_string() == "CN=Root CA,O=Istio"
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=None)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert isinstance(root.certificate.signature_hash_algorithm, hashes.SHA256)
    root.certificate.verify_directly_issued_by(root.certificate)


def test_intermediate(root: builder.Authority, intermediate: builder.Authority) -> None:
    certificate = intermediate.certificate
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    own = root.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    above = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert certificate.subject.rfc4514_string() == "L=east,CN=Intermediate CA,O=Istio"
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert extensions.get_extension_for_class(x509.KeyUsage).critical
    assert names.value.get_values_for_type(x509.DNSName) == ["istiod.istio-system.svc"]
    assert not names.critical
    assert above.value.key_identifier == own.value.digest
    certificate.verify_directly_issued_by(root.certificate)


def test_workload_has_no_subject_and_so_critical_names(intermediate: builder.Authority) -> None:
    certificate = make(leaf_spec(), intermediate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert not certificate.subject.rdns
    assert names.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign


@pytest.mark.parametrize(("days", "expected"), [(10, 10), (80, 80), (81, 80), (3650, 80)])
def test_nothing_outlives_its_issuer(days: int, expected: int, clock: t.Any) -> None:
    spec = CertificateSpec(kind="root", common_name="r", key_type="ec", key_size=256, days=80)
    key = keys.generate_key("ec", 256)
    issuer = builder.Authority(builder.build(spec, key), key)
    end = make(leaf_spec(days), issuer).not_valid_after_utc
    assert end <= issuer.certificate.not_valid_after_utc
    assert abs(end - builder.now() - expected * DAY) < DAY / 24


def test_a_clock_behind_is_forgiven_but_not_beyond_the_issuer(root: builder.Authority) -> None:
    certificate = make(leaf_spec(), root)
    assert root.certificate.not_valid_before_utc < builder.now()
    assert certificate.not_valid_before_utc >= root.certificate.not_valid_before_utc


@pytest.mark.parametrize(("key_type", "key_size"), [("ec", 256), ("ec", 384), ("rsa", 2048)])
def test_openssl_accepts_the_chain(
    key_type: str, key_size: int, root: builder.Authority, openssl: OpenSSL
) -> None:
    spec = CertificateSpec(kind="intermediate", common_name="i", locality=key_type, days=10)
    key = keys.generate_key(key_type, key_size)
    between = builder.Authority(builder.build(spec, key, root), key)
    leaf = make(leaf_spec(), between)
    assert openssl.verify(between.certificate, [root.certificate]) == "OK"
    assert openssl.verify(leaf, [root.certificate], [between.certificate]) == "OK"


def test_openssl_refuses_a_ca_below_an_intermediate(
    root: builder.Authority, intermediate: builder.Authority, openssl: OpenSSL
) -> None:
    spec = CertificateSpec(kind="intermediate", common_name="too deep", days=10)
    key = keys.generate_key("ec", 256)
    deep = builder.Authority(builder.build(spec, key, intermediate), key)
    leaf = make(leaf_spec(), deep)
    between = [intermediate.certificate, deep.certificate]
    assert "path length constraint exceeded" in openssl.verify(leaf, [root.certificate], between)


def test_openssl_reads_what_is_wanted(intermediate: builder.Authority, openssl: OpenSSL) -> None:
    text = " ".join(openssl.text(intermediate.certificate).split())
    for part in (
        "Subject: O = Istio, CN = Intermediate CA, L = east",
        "Basic Constraints: critical CA:TRUE, pathlen:0",
        "Key Usage: critical Digital Signature, Certificate Sign, CRL Sign",
        "Subject Alternative Name: DNS:istiod.istio-system.svc",
        "Signature Algorithm: ecdsa-with-SHA256",
    ):
        # Newer versions print no blanks around the sign.
        assert part.replace(" = ", "=") in text.replace(" = ", "="), part
    leaf = " ".join(openssl.text(make(leaf_spec(), intermediate)).split())
    for part in (
        "Subject Alternative Name: critical URI:spiffe://cluster.local/ns/a/sa/b",
        "Extended Key Usage: TLS Web Server Authentication, TLS Web Client Authentication",
        "CA:FALSE",
    ):
        assert part in leaf, part


def test_a_brought_root_without_key_identifier_can_sign(openssl: OpenSSL) -> None:
    key = keys.generate_key("ec", 256)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bare")])
    bare = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(builder.now() - DAY)
        .not_valid_after(builder.now() + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    spec = dataclasses.replace(leaf_spec(), common_name="x")
    leaf = make(spec, builder.Authority(bare, key))
    leaf.verify_directly_issued_by(bare)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert above.value.key_identifier == own.digest
