# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the changes of a certificate directory before any of them is made."""

from __future__ import annotations

import dataclasses
import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    chain,
    files,
    keys,
    pem,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.layout import (
        CertificateFiles,
    )
    from cryptography import x509

ABSENT = "absent"


def describe(certificate: x509.Certificate, *, new: bool = False) -> str:
    """Describe a certificate in a line; check mode cannot know a new certificate's fingerprint."""
    kind, size = keys.key_kind(certificate.public_key())
    mark = "new" if new else f"SHA256 {pem.fingerprint(certificate)}"
    subject = certificate.subject.rfc4514_string() or "no subject"
    end = chain.timestamp(certificate.not_valid_after_utc)
    return f"{subject}, {kind} {size}, until {end}, {mark}"


@dataclasses.dataclass(slots=True)
class ChangeSet:
    """Steps and their reasons. No file changes before ``apply``."""

    regenerated: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    before: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    after: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    _new: set[str] = dataclasses.field(default_factory=set)
    _steps: list[tuple[t.Callable[..., None], tuple[Path | str, ...]]] = dataclasses.field(
        default_factory=list
    )

    @property
    def changed(self) -> bool:
        return bool(self._steps)

    def replace_pair(
        self,
        pair: CertificateFiles,
        old: x509.Certificate | None,
        new: x509.Certificate,
        new_text: str,
        new_key: str | None,
        reasons: list[str],
        *,
        copied: bool = False,
    ) -> None:
        """Write a certificate, and its key if that is new as well.

        A key never lies beside the certificate of another key, not even after a crash: such a pair
        would stop every later run. So the old certificate is removed first.
        """
        if new_key is not None:
            if old is not None:
                self._steps.append((files.remove, (pair.certificate,)))
            self._steps.append((files.write, (pair.key, new_key)))
        self._steps.append((files.write, (pair.certificate, new_text)))
        if not copied:
            self._new.add(pem.fingerprint(new))
        before = ABSENT if old is None else describe(old)
        self._record(pair.certificate, reasons, before, describe(new, new=not copied))
        if new_key is not None:
            before = "a key" if os.path.lexists(pair.key) else ABSENT
            self._record(pair.key, reasons, before, "its key" if copied else "a new key")

    def derive(self, path: Path, certificates: t.Iterable[x509.Certificate], text: str) -> None:
        """Write a file of certificates that other files hold, if its content differs."""
        found = files.read(path)
        if found == text:
            return
        reason = "it does not exist" if found is None else "it holds other certificates"
        self._steps.append((files.write, (path, text)))
        before = ABSENT if found is None else "other certificates"
        unique = {pem.fingerprint(each): each for each in certificates}
        lines = [describe(each, new=mark in self._new) for mark, each in unique.items()]
        self._record(path, [reason], before, lines)

    def protect(self, key: Path) -> None:
        """Restrict the permissions of a key that stays as it is; certificates are public."""
        reason = files.excess_permissions(key)
        if reason:
            self._steps.append((files.restrict, (key,)))
            self.before[str(key)] = reason
            self.after[str(key)] = f"mode {files.FILE_MODE:04o}"
            self.warnings.append(f"{key}: {reason}; others could read it until now")

    def apply(self) -> None:
        for step, arguments in self._steps:
            step(*arguments)

    def _record(self, path: Path, reasons: list[str], before: t.Any, after: t.Any) -> None:
        self.regenerated.append({"path": str(path), "reasons": reasons})
        self.before[str(path)] = before
        self.after[str(path)] = after
