# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reason for which a certificate has to be made again."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    keys,
    renewal_reasons,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes

if t.TYPE_CHECKING:
    from .conftest import Clock

DAY = datetime.timedelta(days=1)
FIELDS: dict[str, t.Any] = {
    "organization": "Istio",
    "common_name": "Intermediate CA",
    "locality": "east",
    "dns_names": ("istiod.istio-system.svc",),
    "key_type": "ec",
    "key_size": 256,
}


def spec(**changes: t.Any) -> CertificateSpec:
    return CertificateSpec(kind="intermediate", **{**FIELDS, **changes})


def test_what_fits_has_no_reason(root: builder.Authority, intermediate: builder.Authority) -> None:
    assert not renewal_reasons.regeneration_reasons(
        root.certificate, CertificateSpec(kind="root"), key=root.key
    )
    assert not renewal_reasons.regeneration_reasons(
        intermediate.certificate,
        spec(),
        issuer=root.certificate,
        key=intermediate.key,
        renew_before=30,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"organization": "Acme"}, "its organization is 'Istio', not 'Acme'"),
        ({"common_name": "X"}, "its common name is 'Intermediate CA', not 'X'"),
        ({"locality": "west"}, "its locality is 'east', not 'west'"),
        ({"locality": ""}, "its locality is 'east', not ''"),
        ({"dns_names": ()}, "its alternative DNS names are ['istiod.istio-system.svc'], not []"),
        (
            {"dns_names": ("b", "a")},
            "its alternative DNS names are ['istiod.istio-system.svc'], not ['a', 'b']",
        ),
        ({"uris": ("spiffe://a",)}, "its alternative URIs are [], not ['spiffe://a']"),
        ({"key_type": "rsa", "key_size": None}, "its key is of type ec, not rsa"),
        ({"key_size": 384}, "its key has 256 bits, not 384"),
    ],
)
def test_other_than_the_spec(
    changes: dict[str, t.Any],
    reason: str,
    root: builder.Authority,
    intermediate: builder.Authority,
) -> None:
    found = renewal_reasons.regeneration_reasons(
        intermediate.certificate, spec(**changes), issuer=root.certificate
    )
    assert found == [reason]


@pytest.mark.parametrize("part", FIELDS)
def test_what_is_left_open_is_not_looked_at(
    part: str, root: builder.Authority, intermediate: builder.Authority
) -> None:
    other: dict[str, t.Any] = dict.fromkeys(FIELDS)
    other[part] = FIELDS[part]
    open_spec = CertificateSpec(kind="intermediate", **other)
    assert not renewal_reasons.regeneration_reasons(
        intermediate.certificate, open_spec, issuer=root.certificate
    )


def test_all_reasons_are_told(root: builder.Authority, intermediate: builder.Authority) -> None:
    found = renewal_reasons.regeneration_reasons(
        intermediate.certificate, spec(locality="x", key_size=384), issuer=root.certificate
    )
    assert len(found) == 2


@pytest.mark.parametrize(
    ("kind", "of", "reason"),
    [
        ("intermediate", "root", "its path length is unlimited, not 0"),
        ("root", "intermediate", "it has path length 0, too short for the CAs below it (1)"),
        ("root", "leaf", "it is not a CA: its basic constraints lack CA:TRUE"),
        ("intermediate", "leaf", "it lacks certificate signing in its key usage"),
        ("workload", "intermediate", "it is a CA, not a workload's certificate"),
        ("workload", "root", "it is a CA, not a workload's certificate"),
    ],
)
def test_other_kind(
    kind: t.Any,
    of: str,
    reason: str,
    root: builder.Authority,
    intermediate: builder.Authority,
) -> None:
    leaf_key = keys.generate_key("ec", 256)
    leaf_spec = CertificateSpec(kind="workload", uris=("spiffe://a",), days=9)
    certificates = {
        "root": root.certificate,
        "intermediate": intermediate.certificate,
        "leaf": builder.build(leaf_spec, leaf_key, intermediate),
    }
    assert reason in renewal_reasons.regeneration_reasons(
        certificates[of], CertificateSpec(kind=kind), issuer=root.certificate
    )


