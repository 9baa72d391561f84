# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold keys and certificates. Private to this collection."""

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
def _explained(path: Path, verb: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise MeshError(f"{path} cannot be {verb}: {exc.strerror}") from exc


def read(path: Path) -> str | None:
    """The file's text; None when it does not exist."""
    with _explained(path, "read"):
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None


def too_open(path: Path) -> str:
    """Says how an existing file's mode is wider than it should be."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return ""
    return f"its mode is {mode:04o}, not {FILE_MODE:04o}" if mode & ~FILE_MODE else ""


def check_writable(directory: Path) -> None:
    """Raises InvalidInput where the directory cannot be made or written to."""
    place = directory
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise InvalidInput(f"directory: {place} exists but is not a directory")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InvalidInput(f"directory: {directory} cannot be used, {place} is not writable")


def make_directory(path: Path) -> None:
    """Makes the directory and what is missing above it, for the owner's eyes only."""
    if path.is_dir():
        return
    if path != path.parent:
        make_directory(path.parent)
    with _explained(path, "created"), contextlib.suppress(FileExistsError):
        path.mkdir(DIRECTORY_MODE)


def temporary(path: Path) -> Path:
    """Where the file's new text is written first; always the same, so none is left for good."""
    return path.with_name(f".{path.name}.new")


def write(path: Path, text: str) -> None:
    """Replaces the file at once, or not at all. Only one process may do so at a time."""
    new = temporary(path)
    make_directory(path.parent)
    with _explained(path, "written"):
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)


def restrict(path: Path) -> None:
    with _explained(path, "protected"):
        path.chmod(FILE_MODE)


def remove(path: Path) -> None:
    with _explained(path, "removed"):
        path.unlink(missing_ok=True)


def remove_directory(path: Path) -> bool:
    """Removes the directory if it is empty; tells whether it did."""
    try:
        path.rmdir()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def exclusive(directory: Path, timeout: float = LOCK_TIMEOUT) -> t.Iterator[None]:
    """Keeps other processes out of the directory, which it makes where it is missing."""
    path = directory / LOCK_NAME
    end = time.monotonic() + timeout
    while True:
        make_directory(directory)
        with _explained(path, "opened"):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
            except FileNotFoundError:
                continue  # somebody removed the directory just now
        try:
            if _locked(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)
        if time.monotonic() > end:
            raise MeshError(f"{path} is held by another process for more than {timeout:.0f} s")
        time.sleep(0.02)


def _locked(descriptor: int, path: Path) -> bool:
    """Tries to take the lock; a lock on a file that is gone meanwhile keeps nobody out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
