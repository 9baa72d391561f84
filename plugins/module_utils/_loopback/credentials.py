# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workload certificates of a loopback lab, signed with the mesh's own intermediate."""

from __future__ import annotations

import base64
import datetime
import hashlib
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import tls
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import SECRET_TYPE
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

# longer than istiod's 24 hours, because no daemon renews them while a lab is up
_DAYS = 90
_RENEW_BEFORE = datetime.timedelta(days=30)
_ISSUED_FILE = "issued.json"
_KEYS = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")


@dataclass(frozen=True, slots=True)
class Identity:
    """The SPIFFE identity of a workload."""

    trust_domain: str
    namespace: str
    service_account: str


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """The Secret ``cacerts`` of a cluster."""

    certificate: str
    key: str
    chain: str
    root: str

    @classmethod
    def from_secret(
        cls, cluster: str, secret: t.Mapping[str, t.Any] | None
    ) -> CertificateAuthority:
        """Raise InvalidInput when a key is missing or unreadable."""
        if secret is None:
            raise InvalidInput(
                f"cluster {cluster} has no Secret cacerts in istio-system, so its workloads can have"
                " no certificates; apply the role eastwest.mesh.trust first"
            )
        values = dict(secret.get("stringData") or {})
        for name, encoded in (secret.get("data") or {}).items():
            values.setdefault(name, base64.b64decode(encoded).decode())
        missing = [name for name in _KEYS if not values.get(name)]
        if missing:
            raise InvalidInput(
                f"Secret istio-system/cacerts of {cluster} lacks the key {missing[0]}; the role"
                " eastwest.mesh.trust makes one that has all"
            )
        return cls(*(values[name] for name in _KEYS))


def provide(directory: Path, authority: CertificateAuthority, identity: Identity) -> None:
    """Puts a certificate and the roots where the pod's Envoy reads them; renews what no longer fits."""
    fingerprint = hashlib.sha256(
        "\0".join(
            (
                authority.certificate,
                authority.chain,
                identity.trust_domain,
                identity.namespace,
                identity.service_account,
            )
        ).encode()
    ).hexdigest()
    now = datetime.datetime.now(datetime.UTC)
    issued = files.read_json(directory / _ISSUED_FILE) or {}
    if issued.get("for") != fingerprint or now.timestamp() > issued.get("renew_after", 0):
        # Here, because the library takes long to load and certificates last.
        from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.workload import (
            issue_workload_certificate,
        )

        chain, key = issue_workload_certificate(
            authority.certificate,
            authority.key,
            authority.chain,
            identity.trust_domain,
            identity.namespace,
            identity.service_account,
            _DAYS,
        )
        files.write(
            directory / tls.IDENTITY_FILE, response(SECRET_TYPE, [tls.identity_secret(chain, key)])
        )
        renew_after = (now + datetime.timedelta(days=_DAYS) - _RENEW_BEFORE).timestamp()
        issued = {"for": fingerprint, "renew_after": renew_after}
        files.write(directory / _ISSUED_FILE, files.to_json(issued))
    roots = response(SECRET_TYPE, [tls.root_secret(authority.root)])
    files.write_if_changed(directory / tls.ROOT_FILE, roots)
