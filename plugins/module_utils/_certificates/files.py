# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and replace key and certificate files under a lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
LOCK_NAME = ".lock"
LOCK_TIMEOUT = 120.0


@contextlib.contextmanager
def _os_errors(path: Path, verb: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise MeshError(f"{path} cannot be {verb}: {exc.strerror}") from exc


def read(path: Path) -> str | None:
    """Return the file's text, or None if the file does not exist."""
    with _os_errors(path, "read"):
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None


def excess_permissions(path: Path) -> str:
    """Return how an existing file's mode exceeds the owner's permissions."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return ""
    return f"its mode is {mode:04o}, not {FILE_MODE:04o}" if mode & ~FILE_MODE else ""


def check_writable(directory: Path) -> None:
    """Raise InvalidInput if the directory cannot be created or written to."""
    place = directory
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise InvalidInput(f"directory: {place} exists but is not a directory")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InvalidInput(f"directory: {directory} cannot be used, {place} is not writable")


def make_directory(path: Path) -> None:
    """Create the directory and its parents, readable by the owner only."""
    if path.is_dir():
        return
    if path != path.parent:
        make_directory(path.parent)
    with _os_errors(path, "created"), contextlib.suppress(FileExistsError):
        path.mkdir(DIRECTORY_MODE)


def temporary_path(path: Path) -> Path:
    """Return the path of the file's next content: always the same, so that none is left behind."""
    return path.with_name(f".{path.name}.new")


def write(path: Path, text: str) -> None:
    """Replace the file atomically. The caller holds the directory's lock."""
    new = temporary_path(path)
    make_directory(path.parent)
    with _os_errors(path, "written"):
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)


def restrict(path: Path) -> None:
    with _os_errors(path, "protected"):
        path.chmod(FILE_MODE)


def remove(path: Path) -> None:
    with _os_errors(path, "removed"):
        path.unlink(missing_ok=True)


def remove_directory(path: Path) -> bool:
    """Remove the directory if it is empty, and return whether it is gone."""
    try:
        path.rmdir()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def directory_lock(directory: Path, timeout: float = LOCK_TIMEOUT) -> t.Iterator[None]:
    """Lock the directory against other processes; create it if it is missing."""
    path = directory / LOCK_NAME
    end = time.monotonic() + timeout
    while True:
        make_directory(directory)
        with _os_errors(path, "opened"):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
            except FileNotFoundError:
                continue  # another process removed the directory just now
        try:
            if _try_lock(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)
        if time.monotonic() > end:
            raise MeshError(f"{path} is held by another process for more than {timeout:.0f} s")
        time.sleep(0.02)


def _try_lock(descriptor: int, path: Path) -> bool:
    """Try to take the lock; one on a file that was removed meanwhile protects nothing."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
