# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and run istioctl."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane.istioctl_download import (
    Fetch,
    Release,
    ensure,
)

_VERSION_TIMEOUT_S = 30
# Beyond the time that istioctl waits itself
_GRACE_S = 60


class Istioctl:
    """An istioctl and the cluster that it works on."""

    def __init__(self, program: Path, kubeconfig: str | None, context: str | None) -> None:
        self.program = program
        self._cluster = [
            *(["--kubeconfig", kubeconfig] if kubeconfig else []),
            *(["--context", context] if context else []),
        ]

    def install(self, operator: t.Mapping[str, t.Any], timeout: int) -> None:
        """Install, upgrade or repair the control plane, and wait until it is ready."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(operator, file)
            file.flush()
            arguments = ["install", "--skip-confirmation", "--filename", file.name]
            arguments += ["--readiness-timeout", f"{timeout}s", *self._cluster]
            _run(self.program, arguments, timeout + _GRACE_S)


def find(path: str | None, release: Release, cache: Path, fetch: Fetch) -> Path:
    """Return an istioctl of the version: the given one, the one in the PATH, or a download."""
    if path:
        program = Path(path).expanduser()
        if not program.exists():
            raise NotFound(f"istioctl: {program} does not exist; leave it out to download it")
        found = version(program)
        if found != release.version:
            raise MeshError(
                f"istioctl: {program} is version {found}, not {release.version};"
                " charts are part of istioctl: set the version to that of the program,"
                " or leave istioctl out to download it"
            )
        return program
    present = shutil.which("istioctl")
    if present and _is_version(Path(present), release.version):
        return Path(present)
    return ensure(release, cache, fetch)


def version(program: Path) -> str:
    """Return the program's own version. Raises MeshError when it does not run."""
    answer = _run(program, ["version", "--remote=false", "--output", "json"], _VERSION_TIMEOUT_S)
    try:
        return str(json.loads(answer)["clientVersion"]["version"])
    except (ValueError, KeyError, TypeError) as exc:
        raise MeshError(f"istioctl: {program} does not say its version: {answer:.100}") from exc


def _is_version(program: Path, wanted: str) -> bool:
    try:
        return version(program) == wanted
    except MeshError:
        return False


def _run(program: Path, arguments: t.Sequence[str], timeout: float) -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
    except OSError as exc:
        raise MeshError(f"istioctl: {program} cannot be run: {exc.strerror}") from exc
    except subprocess.TimeoutExpired as exc:
        raise MeshError(f"istioctl {arguments[0]} did not end in {timeout:.0f} s") from exc
    if done.returncode != 0:
        raise MeshError(
            f"istioctl {arguments[0]} failed: {_error_lines(done.stderr or done.stdout)}"
        )
    return done.stdout


def _error_lines(text: str) -> str:
    """Return the lines with errors, without the progress before them."""
    lines = [" ".join(line.split()) for line in text.replace("\r", "\n").splitlines()]
    lines = [line for line in lines if line]
    errors = [line for line in lines if "rror" in line or "✘" in line or "not ready" in line]
    return "; ".join(dict.fromkeys(errors or lines[-3:])) or "it said nothing"
