# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the command lines of docker and podman."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import typing as t
from pathlib import PurePosixPath

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import (
    CLUSTER_LABEL,
    Container,
    parse_inspect,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.networks import (
    Network,
    parse_networks,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import (
    CommandResult,
    Runner,
    run,
)

ENGINES = ("docker", "podman")
REMEDIES = {
    "docker": "start it with 'systemctl start docker'; "
    "if it runs, let this user use it with 'sudo usermod -aG docker $USER' and log in again",
    "podman": "try 'podman info'; on macOS and Windows start it with 'podman machine start'",
}


class Engine:
    """A container engine; every method is one call of its command line."""

    def __init__(self, name: str, runner: Runner = run) -> None:
        self.name = name
        self.network_name = (
            os.environ.get(f"KIND_EXPERIMENTAL_{name.upper()}_NETWORK", "").strip() or "kind"
        )
        self._run = runner

    def call(
        self, *arguments: str, data: bytes | None = None, timeout: float | None = 120
    ) -> CommandResult:
        return self._run([self.name, *arguments], data=data, timeout=timeout)

    def containers(self, cluster: str) -> list[Container]:
        """Return the nodes of a kind cluster, running or not."""
        return self._inspect(f"label={CLUSTER_LABEL}={cluster}")

    def nodes(self) -> list[Container]:
        """Return the nodes of all kind clusters."""
        return self._inspect(f"label={CLUSTER_LABEL}")

    def _inspect(self, condition: str) -> list[Container]:
        result = self.call("ps", "-a", "-q", "--filter", condition)
        if result.code:
            raise MeshError(f"{self.name} does not answer ({result.error}): {REMEDIES[self.name]}")
        identities = result.text.split()
        if not identities:
            return []
        # A container may vanish between the two calls; the others are still printed
        return parse_inspect(self._json("inspect", *identities), self.network_name)

    def network(self) -> Network | None:
        """Return the network of kind's nodes; None before the first cluster."""
        return parse_networks(self._json("network", "inspect", self.network_name))

    def images(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        """Return the descriptions of those images that the engine has."""
        return self._json("image", "inspect", *names) if names else []

    def information(self) -> dict[str, t.Any]:
        result = self.call("info", "--format", "{{json .}}" if self.name == "docker" else "json")
        if result.code:
            raise MeshError(f"{self.name} does not answer ({result.error}): {REMEDIES[self.name]}")
        return dict(json.loads(result.text))

    def start(self, container: Container) -> None:
        """Start a stopped container, or continue a paused one."""
        self._call_checked("unpause" if container.state == "paused" else "start", container.name)

    def execute(self, container: str, *command: str) -> str:
        return self._call_checked("exec", container, *command).text

    def read(self, container: str, path: str) -> bytes | None:
        """Return a file of a container, running or not; None where it is missing."""
        result = self.call("cp", f"{container}:{path}", "-")
        if result.code:
            return None
        with tarfile.open(fileobj=io.BytesIO(result.output)) as archive:
            member = archive.next()
            content = archive.extractfile(member) if member else None
            return content.read() if content else None

    def write(self, container: str, files: t.Mapping[str, str]) -> None:
        """Write files with absolute paths into a container, and make missing directories."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, text in files.items():
                _add(archive, path, text)
        self._call_checked("cp", "-", f"{container}:/", data=buffer.getvalue())

    def save(self, images: t.Sequence[str], path: str) -> None:
        """Write images into one archive that containerd can import."""
        many = ["--multi-image-archive"] if self.name == "podman" else []
        self._call_checked("save", *many, "-o", path, *images, timeout=None)

    def _call_checked(
        self, *arguments: str, data: bytes | None = None, timeout: float | None = 120
    ) -> CommandResult:
        result = self.call(*arguments, data=data, timeout=timeout)
        if result.code:
            raise MeshError(f"{self.name} {' '.join(arguments[:3])} failed: {result.error}")
        return result

    def _json(self, *arguments: str) -> list[dict[str, t.Any]]:
        # Missing objects make it fail, but the others are printed
        result = self.call(*arguments)
        try:
            return list(json.loads(result.text or "[]"))
        except ValueError as exc:
            raise MeshError(
                f"{self.name} {' '.join(arguments[:2])} printed no JSON: {result.error}"
            ) from exc


def find_engine(name: str, cluster: str, runner: Runner = run) -> Engine:
    """Return the engine; for ``auto`` the one that has the cluster, or else one that works."""
    chosen = name if name != "auto" else os.environ.get("KIND_EXPERIMENTAL_PROVIDER", "")
    if chosen and chosen not in ENGINES:
        raise MeshError(f"engine: '{chosen}' is not supported; choose {' or '.join(ENGINES)}")
    names = [chosen] if chosen else list(ENGINES)
    installed = [Engine(each, runner) for each in names if shutil.which(each)]
    if not installed:
        raise NotFound(
            f"engine: there is no {' and no '.join(names)} in PATH; install one, "
            "for example with 'apt-get install docker.io' or 'dnf install podman'"
        )
    if len(installed) == 1:
        return installed[0]
    working, problems = [], []
    for engine in installed:
        try:
            if engine.containers(cluster):
                return engine
        except MeshError as exc:
            problems.append(str(exc))
        else:
            working.append(engine)
    if not working:
        raise MeshError("; ".join(problems))
    return working[0]


def _add(archive: tarfile.TarFile, path: str, text: str) -> None:
    relative = PurePosixPath(path).relative_to("/")
    known = archive.getnames()
    for parent in reversed(relative.parents[:-1]):
        # Top-level directories keep their owner and mode
        if len(parent.parts) > 2 and str(parent) not in known:
            directory = tarfile.TarInfo(str(parent))
            directory.type, directory.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(directory)
    content = text.encode()
    entry = tarfile.TarInfo(str(relative))
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))
