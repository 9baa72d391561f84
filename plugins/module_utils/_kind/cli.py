# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kind's command line."""

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

# The first one whose node images find registry mirrors in files, as mirrors.py writes them
MINIMUM = (0, 20, 0)
SHOWN_LINES = 15


class KindCli:
    """The commands of kind that this collection needs, with their failures made readable."""

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
        """Makes a cluster; kind deletes the nodes itself when that fails.

        kind inherits the descriptors: locks on them last as long as it runs, whatever happens here.
        """
        # a kubeconfig of its own: kind's lock on a shared one gives up after a moment
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
        """The cluster's kubeconfig, for use on this machine."""
        text = self._call("get", "kubeconfig", "--name", name).text
        return load_mapping(text, "what kind get kubeconfig prints")

    def export_kubeconfig(self, name: str, path: str) -> None:
        """Merges the cluster's entries into a kubeconfig file."""
        self._call("export", "kubeconfig", "--name", name, "--kubeconfig", path)

    def load_images(self, name: str, images: t.Sequence[str], nodes: t.Sequence[str]) -> None:
        where = ("--name", name, "--nodes", ",".join(nodes))
        if self._engine.name == "docker":
            self._call("load", "docker-image", *images, *where, timeout=None)
            return
        # kind asks docker only; other engines write an archive
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
        said = f"kind {' '.join(arguments[:2])}"
        try:
            outcome = self._run(
                [self.binary, *arguments],
                timeout=timeout,
                environment={"KIND_EXPERIMENTAL_PROVIDER": self._engine.name},
                descriptors=descriptors,
            )
        except CommandTimedOut as exc:
            step = (exc.said.splitlines() or ["nothing"])[-1].strip(" .")
            raise MeshError(
                f"{said} did not end within {exc.seconds:.0f} s (wait_timeout) and was stopped; "
                f"its last words: {step}"
            ) from exc
        if outcome.code:
            raise MeshError(f"{said} failed: {explain(outcome.problem)}")
        return outcome


def explain(text: str) -> str:
    """The reason of a failure, without kind's progress, and with a hint where one is known."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("ERROR: ")), 0)
    reason = "\n".join(lines[start : start + SHOWN_LINES]).removeprefix("ERROR: ").strip()
    for pattern, hint in HINTS:
        if match := re.search(pattern, text):
            return f"{reason}\n{match.expand(hint)}"
    return reason


HINTS = (
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
