# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be written, worked out before anything is. Private to this collection."""

from __future__ import annotations

import dataclasses
import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import (
    checker,
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
    """A line for people; a new certificate's fingerprint is not known before it is made."""
    kind, size = keys.key_kind(certificate.public_key())
    mark = "new" if new else f"SHA256 {pem.fingerprint(certificate)}"
    subject = certificate.subject.rfc4514_string() or "no subject"
    end = checker.moment(certificate.not_valid_after_utc)
    return f"{subject}, {kind} {size}, until {end}, {mark}"


@dataclasses.dataclass(slots=True)
class ChangeSet:
    """Collects steps and their reasons; nothing is touched before ``carry_out``."""

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
        """Writes a certificate, and its key where that is new too.

        A key must never lie beside a certificate that was made for another one, not even when the
        process dies half-way: such a pair would stop every later run. So the old certificate goes
        first.
        """
        if new_key is not None:
            if old is not None:
                self._steps.append((files.remove, (pair.certificate,)))
            self._steps.append((files.write, (pair.key, new_key)))
        self._steps.append((files.write, (pair.certificate, new_text)))
        self._new.add(pem.fingerprint(new))
        before = ABSENT if old is None else describe(old)
        self._note(pair.certificate, reasons, before, describe(new, new=True))
        if new_key is not None:
            before = "a key" if os.path.lexists(pair.key) else ABSENT
            self._note(pair.key, reasons, before, "a new key")

    def derive(self, path: Path, certificates: list[x509.Certificate], text: str) -> None:
        """Writes a file made of certificates that exist elsewhere, where it holds others."""
        found = files.read(path)
        if found == text:
            self.protect(path)
            return
        reason = "it does not exist" if found is None else "it holds other certificates"
        self._steps.append((files.write, (path, text)))
        before = ABSENT if found is None else "other certificates"
        unique = {pem.fingerprint(each): each for each in certificates}
        lines = [describe(each, new=mark in self._new) for mark, each in unique.items()]
        self._note(path, [reason], before, lines)

    def protect(self, *paths: Path) -> None:
        """Takes others' rights to files that stay as they are."""
        for path in paths:
            reason = files.too_open(path)
            if reason and str(path) not in self.after:
                self._steps.append((files.restrict, (path,)))
                self.before[str(path)] = reason
                self.after[str(path)] = f"mode {files.FILE_MODE:04o}"
                self.warnings.append(f"{path}: {reason}; others could read it until now")

    def carry_out(self) -> None:
        for step, arguments in self._steps:
            step(*arguments)

    def _note(self, path: Path, reasons: list[str], before: t.Any, after: t.Any) -> None:
        self.regenerated.append({"path": str(path), "reasons": reasons})
        self.before[str(path)] = before
        self.after[str(path)] = after
