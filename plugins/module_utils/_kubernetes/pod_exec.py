# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands in containers, over a websocket."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_STDOUT, _STDERR, _STATUS = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod."""

    namespace: str
    pod: str
    name: str

    def __str__(self) -> str:
        return f"container {self.name} of pod {self.namespace}/{self.pod}"


@dataclass(frozen=True, slots=True)
class ExecResult:
    """The result of a command; ``returncode`` is -1 when it could not be started."""

    returncode: int
    stdout: str
    stderr: str
    # The runtime's message when the command could not be started
    message: str = ""


class NoSuchContainer(MeshError):
    """The pod has no container of this name."""


class Session:
    """A running command."""

    def __init__(
        self, api: KubernetesClient, container: Container, command: t.Sequence[str]
    ) -> None:
        """Start the command. Raises MeshError when the cluster refuses it."""
        self._container = container
        self._socket = _open(api, container, command)
        self._lost = False
        self._received = {_STATUS: b"", _STDERR: b"", _STDOUT: b""}

    def read(self, timeout: float) -> bytes:
        """Return new output of the command; wait for it up to ``timeout``.

        Raises MeshError when the connection is lost before the command has ended.
        """
        try:
            self._socket.update(timeout=timeout)
            self._receive()
        except Exception as exc:
            # Errors of sockets, of TLS, of the websocket library
            self._lost = True
            self._receive_rest()
            # Some servers close the connection as soon as they have sent the status
            if not self._received[_STATUS]:
                raise MeshError(f"the connection to {self._container} was lost: {exc}") from exc
        if not self.running:
            # The library reads while it looks at a channel, and may meet the end at the last one
            self._receive_rest()
        stdout, self._received[_STDOUT] = self._received[_STDOUT], b""
        return stdout

    def _receive_rest(self) -> None:
        for number in self._received:
            # It may read after the end
            with contextlib.suppress(Exception):
                self._receive(number)

    def _receive(self, *numbers: int) -> None:
        for number in numbers or self._received:
            # Older releases of the library return an empty text where there are no bytes
            self._received[number] += self._socket.read_channel(number) or b""

    @property
    def stderr(self) -> bytes:
        """Return the error output so far."""
        return self._received[_STDERR]

    def write(self, data: bytes) -> None:
        """Write to the command's standard input. Raises MeshError when the connection is lost."""
        if self.running:
            try:
                self._socket.write_stdin(data)
            except Exception as exc:
                raise MeshError(f"the connection to {self._container} was lost: {exc}") from exc

    @property
    def running(self) -> bool:
        return not self._lost and bool(self._socket.is_open())

    def close(self) -> None:
        """Close the connection, and with it the command's standard input."""
        self._socket.close()

    def result(self, stdout: bytes = b"") -> ExecResult:
        """Return the command's result. Raises MeshError when the connection was lost before."""
        status = self._received[_STATUS]
        if not status:
            raise MeshError(f"the connection to {self._container} was lost")
        returncode, message = parse_status(status)
        return ExecResult(
            returncode,
            stdout.decode(errors="replace"),
            self.stderr.decode(errors="replace"),
            message,
        )


def run(
    api: KubernetesClient, container: Container, command: t.Sequence[str], timeout: float
) -> ExecResult:
    """Run a command to its end. Raises MeshError when it takes longer than ``timeout`` seconds."""
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
    return session.result(stdout)


def _open(api: KubernetesClient, container: Container, command: t.Sequence[str]) -> t.Any:
    try:
        return api.open_exec(container.namespace, container.pod, container.name, command)
    except Exception as exc:
        status, message = _handshake_error(str(getattr(exc, "reason", None) or exc))
        text = f"cluster {api.name}: cannot run a command in {container}: {message}"
        if status == 404:
            raise NotFound(text) from exc
        if status in (401, 403):
            raise NotAllowed(text) from exc
        if "is not valid for pod" in message:
            raise NoSuchContainer(text) from exc
        raise MeshError(text) from exc


def _handshake_error(reason: str) -> tuple[int, str]:
    """Return the status and the server's message in an error of the websocket library."""
    found = re.search(r"Handshake status (\d+) ([^-]*)", reason)
    if not found:
        return 0, " ".join(reason.split())
    message = re.search(r'"message":"((?:[^"\\]|\\.)*)"', reason)
    text = message.group(1).replace('\\\\"', '"').replace('\\"', '"') if message else found.group(2)
    return int(found.group(1)), text.strip()


def parse_status(data: bytes) -> tuple[int, str]:
    """Return a command's return code, or -1 and why it could not be started."""
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
