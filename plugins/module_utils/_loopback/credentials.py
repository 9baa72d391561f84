# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workload certificates of a loopback lab, signed with the mesh's own intermediate."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
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

    cluster: str
    certificate: str
    key: str
    chain: str
    root: str

    @classmethod
    def from_secret(
        cls, cluster: str, secret: t.Mapping[str, t.Any] | None
    ) -> CertificateAuthority:
        """Read the Secret. Raise InvalidInput for a missing or unreadable key."""
        if secret is None:
            raise InvalidInput(
                f"cluster {cluster} has no Secret cacerts in istio-system, so its workloads can have"
                " no certificates; apply the role eastwest.mesh.trust first"
            )
        values = dict(secret.get("stringData") or {})
        for name, encoded in (secret.get("data") or {}).items():
            try:
                values.setdefault(name, base64.b64decode(encoded).decode())
            except (binascii.Error, ValueError) as exc:
                raise InvalidInput(
                    f"Secret istio-system/cacerts of {cluster}: the key {name} is not base64 of text"
                ) from exc
        missing = [name for name in _KEYS if not values.get(name)]
        if missing:
            raise InvalidInput(
                f"Secret istio-system/cacerts of {cluster} lacks the key {missing[0]}; the role"
                " eastwest.mesh.trust makes one that has all"
            )
        return cls(cluster, *(values[name] for name in _KEYS))


def credential_files(
    directory: Path, authority: CertificateAuthority, identity: Identity
) -> dict[str, bytes]:
    """Return the files of the pod's certificate and roots; renew a certificate that does not fit.

    Raise InvalidInput if the CA cannot issue a certificate for the identity.
    """
    fingerprint = _digest(
        authority.certificate,
        authority.chain,
        identity.trust_domain,
        identity.namespace,
        identity.service_account,
    )
    now = datetime.datetime.now(datetime.UTC)
    identity_file = files.read(directory / tls.IDENTITY_FILE) or b""
    issued_file = files.read(directory / _ISSUED_FILE) or b""
    if not _is_valid(issued_file, fingerprint, identity_file, now):
        secret = tls.identity_secret(*_issue(authority, identity))
        identity_file = response(SECRET_TYPE, [secret])
        renewal = now + datetime.timedelta(days=_DAYS) - _RENEW_BEFORE
        issued = {
            "for": fingerprint,
            "renew_after": renewal.timestamp(),
            "digest": hashlib.sha256(identity_file).hexdigest(),
        }
        issued_file = files.to_json(issued)
    return {
        tls.IDENTITY_FILE: identity_file,
        tls.ROOT_FILE: response(SECRET_TYPE, [tls.root_secret(authority.root)]),
        # last, so that it is there only with the certificate
        _ISSUED_FILE: issued_file,
    }


def _is_valid(
    issued_file: bytes, fingerprint: str, identity_file: bytes, now: datetime.datetime
) -> bool:
    """Return whether the certificate on disk is complete, of this identity and not to be renewed."""
    try:
        issued = json.loads(issued_file)
        return bool(
            issued["for"] == fingerprint
            and issued["digest"] == hashlib.sha256(identity_file).hexdigest()
            and now.timestamp() < issued["renew_after"]
        )
    except (ValueError, KeyError, TypeError):
        # of another version, or damaged
        return False


def _issue(authority: CertificateAuthority, identity: Identity) -> tuple[str, str]:
    # Here, because the library takes long to load and certificates last.
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.workload import (
        issue_workload_certificate,
    )

    try:
        return issue_workload_certificate(
            authority.certificate,
            authority.key,
            authority.chain,
            identity.trust_domain,
            identity.namespace,
            identity.service_account,
            _DAYS,
        )
    except (MeshError, ValueError) as exc:
        raise InvalidInput(
            f"no certificate can be issued for ServiceAccount {identity.namespace}/"
            f"{identity.service_account} from Secret istio-system/cacerts of {authority.cluster}:"
            f" {exc}"
        ) from exc


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
