# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Download istioctl, once for all clusters and runs."""

from __future__ import annotations

import fcntl
import hashlib
import io
import platform
import re
import tarfile
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

RELEASES = "https://github.com/istio/istio/releases/download"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS = {"Linux": "linux", "Darwin": "osx"}
_SHA256 = re.compile(r"[0-9a-f]{64}")

Fetch: t.TypeAlias = t.Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Release:
    """The source of a version of istioctl; the default checksum is the published one."""

    version: str
    url: str = ""
    checksum: str = ""

    @property
    def source(self) -> str:
        """Return the URL of the archive, by default that of Istio's release."""
        if self.url:
            return self.url.format(version=self.version, system=_system(), machine=_machine())
        name = f"istioctl-{self.version}-{_system()}-{_machine()}.tar.gz"
        return f"{RELEASES}/{self.version}/{name}"


def ensure(release: Release, directory: Path, fetch: Fetch) -> Path:
    """Return the path of the program; download it unless it exists. Raises MeshError."""
    path = directory / f"istioctl-{release.version}"
    if path.exists():
        return path
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Another process may have downloaded it meanwhile
            if not path.exists():
                _write(path, _program(_archive(release, fetch), release.source))
    except OSError as exc:
        raise MeshError(f"cache_directory: {directory} cannot be written: {exc.strerror}") from exc
    return path


def _archive(release: Release, fetch: Fetch) -> bytes:
    source = release.source
    expected = release.checksum.removeprefix("sha256:").lower()
    if not expected:
        found = _SHA256.search(fetch(f"{source}.sha256").decode(errors="replace").lower())
        if not found:
            raise MeshError(f"{source}.sha256 holds no SHA-256 checksum; give checksum")
        expected = found.group()
    archive = fetch(source)
    actual = hashlib.sha256(archive).hexdigest()
    if actual != expected:
        raise MeshError(f"{source} has the SHA-256 checksum {actual}, not {expected}")
    return archive


def _program(archive: bytes, source: str) -> bytes:
    """Return the file ``istioctl`` of an archive; any other file is the program itself."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            for member in content:
                if Path(member.name).name == "istioctl" and member.isfile():
                    extracted = content.extractfile(member)
                    if extracted:
                        return extracted.read()
    except tarfile.ReadError:
        return archive
    raise MeshError(f"{source} holds no istioctl")


def _write(path: Path, program: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(program)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def _system() -> str:
    return _known("system", platform.system(), _SYSTEMS)


def _machine() -> str:
    return _known("machine", platform.machine(), _MACHINES)


def _known(what: str, found: str, names: t.Mapping[str, str]) -> str:
    try:
        return names[found]
    except KeyError:
        raise MeshError(
            f"there is no istioctl for the {what} {found}; give the path of one that you built"
        ) from None
