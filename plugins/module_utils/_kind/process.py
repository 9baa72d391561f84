# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs, and end them with this process."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import typing as t
from types import FrameType

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

_GRACE_S = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandResult(t.NamedTuple):
    """A program's exit status and output."""

    code: int
    output: bytes
    errors: bytes

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    @property
    def error(self) -> str:
        """Return the error output, or where there is none the output."""
        return (self.errors or self.output).decode(errors="replace").strip()


class Runner(t.Protocol):
    """Run a program: the function ``run``, or in tests a replay of recorded output."""

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
    """A program was ended because it took too long."""

    def __init__(self, command: t.Sequence[str], seconds: float, output: str) -> None:
        super().__init__(
            f"'{shlex.join(command)}' did not end within {seconds:.0f} s and was stopped. "
            f"Its output: {output or 'none'}"
        )
        self.seconds = seconds
        self.output = output


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
    """Run a program to its end; an exception in this function ends the program, too.

    The program inherits the file descriptors and their locks.
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
        printed = (exc.stderr or exc.stdout or b"").decode(errors="replace").strip()
        raise CommandTimedOut(command, exc.timeout, printed) from exc
    except BaseException:
        _end(process)
        raise
    return CommandResult(process.returncode, output, errors)


def _end(process: subprocess.Popen[bytes]) -> None:
    # The whole process group: docker commands that kind has started would go on
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextlib.contextmanager
def interruptible() -> t.Iterator[None]:
    """Turn signals into ``Interrupted``, so that an unfinished cluster is rolled back."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for other in SIGNALS:  # The roll-back must not be interrupted
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
