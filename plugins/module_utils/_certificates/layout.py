# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out the files of a certificate directory."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.files import (
    temporary_path,
)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class CertificateDirectory:
    """The directory of an intermediate CA or a workload, with its chain and roots."""

    directory: Path
    pair: CertificateFiles
    root: Path
    chain: Path

    @property
    def files(self) -> tuple[Path, ...]:
        names = (self.pair.certificate, self.pair.key, self.root, self.chain)
        return tuple(dict.fromkeys(names))


def root_pair(directory: Path) -> CertificateFiles:
    return CertificateFiles(directory / "root-cert.pem", directory / "root-key.pem")


def intermediate_entry(directory: Path, name: str) -> CertificateDirectory:
    """Name the files as the keys of Istio's Secret ``cacerts``."""
    base = directory / name
    return CertificateDirectory(
        directory=base,
        pair=CertificateFiles(base / "ca-cert.pem", base / "ca-key.pem"),
        root=base / "root-cert.pem",
        chain=base / "cert-chain.pem",
    )


def workload_entry(
    directory: Path, issuer: str, trust_domain: str, namespace: str, service_account: str
) -> CertificateDirectory:
    """Name the files as Istio's agent does for a workload."""
    base = directory / issuer / "workloads" / trust_domain / namespace / service_account
    chain = base / "cert-chain.pem"
    return CertificateDirectory(
        directory=base,
        pair=CertificateFiles(chain, base / "key.pem"),
        root=base / "root-cert.pem",
        chain=chain,
    )


def entries(directory: Path) -> t.Iterator[CertificateDirectory]:
    """Return every entry of the directory, the innermost first."""
    for name in _subdirectories(directory):
        entry = intermediate_entry(directory, name)
        # A foreign folder in the directory may hold a root-cert.pem, too.
        known = (entry.pair.certificate, entry.pair.key, temporary_path(entry.pair.key))
        if not any(os.path.lexists(path) for path in known):
            continue
        workloads = entry.directory / "workloads"
        for trust_domain in _subdirectories(workloads):
            for namespace in _subdirectories(workloads / trust_domain):
                place = workloads / trust_domain / namespace
                for account in _subdirectories(place):
                    yield workload_entry(directory, name, trust_domain, namespace, account)
        yield entry


def _subdirectories(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as found:
            return sorted(each.name for each in found if each.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
