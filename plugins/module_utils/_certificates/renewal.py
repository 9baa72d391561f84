# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep, adopt or renew each certificate."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    chain,
    files,
    keys,
    pem,
    renewal_reasons,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.changes import (
        ChangeSet,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.layout import (
        CertificateFiles,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
        CertificateSpec,
        DirectorySpec,
        EntrySpec,
    )
    from cryptography import x509


DEFAULT_DAYS = 3650


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedCertificate:
    """A certificate as it will be once the changes are applied."""

    certificate: x509.Certificate
    key: keys.PrivateKey | None
    # its issuers up to the root
    above: tuple[x509.Certificate, ...] = ()
    # the further roots in a root's file
    others: tuple[x509.Certificate, ...] = ()
    new: bool = False
    replaced: x509.Certificate | None = None

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.above)


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


def read_pair(
    pair: CertificateFiles,
    remedy: str = "Put the right one back, or remove both to have them generated again.",
) -> tuple[list[x509.Certificate], keys.PrivateKey | None]:
    """Read certificates and a key, with the key's certificate first. Raise InvalidInput."""
    certificate_text, key_text = files.read(pair.certificate), files.read(pair.key)
    certificates: list[x509.Certificate] = []
    key = None
    if certificate_text is not None:
        certificates = pem.load_certificates(certificate_text, str(pair.certificate))
    if key_text is not None:
        key = keys.load_key(key_text, str(pair.key))
    if certificates and key:
        own = [each for each in certificates if keys.matches(key, each)]
        if not own:
            raise InvalidInput(
                f"The key {pair.key} does not match the certificate {pair.certificate}. {remedy}"
            )
        certificates = [own[0], *(each for each in certificates if each != own[0])]
    return certificates, key


def resolve_root(
    changes: ChangeSet, pair: CertificateFiles, spec: DirectorySpec
) -> ResolvedCertificate:
    """Keep an existing root; create one if it is missing, or if ``force_root`` allows it."""
    if spec.root_file is not None:
        return _copied_root(changes, pair, spec)
    found, key = read_pair(pair)
    if not found:
        return _first_root(changes, pair, spec, key)
    certificate, *others = found
    _check_other_roots(changes, pair.certificate, others)
    reasons = renewal_reasons.regeneration_reasons(certificate, spec.root)
    soon = renewal_reasons.expiring(certificate, spec.renew_before)
    if not reasons and not (soon and spec.force_root):
        if soon:
            changes.warnings.append(
                f"The root {pair.certificate} should be replaced: {soon}."
                " Set force_root=true to have a new one generated."
            )
        changes.protect(pair.key)
        return ResolvedCertificate(certificate, key, others=tuple(others))
    if not spec.force_root:
        raise InvalidInput(
            f"The root {pair.certificate} no longer fits: {'; '.join(reasons)}. It is replaced only"
            " with force_root=true, since everything that it signed must be generated again."
        )
    # With a new key, so that no certificate of the old root verifies against the new one.
    return _new_root(changes, pair, spec.root, found, None, reasons or [soon])


def resolve_issuer(
    pair: CertificateFiles, root: ResolvedCertificate, roots: t.Sequence[x509.Certificate]
) -> ResolvedCertificate:
    """Read the CA that signs in the root's place. Raise InvalidInput unless it can."""
    return _existing_ca(pair, "issuer", root, roots, cas_below=1)


def resolve_entry(
    changes: ChangeSet,
    entry: EntrySpec,
    issuer: ResolvedCertificate,
    roots: t.Sequence[x509.Certificate],
    renew_before: int,
) -> ResolvedCertificate:
    """Keep an intermediate or workload certificate, or renew one that differs from its spec.

    ``roots`` are the trust bundle of the entry.
    """
    if entry.existing is not None:
        resolved = _adopted(changes, entry, issuer, roots, renew_before)
    else:
        resolved = _issued(changes, entry, issuer, renew_before)
    paths = entry.entry
    if paths.chain != paths.pair.certificate or not resolved.new:
        changes.derive(paths.chain, resolved.chain, pem.join(resolved.chain))
    changes.derive(paths.root, roots, pem.trust_bundle(roots))
    return resolved


def _copied_root(
    changes: ChangeSet, pair: CertificateFiles, spec: DirectorySpec
) -> ResolvedCertificate:
    """Use the root of another file, whose key may be elsewhere."""
    path = t.cast("Path", spec.root_file)
    _read_certificates(path, "root: certificate")
    source = dataclasses.replace(pair, certificate=path)
    certificates, key = read_pair(source, "Move the key away, or name its certificate.")
    certificate, *others = certificates
    reasons = renewal_reasons.regeneration_reasons(certificate, spec.root)
    if reasons:
        raise InvalidInput(f"root: certificate: {path} cannot be used: {'; '.join(reasons)}")
    text = files.read(pair.certificate)
    found = pem.load_certificates(text, str(pair.certificate)) if text is not None else []
    # a file with several roots has the directory's root among them
    replaced = found[0] if found and certificate not in found else None
    if replaced is not None and not spec.force_root:
        raise InvalidInput(
            f"root: certificate: {path} is not the root {pair.certificate}, which is replaced only"
            " with force_root=true, since everything that it signed must be generated again"
        )
    _check_other_roots(changes, path, others)
    changes.derive(pair.certificate, certificates, pem.join(certificates))
    changes.protect(pair.key)
    return ResolvedCertificate(certificate, key, others=tuple(others), replaced=replaced)


