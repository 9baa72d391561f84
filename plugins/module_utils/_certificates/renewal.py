# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settles what each certificate will be: as it is, or made again. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    checker,
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
    """A certificate as it will be when the plan is carried out."""

    certificate: x509.Certificate
    key: keys.PrivateKey | None
    new: bool = False
    replaced: x509.Certificate | None = None


def complete_root(wish: CertificateSpec) -> CertificateSpec:
    """Fills in what a root gets when the options leave the choice."""
    wish = wish.filled(
        organization="Istio",
        common_name="Root CA",
        locality="",
        key_type="ec",
        days=DEFAULT_DAYS,
    )
    return wish.filled(key_size=keys.DEFAULT_SIZES[str(wish.key_type)])


def read_pair(pair: CertificateFiles) -> tuple[x509.Certificate | None, keys.PrivateKey | None]:
    """Reads what there is; raises InvalidInput when one is not the other's."""
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
    plan: ChangeSet, pair: CertificateFiles, wish: CertificateSpec, renew_before: int, force: bool
) -> ResolvedCertificate:
    """Keeps the root that is there; makes one where none is, or where ``force`` allows it."""
    certificate, key = read_pair(pair)
    if certificate is None:
        return _first_root(plan, pair, wish, key, force)
    reasons = checker.regeneration_reasons(certificate, wish)
    soon = checker.expiring(certificate, renew_before)
    if not reasons and not (soon and force):
        if soon:
            plan.warnings.append(
                f"The root {pair.certificate} should be replaced: {soon}."
                " Set force_root=true to have a new one made."
            )
        plan.protect(pair.certificate, pair.key)
        return ResolvedCertificate(certificate, key)
    if not force:
        raise InvalidInput(
            f"The root {pair.certificate} no longer fits: {'; '.join(reasons)}. It is replaced only"
            " with force_root=true, since everything it signed has to be made again then."
        )
    # A new key, so that nothing the old root signed passes for signed by the new one.
    return _new_root(plan, pair, wish, certificate, None, reasons or [soon])


def _first_root(
    plan: ChangeSet,
    pair: CertificateFiles,
    wish: CertificateSpec,
    key: keys.PrivateKey | None,
    force: bool,
) -> ResolvedCertificate:
    wish = complete_root(wish)
    if key is not None:
        misfit = keys.kind_reasons(keys.key_kind(key.public_key()), wish.key_type, wish.key_size)
        if misfit and not force:
            raise InvalidInput(
                f"The root key {pair.key} has no certificate and no longer fits:"
                f" {'; '.join(misfit)}. It is replaced only with force_root=true."
            )
        key = None if misfit else key
    return _new_root(plan, pair, wish, None, key, ["it does not exist"])


def _new_root(
    plan: ChangeSet,
    pair: CertificateFiles,
    wish: CertificateSpec,
    old: x509.Certificate | None,
    key: keys.PrivateKey | None,
    reasons: list[str],
) -> ResolvedCertificate:
    certificate, key, written = _make(complete_root(wish), key, None)
    text = pem.certificate_pem(certificate)
    plan.replace_pair(pair, old, certificate, text, written, reasons)
    return ResolvedCertificate(certificate, key, new=True, replaced=old)


def resolve_entry(
    plan: ChangeSet,
    entry: CertificateDirectory,
    wish: CertificateSpec,
    chain: list[ResolvedCertificate],
    roots: list[x509.Certificate],
    renew_before: int,
) -> ResolvedCertificate:
    """Keeps an intermediate or workload certificate, or makes it again where it does not fit.

    ``chain`` are the issuers from the nearest to the root, ``roots`` what the entry shall trust.
    """
    issuer, above = chain[0], [each.certificate for each in chain]
    certificate, key = read_pair(entry.pair)
    settled = _settle_below(plan, entry.pair, wish, issuer, (certificate, key), renew_before, above)
    texts = [settled.certificate, *above]
    if entry.chain != entry.pair.certificate or not settled.new:
        plan.derive(entry.chain, texts, pem.join(texts))
    plan.derive(entry.root, roots, pem.trust_bundle(roots))
    return settled


def _settle_below(
    plan: ChangeSet,
    pair: CertificateFiles,
    wish: CertificateSpec,
    issuer: ResolvedCertificate,
    found: tuple[x509.Certificate | None, keys.PrivateKey | None],
    renew_before: int,
    above: list[x509.Certificate],
) -> ResolvedCertificate:
    certificate, key = found
    reasons = ["it does not exist"]
    if certificate is not None:
        reasons = checker.regeneration_reasons(
            certificate, wish, issuer=issuer.certificate, renew_before=renew_before
        )
        if key is None:
            reasons.append(f"its key {pair.key} does not exist")
    if certificate is not None and not reasons:
        plan.protect(pair.certificate, pair.key)
        return ResolvedCertificate(certificate, key)
    if issuer.key is None:
        raise InvalidInput(
            f"{pair.certificate} has to be made ({'; '.join(reasons)}), but the key of its issuer"
            f" {issuer.certificate.subject.rfc4514_string()} is not there to sign it"
        )
    new, key, written = _make(wish, key, builder.Authority(issuer.certificate, issuer.key))
    own = above if wish.kind == "workload" else []
    plan.replace_pair(pair, certificate, new, pem.join([new, *own]), written, reasons)
    return ResolvedCertificate(new, key, new=True)


def _make(
    wish: CertificateSpec, key: keys.PrivateKey | None, issuer: builder.Authority | None
) -> tuple[x509.Certificate, keys.PrivateKey, str | None]:
    """Makes a certificate; a key that fits is used again, so what it signed stays valid."""
    wanted = (str(wish.key_type), int(wish.key_size or 0))
    if key is not None and keys.key_kind(key.public_key()) == wanted:
        return builder.build(wish, key, issuer), key, None
    key = keys.generate_key(*wanted)
    return builder.build(wish, key, issuer), key, keys.key_pem(key)
