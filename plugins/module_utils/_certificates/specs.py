# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specify the certificates of a directory."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.layout import (
    CertificateDirectory,
    CertificateFiles,
)

Kind: t.TypeAlias = t.Literal["root", "intermediate", "workload"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    """A certificate as specified. None accepts any value; an empty text or tuple demands none."""

    kind: Kind
    organization: str | None = None
    common_name: str | None = None
    locality: str | None = None
    dns_names: tuple[str, ...] | None = None
    uris: tuple[str, ...] | None = None
    key_type: str | None = None
    key_size: int | None = None
    days: int | None = None

    def with_defaults(self, **defaults: t.Any) -> CertificateSpec:
        """Return the spec with ``defaults`` for the fields that are None."""
        missing = {name: v for name, v in defaults.items() if getattr(self, name) is None}
        return dataclasses.replace(self, **missing)


@dataclasses.dataclass(frozen=True, slots=True)
class EntrySpec:
    """An intermediate CA or a workload, with the name that the options give it."""

    name: str
    issuer: str
    spec: CertificateSpec
    entry: CertificateDirectory
    # an existing CA to use in place of a new one
    existing: CertificateFiles | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class DirectorySpec:
    """Everything that the options specify. ``issuer`` signs in place of the root."""

    directory: Path
    root: CertificateSpec
    root_file: Path | None
    issuer: CertificateFiles | None
    intermediates: tuple[EntrySpec, ...]
    workloads: tuple[EntrySpec, ...]
    trust_bundle: tuple[Path, ...]
    force_root: bool
    renew_before: int