def test_extensions_need_not_be_critical(root: builder.Authority) -> None:
    """As for OpenSSL, Istio and Envoy."""
    key = keys.generate_key("ec", 256)
    usage = builder.key_usage(spec())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(builder.subject_name(spec()))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(builder.now() - DAY)
        .not_valid_after(builder.now() + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=False)
        .add_extension(usage, critical=False)
        .sign(root.key, hashes.SHA256())
    )
    found = renewal_reasons.regeneration_reasons(
        certificate, CertificateSpec(kind="intermediate"), issuer=root.certificate
    )
    assert found == []


def test_signed_by_another_root_of_the_same_name(intermediate: builder.Authority) -> None:
    key = keys.generate_key("ec", 256)
    namesake_spec = CertificateSpec(
        kind="root", organization="Istio", common_name="Root CA", days=9
    )
    namesake = builder.build(namesake_spec, key)
    found = renewal_reasons.regeneration_reasons(intermediate.certificate, spec(), issuer=namesake)
    assert found == ["it is not signed by the present CN=Root CA,O=Istio"]


def test_not_self_signed(root: builder.Authority, intermediate: builder.Authority) -> None:
    cross = builder.build(
        CertificateSpec(kind="root", common_name="cross", days=9),
        keys.generate_key("ec", 256),
        root,
    )
    assert renewal_reasons.regeneration_reasons(cross, CertificateSpec(kind="root")) == [
        "it is not signed by its own key"
    ]


def test_key_of_another(root: builder.Authority, intermediate: builder.Authority) -> None:
    found = renewal_reasons.regeneration_reasons(
        intermediate.certificate, spec(), issuer=root.certificate, key=root.key
    )
    assert found == ["the key does not match the certificate"]


# A certificate for 90 days of an issuer for 3650 days, looked at later.
@pytest.mark.parametrize(
    ("passed", "renew_before", "expected"),
    [
        (0, 30, ""),
        (59, 30, ""),
        (61, 30, "it expires on"),
        (61, 10, ""),
        (81, 10, "it expires on"),
        (59, 365, ""),  # never before two thirds of its life are over
        (61, 365, "it expires on"),
        (89, 0, ""),
        (91, 30, "it expired on"),
        (91, 0, "it expired on"),
        (-1, 30, "it is not valid before"),
    ],
)
def test_validity(passed: int, renew_before: int, expected: str, clock: Clock) -> None:
    root = _long_root()
    certificate = builder.build(spec(days=90), keys.generate_key("ec", 256), root)
    found = renewal_reasons.regeneration_reasons(
        certificate,
        spec(),
        issuer=root.certificate,
        renew_before=renew_before,
        at=builder.now() + passed * DAY,
    )
    assert len(found) == (1 if expected else 0)
    assert all(reason.startswith(expected) for reason in found)


def _long_root() -> builder.Authority:
    key = keys.generate_key("ec", 256)
    long_spec = CertificateSpec(kind="root", common_name="long", days=3650)
    return builder.Authority(builder.build(long_spec, key), key)


def test_what_ends_with_its_issuer_is_not_due_before(clock: Clock) -> None:
    root = _long_root()
    certificate = builder.build(spec(days=9999), keys.generate_key("ec", 256), root)
    clock.turn(3649)
    assert not renewal_reasons.regeneration_reasons(
        certificate, spec(), issuer=root.certificate, renew_before=30
    )
    assert renewal_reasons.expiring(root.certificate, 30)
    clock.turn(2)
    [reason] = renewal_reasons.regeneration_reasons(
        certificate, spec(), issuer=root.certificate, renew_before=30
    )
    assert reason.startswith("it expired on")


def test_specs_can_be_filled_without_overriding() -> None:
    with_defaults = CertificateSpec(kind="root", locality="").with_defaults(locality="x", days=9)
    assert with_defaults == dataclasses.replace(CertificateSpec(kind="root"), locality="", days=9)