def _first_root(
    changes: ChangeSet, pair: CertificateFiles, spec: DirectorySpec, key: keys.PrivateKey | None
) -> ResolvedCertificate:
    if key is not None:
        new = with_root_defaults(spec.root)
        mismatches = keys.key_mismatches(
            keys.key_kind(key.public_key()), new.key_type, new.key_size
        )
        if mismatches and not spec.force_root:
            raise InvalidInput(
                f"The root key {pair.key} has no certificate and no longer fits:"
                f" {'; '.join(mismatches)}. It is replaced only with force_root=true."
            )
        key = None if mismatches else key
    return _new_root(changes, pair, spec.root, [], key, ["it does not exist"])


def _new_root(
    changes: ChangeSet,
    pair: CertificateFiles,
    spec: CertificateSpec,
    found: list[x509.Certificate],
    key: keys.PrivateKey | None,
    reasons: list[str],
) -> ResolvedCertificate:
    certificate, key, new_key = _create(with_root_defaults(spec), key, None)
    old, others = (found[0], found[1:]) if found else (None, [])
    text = pem.join([certificate, *others])
    changes.replace_pair(pair, old, certificate, text, new_key, reasons)
    return ResolvedCertificate(certificate, key, others=tuple(others), new=True, replaced=old)


def _check_other_roots(
    changes: ChangeSet, path: Path, others: t.Iterable[x509.Certificate]
) -> None:
    """Keep further roots in any case, but warn of those that no verifier accepts."""
    for other in others:
        problems = chain.certificate_problems(other, ca=True)
        changes.warnings += [f"{path}: {problem}" for problem in problems]


def _issued(
    changes: ChangeSet, entry: EntrySpec, issuer: ResolvedCertificate, renew_before: int
) -> ResolvedCertificate:
    pair, spec = entry.entry.pair, entry.spec
    found, key = read_pair(pair)
    certificate = found[0] if found else None
    reasons = ["it does not exist"]
    if certificate is not None:
        reasons = renewal_reasons.regeneration_reasons(
            certificate, spec, issuer=issuer.certificate, renew_before=renew_before
        )
        if key is None:
            reasons.append(f"its key {pair.key} does not exist")
        if not reasons:
            changes.protect(pair.key)
            return ResolvedCertificate(certificate, key, issuer.chain)
    if issuer.key is None:
        raise InvalidInput(
            f"{pair.certificate} must be generated ({'; '.join(reasons)}), but the key of its issuer"
            f" {issuer.certificate.subject.rfc4514_string()} is missing. Name a CA below it that"
            " signs (issuer), or an existing CA for the cluster (intermediates: certificate, key)."
        )
    new, key, new_key = _create(spec, key, builder.Authority(issuer.certificate, issuer.key))
    # The file of a workload holds its chain.
    above = issuer.chain if spec.kind == "workload" else ()
    changes.replace_pair(pair, certificate, new, pem.join([new, *above]), new_key, reasons)
    return ResolvedCertificate(new, key, issuer.chain, new=True)


def _adopted(
    changes: ChangeSet,
    entry: EntrySpec,
    issuer: ResolvedCertificate,
    roots: t.Sequence[x509.Certificate],
    renew_before: int,
) -> ResolvedCertificate:
    """Copy an existing CA into the directory, unless it is there already."""
    source, pair = t.cast("CertificateFiles", entry.existing), entry.entry.pair
    where = f"intermediates: {entry.name}"
    resolved = _existing_ca(source, where, issuer, roots)
    soon = renewal_reasons.expiring(resolved.certificate, renew_before)
    if soon:
        changes.warnings.append(f"{where}: {source.certificate} should be replaced: {soon}")
    found, key = read_pair(pair)
    old = found[0] if found else None
    same_key = key is not None and keys.matches(key, resolved.certificate)
    if old == resolved.certificate and same_key:
        changes.protect(pair.key)
        return resolved
    reason = f"it is not {source.certificate}" if old else "it does not exist"
    text = pem.certificate_pem(resolved.certificate)
    new_key = None if same_key else keys.key_pem(t.cast("keys.PrivateKey", resolved.key))
    changes.replace_pair(pair, old, resolved.certificate, text, new_key, [reason], copied=True)
    return resolved


def _existing_ca(
    pair: CertificateFiles,
    where: str,
    issuer: ResolvedCertificate,
    roots: t.Sequence[x509.Certificate],
    cas_below: int = 0,
) -> ResolvedCertificate:
    """Read a CA with its key and its chain. Raise InvalidInput unless it can sign below a root."""
    _read_certificates(pair.certificate, f"{where}: certificate")
    certificates, key = read_pair(pair, f"Name the two that belong together ({where}).")
    if key is None:
        raise InvalidInput(f"{where}: key: {pair.key} does not exist")
    certificate, *above = certificates
    found = chain.verify(certificate, [*above, *issuer.chain], roots, ca=True, cas_below=cas_below)
    if found.problems:
        raise InvalidInput(
            f"{where}: certificate: {pair.certificate} does not lead to a root in"
            f" {', '.join(pem.label(each) for each in roots)}:"
            f" {'; '.join(str(problem) for problem in found.problems)}"
        )
    return ResolvedCertificate(certificate, key, found.certificates[1:])


def _read_certificates(path: Path, where: str) -> list[x509.Certificate]:
    text = files.read(path)
    if text is None:
        raise InvalidInput(f"{where}: {path} does not exist")
    return pem.load_certificates(text, f"{where}: {path}")


def _create(
    spec: CertificateSpec, key: keys.PrivateKey | None, issuer: builder.Authority | None
) -> tuple[x509.Certificate, keys.PrivateKey, str | None]:
    """Create a certificate; a suitable key is used again, so its signatures stay valid."""
    kind = (str(spec.key_type), int(spec.key_size or 0))
    if key is not None and keys.key_kind(key.public_key()) == kind:
        return builder.build(spec, key, issuer), key, None
    key = keys.generate_key(*kind)
    return builder.build(spec, key, issuer), key, keys.key_pem(key)
