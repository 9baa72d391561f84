# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs and never leaves one behind."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import typing as t
from types import FrameType

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

GRACE = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandResult(t.NamedTuple):
    """What a program returned and printed."""

    code: int
    output: bytes
    errors: bytes

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    @property
    def problem(self) -> str:
        """What the program complained about, in one piece."""
        return (self.errors or self.output).decode(errors="replace").strip()


class Runner(t.Protocol):
    """Runs a program: the real ``run`` below, or recorded output in tests."""

    def __call__(
        self,
        command: t.Sequence[str],
        *,
        timeout: float | None = None,
        environment: t.Mapping[str, str] | None = None,
        data: bytes | None = None,
        descriptors: t.Sequence[int] = (),
    ) -> CommandResult: ...


class CommandTimedOut(MeshError):
    """A program took longer than it was given; it was ended."""

    def __init__(self, command: t.Sequence[str], seconds: float, said: str) -> None:
        super().__init__(
            f"'{shlex.join(command)}' did not end within {seconds:.0f} s and was stopped. "
            f"It said: {said or 'nothing'}"
        )
        self.seconds = seconds
        self.said = said


class Interrupted(MeshError):
    """A signal asked this process to end."""


def run(
    command: t.Sequence[str],
    *,
    timeout: float | None = None,
    environment: t.Mapping[str, str] | None = None,
    data: bytes | None = None,
    descriptors: t.Sequence[int] = (),
) -> CommandResult:
    """Runs a program to its end; what interrupts this function ends the program, too.

    The program inherits the file descriptors, and with them the locks that they hold.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            pass_fds=tuple(descriptors),
        )
    except OSError as exc:
        raise MeshError(f"cannot run {command[0]}: {exc.strerror}") from exc
    try:
        output, errors = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired as exc:
        _end(process)
        said = (exc.stderr or exc.stdout or b"").decode(errors="replace").strip()
        raise CommandTimedOut(command, exc.timeout, said) from exc
    except BaseException:
        _end(process)
        raise
    return CommandResult(process.returncode, output, errors)


def _end(process: subprocess.Popen[bytes]) -> None:
    # the whole group: kind starts docker commands, which would go on alone
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextlib.contextmanager
def interruptible() -> t.Iterator[None]:
    """Turns signals into ``Interrupted``, so that what is half made can be taken back."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for other in SIGNALS:  # tidying up must not be interrupted in turn
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
