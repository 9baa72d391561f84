# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, update or remove a certificate directory."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    chain,
    files,
    keys,
    layout,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.changes import ChangeSet
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.renewal import (
    ResolvedCertificate,
    resolve_entry,
    resolve_issuer,
    resolve_root,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.specs import (
    DirectorySpec,
    EntrySpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from cryptography import x509

Result: t.TypeAlias = dict[str, t.Any]


def present(spec: DirectorySpec, *, check_mode: bool) -> Result:
    """Generate missing certificates and those that differ from their spec; report in check mode."""
    files.check_writable(spec.directory)
    lock = contextlib.nullcontext() if check_mode else files.directory_lock(spec.directory)
    with lock:
        changes = ChangeSet()
        result = _resolve_all(changes, spec, check_mode)
        if not check_mode:
            changes.apply()
    return {
        "changed": changes.changed,
        "regenerated": changes.regenerated,
        "warnings": changes.warnings,
        "diff": {"before": changes.before, "after": changes.after},
        **result,
    }


def _resolve_all(changes: ChangeSet, spec: DirectorySpec, check_mode: bool) -> Result:
    """Resolve every certificate of the directory, and return the module's result."""
    pair = layout.root_pair(spec.directory)
    root = resolve_root(changes, pair, spec)
    roots = [root.certificate, *root.others, *_extra_roots(changes, spec, check_mode)]
    issuer = root if spec.issuer is None else resolve_issuer(spec.issuer, root, roots)
    intermediates: dict[str, ResolvedCertificate] = {}
    for each in spec.intermediates:
        # A CA with its issuer's subject looks self-signed, and no verifier finds the chain.
        if each.existing is None and builder.subject_name(each.spec) == issuer.certificate.subject:
            source = pair if spec.issuer is None else spec.issuer
            raise InvalidInput(
                f"intermediates: {each.name}: has the same subject as its issuer"
                f" {source.certificate}; change organization, common_name or locality of one of them"
            )
        intermediates[each.name] = resolve_entry(changes, each, issuer, roots, spec.renew_before)
    workloads = [
        resolve_entry(changes, each, intermediates[each.issuer], roots, spec.renew_before)
        for each in spec.workloads
    ]
    return {
        **_root_facts(pair, root, roots, check_mode),
        "intermediates": [
            {
                "name": each.name,
                **_paths(each),
                **_certificate_facts(intermediates[each.name], check_mode),
            }
            for each in spec.intermediates
        ],
        "workloads": [
            {
                "uri": each.name,
                "issuer": each.issuer,
                **_paths(each),
                **_certificate_facts(leaf, check_mode),
            }
            for each, leaf in zip(spec.workloads, workloads, strict=True)
        ],
    }


def _root_facts(
    pair: layout.CertificateFiles,
    root: ResolvedCertificate,
    roots: t.Sequence[x509.Certificate],
    check_mode: bool,
) -> Result:
    old = root.replaced
    return {
        "root": {
            "path": str(pair.certificate),
            "key_path": str(pair.key) if root.key else None,
            **_certificate_facts(root, check_mode),
        },
        "replaced_root": None
        if old is None
        else _certificate_facts(ResolvedCertificate(old, None), False),
        "trust_bundle": [
            _certificate_facts(
                ResolvedCertificate(each, None, new=root.new and each is root.certificate),
                check_mode,
            )
            for each in {pem.fingerprint(one): one for one in roots}.values()
        ],
    }


def _extra_roots(
    changes: ChangeSet, spec: DirectorySpec, check_mode: bool
) -> list[x509.Certificate]:
    found = []
    own = layout.root_pair(spec.directory).certificate
    for path in spec.trust_bundle:
        # The bundle holds the directory's own root anyway, which may not be written yet.
        if path.resolve() == own.resolve():
            continue
        text = files.read(path)
        if text is None and check_mode:
            changes.warnings.append(
                f"trust_bundle: {path} does not exist yet; this run assumes that it will"
            )
            continue
        if text is None:
            raise InvalidInput(f"trust_bundle: {path} does not exist")
        for certificate in pem.load_certificates(text, f"trust_bundle: {path}"):
            _check_root(certificate, path)
            found.append(certificate)
    return found


def _check_root(certificate: x509.Certificate, path: Path) -> None:
    subject = certificate.subject.rfc4514_string()
    for problem in chain.certificate_problems(certificate, ca=True):
        raise InvalidInput(f"trust_bundle: {subject} in {path} {problem.text}; leave it out")


def _paths(each: EntrySpec) -> Result:
    return {
        "directory": str(each.entry.directory),
        "path": str(each.entry.pair.certificate),
        "key_path": str(each.entry.pair.key),
        "chain_path": str(each.entry.chain),
        "root_path": str(each.entry.root),
    }


def _certificate_facts(resolved: ResolvedCertificate, check_mode: bool) -> Result:
    """Return a certificate's public facts; check mode keeps no fingerprint of a new one."""
    certificate = resolved.certificate
    kind, size = keys.key_kind(certificate.public_key())
    predicted = resolved.new and check_mode
    return {
        "fingerprint": None if predicted else pem.fingerprint(certificate),
        "subject": certificate.subject.rfc4514_string(),
        "key_type": kind,
        "key_size": size,
        "not_before": chain.timestamp(certificate.not_valid_before_utc),
        "not_after": chain.timestamp(certificate.not_valid_after_utc),
    }


def absent(directory: Path, *, check_mode: bool) -> Result:
    """Remove the files that the module writes, and the directories that this leaves empty."""
    if not directory.is_dir():
        return _removal_result([])
    files.check_writable(directory)
    lock_path = directory / files.LOCK_NAME
    stale = [lock_path] if os.path.lexists(lock_path) else []
    lock = contextlib.nullcontext() if check_mode else files.directory_lock(directory)
    with lock:
        entries = list(layout.entries(directory))
        pair = layout.root_pair(directory)
        known = [path for each in entries for path in each.files]
        known += [pair.certificate, pair.key]
        removed = [path for path in known if os.path.lexists(path)] + stale
        if not check_mode:
            for path in known:
                files.remove(path)
                files.remove(files.temporary_path(path))
            for each in entries:
                _remove_empty(each.directory, directory)
            files.remove(lock_path)
            files.remove_directory(directory)
    return _removal_result(removed)


def _remove_empty(place: Path, top: Path) -> None:
    """Remove empty directories from ``place`` up to, but excluding, ``top``."""
    while place != top and files.remove_directory(place):
        place = place.parent


def _removal_result(removed: list[Path]) -> Result:
    paths = [str(path) for path in removed]
    return {
        "changed": bool(paths),
        "removed": paths,
        "warnings": [],
        "diff": {
            "before": dict.fromkeys(paths, "present"),
            "after": dict.fromkeys(paths, "absent"),
        },
    }
