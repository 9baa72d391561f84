# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a certificate directory to what is wanted, or away. Private to this collection."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    builder,
    checker,
    files,
    keys,
    layout,
    pem,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.changes import ChangeSet
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    DirectorySpec,
    EntrySpec,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.renewal import (
    ResolvedCertificate,
    resolve_entry,
    resolve_root,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

if t.TYPE_CHECKING:
    from cryptography import x509

Result: t.TypeAlias = dict[str, t.Any]


def present(request: DirectorySpec, *, check_mode: bool) -> Result:
    """Makes what is missing or no longer fits; in check mode only says so."""
    files.check_writable(request.directory)
    lock = contextlib.nullcontext() if check_mode else files.exclusive(request.directory)
    with lock:
        plan = ChangeSet()
        result = _plan_all(plan, request, check_mode)
        if not check_mode:
            plan.carry_out()
    return {
        "changed": plan.changed,
        "regenerated": plan.regenerated,
        "warnings": plan.warnings,
        "diff": {"before": plan.before, "after": plan.after},
        **result,
    }


def _plan_all(plan: ChangeSet, request: DirectorySpec, check_mode: bool) -> Result:
    """Decides on every certificate; says what they will be."""
    pair = layout.root_pair(request.directory)
    root = resolve_root(plan, pair, request.root, request.renew_before, request.force_root)
    roots = [root.certificate, *_extra_roots(plan, request, check_mode)]
    settled: dict[str, ResolvedCertificate] = {}
    for each in request.intermediates:
        # A CA with its issuer's subject looks self-signed, and no verifier finds its way.
        if builder.subject_name(each.wish) == root.certificate.subject:
            raise InvalidInput(
                f"intermediates: {each.name}: has the same subject as the root {pair.certificate};"
                " change organization, common_name or locality of one of them"
            )
        settled[each.name] = resolve_entry(
            plan, each.entry, each.wish, [root], roots, request.renew_before
        )
    leaves = [
        resolve_entry(
            plan, each.entry, each.wish, [settled[each.issuer], root], roots, request.renew_before
        )
        for each in request.workloads
    ]
    return {
        **_root_facts(pair, root, roots, check_mode),
        "intermediates": [
            {"name": each.name, **_place(each), **_facts(settled[each.name], check_mode)}
            for each in request.intermediates
        ],
        "workloads": [
            {"uri": each.name, "issuer": each.issuer, **_place(each), **_facts(leaf, check_mode)}
            for each, leaf in zip(request.workloads, leaves, strict=True)
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
            **_facts(root, check_mode),
        },
        "replaced_root": None if old is None else _facts(ResolvedCertificate(old, None), False),
        "trust_bundle": [
            _facts(
                ResolvedCertificate(each, None, new=root.new and each is root.certificate),
                check_mode,
            )
            for each in {pem.fingerprint(one): one for one in roots}.values()
        ],
    }


def _extra_roots(
    plan: ChangeSet, request: DirectorySpec, check_mode: bool
) -> list[x509.Certificate]:
    found = []
    own = layout.root_pair(request.directory).certificate
    for path in request.trust_bundle:
        # The own root may be named too; it may not be written yet, and is there anyway.
        if path.resolve() == own.resolve():
            continue
        text = files.read(path)
        if text is None and check_mode:
            plan.warnings.append(f"trust_bundle: {path} does not exist yet; taken as to come")
            continue
        if text is None:
            raise InvalidInput(f"trust_bundle: {path} does not exist")
        for certificate in pem.load_certificates(text, f"trust_bundle: {path}"):
            _check_extra_root(certificate, path)
            found.append(certificate)
    return found


def _check_extra_root(certificate: x509.Certificate, path: Path) -> None:
    subject = certificate.subject.rfc4514_string()
    end = certificate.not_valid_after_utc
    if not checker.is_authority(certificate):
        raise InvalidInput(f"trust_bundle: {subject} in {path} is not a CA")
    if end <= builder.now():
        raise InvalidInput(
            f"trust_bundle: {subject} in {path} expired on {checker.moment(end)}; leave it out"
        )


def _place(each: EntrySpec) -> Result:
    return {
        "directory": str(each.entry.directory),
        "path": str(each.entry.pair.certificate),
        "key_path": str(each.entry.pair.key),
        "chain_path": str(each.entry.chain),
        "root_path": str(each.entry.root),
    }


def _facts(settled: ResolvedCertificate, check_mode: bool) -> Result:
    """What may be told; what check mode only tried out has no lasting fingerprint."""
    certificate = settled.certificate
    kind, size = keys.key_kind(certificate.public_key())
    foretold = settled.new and check_mode
    return {
        "fingerprint": None if foretold else pem.fingerprint(certificate),
        "subject": certificate.subject.rfc4514_string(),
        "key_type": kind,
        "key_size": size,
        "not_before": checker.moment(certificate.not_valid_before_utc),
        "not_after": checker.moment(certificate.not_valid_after_utc),
    }


def absent(directory: Path, *, check_mode: bool) -> Result:
    """Removes the files that this collection makes, and the directories that are empty then."""
    if not directory.is_dir():
        return _removal([])
    files.check_writable(directory)
    lock_path = directory / files.LOCK_NAME
    stale = [lock_path] if os.path.lexists(lock_path) else []
    lock = contextlib.nullcontext() if check_mode else files.exclusive(directory)
    with lock:
        entries = list(layout.entries(directory))
        pair = layout.root_pair(directory)
        known = [path for each in entries for path in each.files]
        known += [pair.certificate, pair.key]
        removed = [path for path in known if os.path.lexists(path)] + stale
        if not check_mode:
            for path in known:
                files.remove(path)
                files.remove(files.temporary(path))
            for each in entries:
                _prune(each.directory, directory)
            files.remove(lock_path)
            files.remove_directory(directory)
    return _removal(removed)


def _prune(place: Path, top: Path) -> None:
    """Removes the empty directories from ``place`` up to, but without, ``top``."""
    while place != top and files.remove_directory(place):
        place = place.parent


def _removal(removed: list[Path]) -> Result:
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
