# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serialize runs that would disturb each other."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

CREATING = "creating"
POLL = 0.1


class Lock:
    """A file that one process at a time locks; the kernel unlocks it when that process dies.

    The note in the file outlives the process: it tells what that process left unfinished.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @property
    def note(self) -> str:
        return os.pread(self.descriptor, 100, 0).decode()

    @note.setter
    def note(self, text: str) -> None:
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text.encode(), 0)

    def release(self) -> None:
        if not self.note:
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def directory() -> Path:
    """Return the locks' directory: one per user and machine, like the containers."""
    path = Path(tempfile.gettempdir(), f"eastwest-mesh-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if path.is_symlink() or found.st_uid != os.getuid():
        raise MeshError(f"{path} belongs to another user; remove it, or set TMPDIR")
    return path


@contextlib.contextmanager
def hold(name: str, timeout: float) -> t.Iterator[Lock]:
    """Hold a name exclusively; wait until it is free."""
    with hold_any([name], timeout) as lock:
        yield lock


@contextlib.contextmanager
def hold_any(names: t.Sequence[str], timeout: float) -> t.Iterator[Lock]:
    """Hold one of the names, and so limit the processes to their number."""
    base = directory()
    deadline = time.monotonic() + timeout
    while True:
        lock = next(filter(None, (_try(Path(base, name)) for name in names)), None)
        if lock:
            break
        if time.monotonic() > deadline:
            raise MeshError(
                f"another run has held {base}/{names[0]} for {timeout:.0f} s; "
                "wait for it to end, or raise wait_timeout"
            )
        time.sleep(POLL)
    try:
        yield lock
    finally:
        lock.release()


def name_for_file(path: str) -> str:
    """Return the name to hold while a file is changed."""
    digest = hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()
    return f"file-{digest[:16]}"


def _try(path: Path) -> Lock | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The previous holder may have removed the file that was opened here
        if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
            return Lock(path, descriptor)
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
