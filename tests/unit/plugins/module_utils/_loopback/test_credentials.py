# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from base64 import b64encode

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.credentials import (
    CertificateAuthority,
)

NAMES = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")


def test_both_ways_to_write_a_secret() -> None:
    data = {name: b64encode(f"encoded {name}".encode()).decode() for name in NAMES}
    found = CertificateAuthority.from_secret(
        "east", {"data": data, "stringData": {"ca-key.pem": "plain"}}
    )
    assert found == CertificateAuthority(
        "east", "encoded ca-cert.pem", "plain", "encoded cert-chain.pem", "encoded root-cert.pem"
    )


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (None, "cluster east has no Secret cacerts in istio-system, .*eastwest.mesh.trust first"),
        ({}, "Secret istio-system/cacerts of east lacks the key ca-cert.pem"),
        ({"stringData": {**dict.fromkeys(NAMES, "pem"), "cert-chain.pem": ""}}, "key cert-chain"),
    ],
)
def test_what_a_cluster_needs(secret: dict[str, t.Any] | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        CertificateAuthority.from_secret("east", secret)
