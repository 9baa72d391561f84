# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock by which one run of a playbook has a lab to itself, on every provider.

It is a file in the lab's directory that names the process of the run. Modules are processes of
their own, so no lock of the operating system lasts as long as the run; whether the run is still
there is read from /proc. ``Lab.locked`` of the loopback provider is another lock: it is the
operating system's, and keeps two modules apart while one changes the lab's files.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import shlex
import textwrap
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files, proxy_faults

# a lab's directory may hold files of this prefix before it holds a lab
LOCK_FILE = f"{files.TEMPORARY_PREFIX}run.json"
_SHOWN = 80
# for a worker whose run was killed to notice it, and to take back what it did
_ORPHANS_END_S = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """A run of a playbook: its process, and the scenario that it proves."""

    pid: int
    # of the process, in ticks since the boot: process IDs are used again
    start: str
    boot: str
    pid_namespace: str
    began: str
    command: str
    scenario: str = ""

    @classmethod
    def of(cls, pid: int, scenario: str = "") -> Run:
        """Describe a process that runs."""
        return cls(
            pid=pid,
            start=_process_start(pid),
            boot=_boot(),
            pid_namespace=_pid_namespace(),
            began=datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds"),
            command=_command(pid),
            scenario=scenario,
        )

    def is_same(self, other: Run) -> bool:
        """Return whether both are one process."""
        names = ("pid", "start", "boot", "pid_namespace")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def is_alive(self) -> bool:
        """Return whether the process runs; of another container's, nobody here can say it does not."""
        if self.boot != _boot():
            return False
        if self.pid_namespace != _pid_namespace():
            return True
        return bool(self.start) and _process_start(self.pid) == self.start


@dataclasses.dataclass(frozen=True, slots=True)
class LabLock:
    """The lock of a lab's directory."""

    directory: Path

    @property
    def path(self) -> Path:
        return self.directory / LOCK_FILE

    def acquire(self, run: Run, *, check_mode: bool = False) -> Run | None:
        """Take the lock, and return the run before this one if it did not come to its end.

        Raises MeshError where another run has the lab, a process has sidecars out of order that the
        end of its run has left over, or the directory cannot be written.
        """
        if check_mode and not self.directory.exists():
            return None
        with self._writable():
            if not check_mode:
                files.make_directory(self.directory)
            with self._exclusive():
                before = self._read()
                if before and not before.is_same(run) and before.is_alive():
                    raise MeshError(self._in_use(before))
                if not (before and before.is_same(run)):
                    self._wait_for_orphans()
                if not check_mode:
                    files.write(self.path, files.to_json(dataclasses.asdict(run)))
        return before if before and not before.is_same(run) else None

    def release(self, run: Run) -> None:
        """Give the lock back; one that another run has taken stays."""
        with self._writable():
            if not self.directory.exists():
                return
            with self._exclusive():
                holder = self._read()
                if holder and holder.is_same(run):
                    self.path.unlink()
            # a lab that is taken down leaves nothing but the lock
            with contextlib.suppress(OSError):
                self.directory.rmdir()

    def interrupted(self) -> Run | None:
        """Return the run that ended without giving the lock back."""
        holder = self._read()
        return holder if holder and not holder.is_alive() else None

    def _in_use(self, holder: Run) -> str:
        where = "" if holder.pid_namespace == _pid_namespace() else " of another container"
        cure = f", or delete {self.path} if it is gone" if where else ""
        return (
            f"the lab {self.directory} is in use since {holder.began} by process {holder.pid}{where}"
            f" ({holder.command}); wait for its end{cure}, or name another lab with -e mesh_lab=NAME"
        )

    def _wait_for_orphans(self) -> None:
        """Wait until no process has sidecars out of order; raises MeshError, naming those that do."""
        deadline = time.monotonic() + _ORPHANS_END_S
        while holders := proxy_faults.holders(self.directory):
            if time.monotonic() > deadline:
                raise MeshError(_orphans(self.directory, holders))
            time.sleep(0.2)

    @contextlib.contextmanager
    def _writable(self) -> t.Iterator[None]:
        try:
            yield
        except (OSError, LabBroken) as exc:
            error = exc if isinstance(exc, OSError) else exc.__cause__
            if not isinstance(error, OSError):
                raise
            raise InvalidInput(
                f"mesh_lab_directory: '{error.filename or self.path}' cannot be written:"
                f" {error.strerror}; {_cure(error)}"
            ) from exc

    @contextlib.contextmanager
    def _exclusive(self) -> t.Iterator[None]:
        handle = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read(self) -> Run | None:
        """Return the holder; a damaged file has none."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as stream:
            try:
                return Run(**json.loads(stream.read()))
            except (ValueError, TypeError):
                return None


def _orphans(directory: Path, holders: t.Mapping[int, t.Sequence[str]]) -> str:
    """Name the processes that outlived their run, or are of a playbook that takes no lock."""
    named = "; ".join(
        f"process {process} ({_command(process)}) has {', '.join(pods)} out of order"
        for process, pods in holders.items()
    )
    ids = " ".join(map(str, holders))
    return (
        f"the lab {directory} is in use, and its lock is free: {named}; wait for its end, or end what a"
        f" killed run left: kill {ids}, and kill -9 {ids} where that does not end it"
    )


def _cure(exc: OSError) -> str:
    if exc.errno == errno.ENOSPC:
        return "make room on that file system"
    if exc.errno == errno.ELOOP:
        return "it is a link, which no lab makes: delete it"
    return "name a directory of yours, with mesh_lab_directory or XDG_STATE_HOME"


def _process_start(pid: int) -> str:
    """Return when a process began; nothing for one that is not there, or only waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _pid_namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())


def _command(pid: int) -> str:
    """Return the command line without the interpreter and the directories of programs."""
    try:
        content = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        # it has ended meanwhile
        return "unknown"
    words = content.decode(errors="replace").split("\0")[:-1]
    if len(words) > 1 and Path(words[0]).name.startswith("python"):
        words = words[1:]
    text = shlex.join([Path(words[0]).name, *words[1:]]) if words else "unknown"
    return textwrap.shorten(text, _SHOWN, placeholder=" …")
