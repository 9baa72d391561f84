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

from ansible_collections.eastwest.mesh.plugins.module_utils.errors import InvalidInput, MeshError

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
LOCK_NAME = ".lock"
LOCK_TIMEOUT = 120.0


@contextlib.contextmanager
def _explained(path: str, verb: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise MeshError(f"{path} cannot be {verb}: {exc.strerror}") from exc


def read(path: str) -> str | None:
    """The file's text; None when it does not exist."""
    with _explained(path, "read"):
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None


def too_open(path: str) -> str:
    """Says how an existing file's mode is wider than it should be."""
    try:
        mode = os.stat(path).st_mode & 0o777
    except OSError:
        return ""
    return f"its mode is {mode:04o}, not {FILE_MODE:04o}" if mode & ~FILE_MODE else ""


def check_writable(directory: str) -> None:
    """Raises InvalidInput where the directory cannot be made or written to."""
    place = directory
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise InvalidInput(f"directory: {place} exists but is not a directory")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InvalidInput(f"directory: {directory} cannot be used, {place} is not writable")


def make_directory(path: str) -> None:
    """Makes the directory and what is missing above it, for the owner's eyes only."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_directory(parent)
    with _explained(path, "created"), contextlib.suppress(FileExistsError):
        os.mkdir(path, DIRECTORY_MODE)


def temporary(path: str) -> str:
    """Where the file's new text is written first; always the same, so none is left for good."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")


def write(path: str, text: str) -> None:
    """Replaces the file at once, or not at all. Only one process may do so at a time."""
    new = temporary(path)
    make_directory(os.path.dirname(path))
    with _explained(path, "written"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, path)


def restrict(path: str) -> None:
    with _explained(path, "protected"):
        os.chmod(path, FILE_MODE)


def remove(path: str) -> None:
    with _explained(path, "removed"), contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_directory(path: str) -> bool:
    """Removes the directory if it is empty; tells whether it did."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def exclusive(directory: str, timeout: float = LOCK_TIMEOUT) -> t.Iterator[None]:
    """Keeps other processes out of the directory, which it makes where it is missing."""
    path = os.path.join(directory, LOCK_NAME)
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


def _locked(descriptor: int, path: str) -> bool:
    """Tries to take the lock; a lock on a file that is gone meanwhile keeps nobody out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except (BlockingIOError, FileNotFoundError):
        return False
