# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep or renew each certificate."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    drift,
    files,
    keys,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.changes import (
        ChangeSet,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.layout import (
        CertificateDirectory,
        CertificateFiles,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
        CertificateSpec,
    )
    from cryptography import x509


DEFAULT_DAYS = 3650


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedCertificate:
    """A certificate as it will be once the changes are applied."""

    certificate: x509.Certificate
    key: keys.PrivateKey | None
    new: bool = False
    replaced: x509.Certificate | None = None


def with_root_defaults(spec: CertificateSpec) -> CertificateSpec:
    """Fill in the defaults of a new root."""
    spec = spec.with_defaults(
        organization="Istio",
        common_name="Root CA",
        locality="",
        key_type="ec",
        days=DEFAULT_DAYS,
    )
    return spec.with_defaults(key_size=keys.DEFAULT_SIZES[str(spec.key_type)])


def read_pair(pair: CertificateFiles) -> tuple[x509.Certificate | None, keys.PrivateKey | None]:
    """Read a certificate and its key; raise InvalidInput if they do not match."""
    certificate_text, key_text = files.read(pair.certificate), files.read(pair.key)
    certificate = key = None
    if certificate_text is not None:
        certificate = pem.load_certificate(certificate_text, str(pair.certificate))
    if key_text is not None:
        key = keys.load_key(key_text, str(pair.key))
    if certificate and key and not keys.matches(key, certificate):
        raise InvalidInput(
            f"The key {pair.key} does not match the certificate {pair.certificate}."
            " Put the right one back, or remove both to have them made again."
        )
    return certificate, key


def resolve_root(
    changes: ChangeSet,
    pair: CertificateFiles,
    spec: CertificateSpec,
    renew_before: int,
    force: bool,
) -> ResolvedCertificate:
    """Keep an existing root; create one if it is missing, or if ``force`` allows it."""
    certificate, key = read_pair(pair)
    if certificate is None:
        return _first_root(changes, pair, spec, key, force)
    reasons = drift.regeneration_reasons(certificate, spec)
    soon = drift.expiring(certificate, renew_before)
    if not reasons and not (soon and force):
        if soon:
            changes.warnings.append(
                f"The root {pair.certificate} should be replaced: {soon}."
                " Set force_root=true to have a new one made."
            )
        changes.protect(pair.certificate, pair.key)
        return ResolvedCertificate(certificate, key)
    if not force:
        raise InvalidInput(
            f"The root {pair.certificate} no longer fits: {'; '.join(reasons)}. It is replaced only"
            " with force_root=true, since everything it signed has to be made again then."
        )
    # With a new key, so that no certificate of the old root verifies against the new one.
    return _new_root(changes, pair, spec, certificate, None, reasons or [soon])


def _first_root(
    changes: ChangeSet,
    pair: CertificateFiles,
    spec: CertificateSpec,
    key: keys.PrivateKey | None,
    force: bool,
) -> ResolvedCertificate:
    spec = with_root_defaults(spec)
    if key is not None:
        mismatches = keys.key_mismatches(
            keys.key_kind(key.public_key()), spec.key_type, spec.key_size
        )
        if mismatches and not force:
            raise InvalidInput(
                f"The root key {pair.key} has no certificate and no longer fits:"
                f" {'; '.join(mismatches)}. It is replaced only with force_root=true."
            )
        key = None if mismatches else key
    return _new_root(changes, pair, spec, None, key, ["it does not exist"])


def _new_root(
    changes: ChangeSet,
    pair: CertificateFiles,
    spec: CertificateSpec,
    old: x509.Certificate | None,
    key: keys.PrivateKey | None,
    reasons: list[str],
) -> ResolvedCertificate:
    certificate, key, written = _create(with_root_defaults(spec), key, None)
    text = pem.certificate_pem(certificate)
    changes.replace_pair(pair, old, certificate, text, written, reasons)
    return ResolvedCertificate(certificate, key, new=True, replaced=old)


def resolve_entry(
    changes: ChangeSet,
    entry: CertificateDirectory,
    spec: CertificateSpec,
    chain: list[ResolvedCertificate],
    roots: list[x509.Certificate],
    renew_before: int,
) -> ResolvedCertificate:
    """Keep an intermediate or workload certificate, or renew one that differs from its spec.

    ``chain`` are the issuers up to the root, ``roots`` the trust bundle of the entry.
    """
    issuer, above = chain[0], [each.certificate for each in chain]
    certificate, key = read_pair(entry.pair)
    resolved = _resolve_below(
        changes, entry.pair, spec, issuer, (certificate, key), renew_before, above
    )
    texts = [resolved.certificate, *above]
    if entry.chain != entry.pair.certificate or not resolved.new:
        changes.derive(entry.chain, texts, pem.join(texts))
    changes.derive(entry.root, roots, pem.trust_bundle(roots))
    return resolved


def _resolve_below(
    changes: ChangeSet,
    pair: CertificateFiles,
    spec: CertificateSpec,
    issuer: ResolvedCertificate,
    found: tuple[x509.Certificate | None, keys.PrivateKey | None],
    renew_before: int,
    above: list[x509.Certificate],
) -> ResolvedCertificate:
    certificate, key = found
    reasons = ["it does not exist"]
    if certificate is not None:
        reasons = drift.regeneration_reasons(
            certificate, spec, issuer=issuer.certificate, renew_before=renew_before
        )
        if key is None:
            reasons.append(f"its key {pair.key} does not exist")
    if certificate is not None and not reasons:
        changes.protect(pair.certificate, pair.key)
        return ResolvedCertificate(certificate, key)
    if issuer.key is None:
        raise InvalidInput(
            f"{pair.certificate} has to be made ({'; '.join(reasons)}), but the key of its issuer"
            f" {issuer.certificate.subject.rfc4514_string()} is not there to sign it"
        )
    new, key, written = _create(spec, key, builder.Authority(issuer.certificate, issuer.key))
    own = above if spec.kind == "workload" else []
    changes.replace_pair(pair, certificate, new, pem.join([new, *own]), written, reasons)
    return ResolvedCertificate(new, key, new=True)


def _create(
    spec: CertificateSpec, key: keys.PrivateKey | None, issuer: builder.Authority | None
) -> tuple[x509.Certificate, keys.PrivateKey, str | None]:
    """Create a certificate; a suitable key is used again, so its signatures stay valid."""
    wanted = (str(spec.key_type), int(spec.key_size or 0))
    if key is not None and keys.key_kind(key.public_key()) == wanted:
        return builder.build(spec, key, issuer), key, None
    key = keys.generate_key(*wanted)
    return builder.build(spec, key, issuer), key, keys.key_pem(key)
