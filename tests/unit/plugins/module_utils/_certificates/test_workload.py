# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for workloads, as the engine asks for them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    keys,
    pem,
    workload,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from cryptography import x509
from cryptography.x509 import verification

if t.TYPE_CHECKING:
    from .conftest import Clock, OpenSSL


def issue(
    ca: builder.Authority, chain: str = "", *, days: int = 30, **parts: t.Any
) -> tuple[list[x509.Certificate], keys.PrivateKey]:
    identity = {"trust_domain": "east.local", "namespace": "sample", "service_account": "web"}
    certificate, key = workload.issue_workload_certificate(
        pem.certificate_pem(ca.certificate),
        keys.key_pem(ca.key),
        chain,
        **{**identity, **parts},
        days=days,
    )
    return pem.load_certificates(certificate, "x"), keys.load_key(key, "x")


def test_chain_and_key(root: builder.Authority, intermediate: builder.Authority) -> None:
    above = [intermediate.certificate, root.certificate]
    certificates, key = issue(intermediate, pem.join(above))
    assert certificates[1:] == above
    assert keys.matches(key, certificates[0])
    assert keys.key_kind(key.public_key()) == ("ec", 256)
    names = certificates[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    identities = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    assert identities == ["spiffe://east.local/ns/sample/sa/web"]


def test_the_issuer_is_in_the_chain_even_if_its_file_lacks_it(
    root: builder.Authority, intermediate: builder.Authority
) -> None:
    certificates, _key = issue(intermediate, pem.certificate_pem(root.certificate))
    assert certificates[1:] == [intermediate.certificate, root.certificate]
    certificates, _key = issue(intermediate, " \n")
    assert certificates[1:] == [intermediate.certificate]


def test_others_accept_it(
    root: builder.Authority, intermediate: builder.Authority, openssl: OpenSSL
) -> None:
    certificates, _key = issue(intermediate)
    store = verification.Store([root.certificate])
    verifier = verification.PolicyBuilder().store(store).build_client_verifier()
    verified = verifier.verify(certificates[0], certificates[1:])
    assert verified.chain[-1] == root.certificate
    assert openssl.verify(certificates[0], [root.certificate], certificates[1:]) == "OK"


def test_it_never_outlives_the_ca(intermediate: builder.Authority, clock: Clock) -> None:
    end = intermediate.certificate.not_valid_after_utc
    assert issue(intermediate, days=9999)[0][0].not_valid_after_utc == end
    assert issue(intermediate, days=1)[0][0].not_valid_after_utc < end
    clock.turn(81)
    with pytest.raises(InvalidInput, match="The CA certificate expired on"):
        issue(intermediate)


def test_every_call_makes_another_key(intermediate: builder.Authority) -> None:
    first, second = issue(intermediate), issue(intermediate)
    assert first[1].public_key() != second[1].public_key()
    assert first[0][0].serial_number != second[0][0].serial_number


def test_key_of_another_ca(root: builder.Authority, intermediate: builder.Authority) -> None:
    mixed = builder.Authority(intermediate.certificate, root.key)
    with pytest.raises(InvalidInput, match="The CA key does not belong to the CA certificate"):
        issue(mixed)


@pytest.mark.parametrize(
    ("parts", "fits"),
    [
        ({"trust_domain": "cluster.local"}, True),
        ({"trust_domain": "td_1"}, True),
        ({"trust_domain": "Cluster.local"}, False),
        ({"trust_domain": "a/b"}, False),
        ({"trust_domain": ""}, False),
        ({"namespace": "a" * 63}, True),
        ({"namespace": "a" * 64}, False),
        ({"namespace": "../a"}, False),
        ({"namespace": "a.b"}, False),
        ({"namespace": ""}, False),
        ({"service_account": "a.b-c"}, True),
        ({"service_account": "a..b"}, False),
        ({"service_account": "a\n"}, False),
        ({"service_account": "x y"}, False),
    ],
)
def test_identities(parts: dict[str, t.Any], fits: bool, intermediate: builder.Authority) -> None:
    if fits:
        assert issue(intermediate, **parts)
        return
    [option] = parts
    with pytest.raises(InvalidInput, match=f"^{option}: .* SPIFFE"):
        issue(intermediate, **parts)
