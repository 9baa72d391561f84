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
    drift,
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
    end = drift.timestamp(certificate.not_valid_after_utc)
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
        self._new.add(pem.fingerprint(new))
        before = ABSENT if old is None else describe(old)
        self._record(pair.certificate, reasons, before, describe(new, new=True))
        if new_key is not None:
            before = "a key" if os.path.lexists(pair.key) else ABSENT
            self._record(pair.key, reasons, before, "a new key")

    def derive(self, path: Path, certificates: list[x509.Certificate], text: str) -> None:
        """Write a file of certificates that other files hold, if its content differs."""
        found = files.read(path)
        if found == text:
            self.protect(path)
            return
        reason = "it does not exist" if found is None else "it holds other certificates"
        self._steps.append((files.write, (path, text)))
        before = ABSENT if found is None else "other certificates"
        unique = {pem.fingerprint(each): each for each in certificates}
        lines = [describe(each, new=mark in self._new) for mark, each in unique.items()]
        self._record(path, [reason], before, lines)

    def protect(self, *paths: Path) -> None:
        """Restrict the permissions of files whose content stays as it is."""
        for path in paths:
            reason = files.excess_permissions(path)
            if reason and str(path) not in self.after:
                self._steps.append((files.restrict, (path,)))
                self.before[str(path)] = reason
                self.after[str(path)] = f"mode {files.FILE_MODE:04o}"
                self.warnings.append(f"{path}: {reason}; others could read it until now")

    def apply(self) -> None:
        for step, arguments in self._steps:
            step(*arguments)

    def _record(self, path: Path, reasons: list[str], before: t.Any, after: t.Any) -> None:
        self.regenerated.append({"path": str(path), "reasons": reasons})
        self.before[str(path)] = before
        self.after[str(path)] = after
