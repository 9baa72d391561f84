# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run kind's command line, and word its failures."""

from __future__ import annotations

import re
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import (
    dump,
    load_mapping,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.engine import Engine
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import (
    CommandResult,
    CommandTimedOut,
    Runner,
    run,
)

# The first version whose node images read registry mirrors from files, as mirrors.py writes them
MINIMUM = (0, 20, 0)
MAX_ERROR_LINES = 15


class KindCli:
    """A kind program that works with one container engine."""

    def __init__(self, engine: Engine, binary: str | None = None, runner: Runner = run) -> None:
        self._engine = engine
        self._run = runner
        found = shutil.which(binary or "kind")
        if not found:
            raise NotFound(
                f"kind: there is no {binary or 'kind in PATH'}; install kind "
                f"{_dotted(MINIMUM)} or newer (https://kind.sigs.k8s.io), or set the option kind"
            )
        self.binary = found

    def version(self) -> tuple[int, ...]:
        text = self._call("version").text
        match = re.search(r"v(\d+)\.(\d+)\.(\d+)", text)
        if not match:
            raise MeshError(f"{self.binary} version says {text.strip()!r}, which is no version")
        return tuple(int(part) for part in match.groups())

    def check_version(self) -> None:
        found = self.version()
        if found < MINIMUM:
            raise MeshError(
                f"kind: {self.binary} is version {_dotted(found)}; "
                f"{_dotted(MINIMUM)} or newer is needed"
            )

    def create(
        self, config: t.Mapping[str, t.Any], timeout: float, descriptors: t.Sequence[int] = ()
    ) -> None:
        """Make a cluster; kind deletes the nodes itself when that fails.

        kind inherits the descriptors: locks on them last until it ends, even if this process dies.
        """
        # Another kubeconfig than the user's: kind waits only a moment for the lock on a shared one
        with tempfile.TemporaryDirectory(prefix="kind-") as directory:
            path = Path(directory, "config.yaml")
            path.write_text(dump(dict(config)), encoding="utf-8")
            self._call(
                *("create", "cluster", "--name", config["name"], "--config", str(path)),
                *("--kubeconfig", str(Path(directory, "kubeconfig"))),
                timeout=timeout,
                descriptors=descriptors,
            )

    def delete(self, name: str, kubeconfig: str | None = None) -> None:
        with tempfile.TemporaryDirectory(prefix="kind-") as directory:
            path = kubeconfig or str(Path(directory, "kubeconfig"))
            self._call("delete", "cluster", "--name", name, "--kubeconfig", path, timeout=300)

    def kubeconfig(self, name: str) -> dict[str, t.Any]:
        """Return the cluster's kubeconfig for use on this machine."""
        text = self._call("get", "kubeconfig", "--name", name).text
        return load_mapping(text, "what kind get kubeconfig prints")

    def export_kubeconfig(self, name: str, path: str) -> None:
        """Merge the cluster's entries into a kubeconfig file."""
        self._call("export", "kubeconfig", "--name", name, "--kubeconfig", path)

    def load_images(self, name: str, images: t.Sequence[str], nodes: t.Sequence[str]) -> None:
        where = ("--name", name, "--nodes", ",".join(nodes))
        if self._engine.name == "docker":
            self._call("load", "docker-image", *images, *where, timeout=None)
            return
        # kind reads images from docker only; other engines write an archive
        with tempfile.TemporaryDirectory(prefix="kind-") as directory:
            archive = str(Path(directory, "images.tar"))
            self._engine.save(images, archive)
            self._call("load", "image-archive", archive, *where, timeout=None)

    def _call(
        self,
        *arguments: str,
        timeout: float | None = 120,
        descriptors: t.Sequence[int] = (),
    ) -> CommandResult:
        command = f"kind {' '.join(arguments[:2])}"
        try:
            result = self._run(
                [self.binary, *arguments],
                timeout=timeout,
                environment={"KIND_EXPERIMENTAL_PROVIDER": self._engine.name},
                descriptors=descriptors,
            )
        except CommandTimedOut as exc:
            step = (exc.output.splitlines() or ["nothing"])[-1].strip(" .")
            raise MeshError(
                f"{command} did not end within {exc.seconds:.0f} s (wait_timeout) and was stopped; "
                f"the last line of its output: {step}"
            ) from exc
        if result.code:
            raise MeshError(f"{command} failed: {explain(result.error)}")
        return result


def explain(text: str) -> str:
    """Return the cause of a failure, without kind's progress, and a remedy where one is known."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("ERROR: ")), 0)
    reason = "\n".join(lines[start : start + MAX_ERROR_LINES]).removeprefix("ERROR: ").strip()
    for pattern, remedy in REMEDIES:
        if match := re.search(pattern, text):
            return f"{reason}\n{match.expand(remedy)}"
    return reason


REMEDIES = (
    (
        r"open (\S+\.lock): file exists",
        r"Another program holds the kubeconfig, or one that died left the lock: rm \1",
    ),
    (
        r'failed to pull image "([^"]+)"',
        r"Bring the node image here (docker pull \1, docker load), or set node_image to one that is",
    ),
    (
        r"too many open files|inotify",
        "Raise the limits: sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
    ),
    (r"no space left on device", "Free some disk: docker system prune"),
    (
        r"(port is already allocated|address already in use)",
        "Choose another host_port or api_server_port, or end what listens there",
    ),
)


def _dotted(version: t.Iterable[int]) -> str:
    return ".".join(str(part) for part in version)
