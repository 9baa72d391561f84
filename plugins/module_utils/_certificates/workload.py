# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issue workload certificates as istiod does."""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import builder, pem
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.dependency import (
    require_cryptography,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.keys import (
    generate_key,
    key_pem,
    load_key,
    matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    CertificateSpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from cryptography import x509

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SPIFFE_PARTS = {
    "trust_domain": re.compile(r"[a-z0-9]([a-z0-9._-]{0,253}[a-z0-9])?"),
    "namespace": re.compile(_LABEL),
    "service_account": re.compile(rf"{_LABEL}(\.{_LABEL})*"),
}


def spiffe_id(trust_domain: str, namespace: str, service_account: str) -> str:
    """Return the SPIFFE identity of a workload."""
    values = {
        "trust_domain": trust_domain,
        "namespace": namespace,
        "service_account": service_account,
    }
    for option, value in values.items():
        if not _SPIFFE_PARTS[option].fullmatch(value):
            raise InvalidInput(
                f"{option}: {value!r} cannot be part of a SPIFFE identity;"
                " use lower-case letters, digits, dashes and dots"
            )
    return f"spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}"


def workload_spec(
    trust_domain: str, namespace: str, service_account: str, days: int
) -> CertificateSpec:
    return CertificateSpec(
        kind="workload",
        organization="",
        common_name="",
        locality="",
        dns_names=(),
        uris=(spiffe_id(trust_domain, namespace, service_account),),
        key_type="ec",
        key_size=256,
        days=days,
    )


# One CA signs for many workloads, and reading a large RSA key is the slow part.
@functools.lru_cache(maxsize=8)
def _authority(certificate_pem: str, ca_key_pem: str) -> builder.Authority:
    certificate = pem.load_certificate(certificate_pem, "The CA certificate")
    key = load_key(ca_key_pem, "The CA key")
    if not matches(key, certificate):
        raise InvalidInput(
            "The CA key does not belong to the CA certificate"
            f" {pem.fingerprint(certificate)} ({certificate.subject.rfc4514_string()})"
        )
    return builder.Authority(certificate, key)


def issue_workload_certificate(
    ca_cert_pem: str,
    ca_key_pem: str,
    chain_pem: str,
    trust_domain: str,
    namespace: str,
    service_account: str,
    days: int,
) -> tuple[str, str]:
    """Issue a certificate for servers and clients, and return its chain and its key as PEM.

    ``chain_pem`` is the chain of the CA up to the root (``cert-chain.pem``), empty if the root
    signs. The certificate never outlives the CA.
    """
    require_cryptography()
    spec = workload_spec(trust_domain, namespace, service_account, days)
    authority = _authority(ca_cert_pem, ca_key_pem)
    end = authority.certificate.not_valid_after_utc
    if end <= builder.now():
        raise InvalidInput(f"The CA certificate expired on {end:%Y-%m-%d %H:%M:%S} UTC; renew it")
    key = generate_key("ec", 256)
    certificate = builder.build(spec, key, authority)
    return workload_chain(certificate, authority.certificate, chain_pem), key_pem(key)


def workload_chain(certificate: x509.Certificate, issuer: x509.Certificate, chain_pem: str) -> str:
    """Return the chain that a workload presents: its own certificate, the CA's, those above."""
    above = pem.load_certificates(chain_pem, "The CA's chain") if chain_pem.strip() else []
    return pem.join([certificate, issuer, *above])
