# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands in containers, over a websocket. Private to this collection."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_STDOUT, _STDERR, _STATUS = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Container:
    """Where to run a command."""

    namespace: str
    pod: str
    name: str

    def __str__(self) -> str:
        return f"container {self.name} of pod {self.namespace}/{self.pod}"


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command that ended has left. ``returncode`` is -1 when it could not be started."""

    returncode: int
    stdout: str
    stderr: str
    # the runtime's words when the command could not be started
    message: str = ""


class NoSuchContainer(MeshError):
    """The pod has no container of this name."""


class Session:
    """A command that runs."""

    def __init__(
        self, api: KubernetesClient, container: Container, command: t.Sequence[str]
    ) -> None:
        """Raises MeshError when the cluster does not let it run."""
        self._container = container
        self._socket = _open(api, container, command)
        self._lost = False
        self._heard = {_STATUS: b"", _STDERR: b"", _STDOUT: b""}

    def read(self, timeout: float) -> bytes:
        """What the command has written by now; waits for it, but not longer than ``timeout``.

        Raises MeshError when the connection is lost before the command has ended.
        """
        try:
            self._socket.update(timeout=timeout)
            self._hear()
        except Exception as exc:
            # of sockets, of TLS, of the websocket library
            self._lost = True
            self._hear_the_rest()
            # some servers close without a word once they have said how the command ended
            if not self._heard[_STATUS]:
                raise MeshError(f"the connection to {self._container} was lost: {exc}") from exc
        if not self.running:
            # the library looks for more at each channel, and may meet the end at the last one
            self._hear_the_rest()
        stdout, self._heard[_STDOUT] = self._heard[_STDOUT], b""
        return stdout

    def _hear_the_rest(self) -> None:
        for number in self._heard:
            # it may look for more where nothing is left
            with contextlib.suppress(Exception):
                self._hear(number)

    def _hear(self, *numbers: int) -> None:
        for number in numbers or self._heard:
            # older releases of the library return an empty text where there are no bytes
            self._heard[number] += self._socket.read_channel(number) or b""

    @property
    def stderr(self) -> bytes:
        """All that the command has written there."""
        return self._heard[_STDERR]

    def write(self, data: bytes) -> None:
        """Sends to the command's standard input. Raises MeshError when the connection is lost."""
        if self.running:
            try:
                self._socket.write_stdin(data)
            except Exception as exc:
                raise MeshError(f"the connection to {self._container} was lost: {exc}") from exc

    @property
    def running(self) -> bool:
        return not self._lost and bool(self._socket.is_open())

    def close(self) -> None:
        """Ends the connection; the command's standard input ends, too."""
        self._socket.close()

    def outcome(self, stdout: bytes = b"") -> ExecResult:
        """How the command ended. Raises MeshError when the connection was lost before that."""
        status = self._heard[_STATUS]
        if not status:
            raise MeshError(f"the connection to {self._container} was lost")
        returncode, message = read_status(status)
        return ExecResult(
            returncode,
            stdout.decode(errors="replace"),
            self.stderr.decode(errors="replace"),
            message,
        )


def run(
    api: KubernetesClient, container: Container, command: t.Sequence[str], timeout: float
) -> ExecResult:
    """Runs a command to its end. Raises MeshError when it takes longer than ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    session = Session(api, container, command)
    stdout = b""
    try:
        while session.running:
            left = deadline - time.monotonic()
            if left <= 0:
                raise MeshError(
                    f"{container}: {' '.join(command)!r:.100} did not end in {timeout:g} s"
                )
            stdout += session.read(left)
    finally:
        session.close()
    return session.outcome(stdout)


def _open(api: KubernetesClient, container: Container, command: t.Sequence[str]) -> t.Any:
    try:
        return api.open_exec(container.namespace, container.pod, container.name, command)
    except Exception as exc:
        status, said = _handshake(str(getattr(exc, "reason", None) or exc))
        text = f"cluster {api.name}: cannot run a command in {container}: {said}"
        if status == 404:
            raise NotFound(text) from exc
        if "is not valid for pod" in said:
            raise NoSuchContainer(text) from exc
        raise MeshError(text) from exc


def _handshake(reason: str) -> tuple[int, str]:
    """The status and the server's message in what the websocket library says of a refusal."""
    found = re.search(r"Handshake status (\d+) ([^-]*)", reason)
    if not found:
        return 0, " ".join(reason.split())
    said = re.search(r'"message":"((?:[^"\\]|\\.)*)"', reason)
    text = said.group(1).replace('\\\\"', '"').replace('\\"', '"') if said else found.group(2)
    return int(found.group(1)), text.strip()


def read_status(data: bytes) -> tuple[int, str]:
    """A command's return code from its last message, or -1 and why it could not be started."""
    try:
        status = json.loads(data)
        if status["status"] == "Success":
            return 0, ""
        for cause in (status.get("details") or {}).get("causes") or []:
            if cause.get("reason") == "ExitCode":
                return int(cause["message"]), ""
        return -1, " ".join(str(status.get("message")).split())
    except (ValueError, KeyError, TypeError) as exc:
        raise MeshError(f"the status of a command is not readable: {data!r:.200}") from exc
