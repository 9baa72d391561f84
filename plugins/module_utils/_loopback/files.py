# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a lab: private to their owner, replaced as a whole, never reached through a link."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken

# the beginning of a file's name until the file is complete
TEMPORARY_PREFIX = ".eastwest-"
REBUILD = (
    "take the lab down and bring it up again, with the playbooks eastwest.mesh.down and"
    " eastwest.mesh.up"
)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def _named_errors(path: Path, action: str) -> t.Iterator[None]:
    """Raise LabBroken, with the path and a remedy, for an error of the operating system."""
    try:
        yield
    except OSError as exc:
        remedy = REBUILD
        if exc.errno in _FULL:
            remedy = "free space on its file system, then run the same command again"
        elif exc.errno in _CLOSED:
            remedy = "give it back to this user, or name another directory by mesh_lab_directory"
        raise LabBroken(f"{path} cannot be {action}: {exc.strerror}; {remedy}") from exc


def damaged(path: Path, reason: object) -> LabBroken:
    """Return the error for a file whose content is not the lab's."""
    return LabBroken(f"{path} is damaged ({reason}); {REBUILD}")


def missing(path: Path) -> LabBroken:
    """Return the error for a file that every cluster has."""
    return LabBroken(f"{path} is gone; bring the lab up again, with the playbook eastwest.mesh.up")


def write(path: Path, content: bytes) -> None:
    """Replace a file by renaming, so that Envoy's watch never sees an incomplete one."""
    make_directory(path.parent)
    with _named_errors(path, "written"):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY_PREFIX)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).rename(path)
        except BaseException:
            Path(temporary).unlink()
            raise


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write the file unless it holds ``content``; return whether it was written."""
    if read(path) == content:
        return False
    if is_directory(path):
        remove(path)
    write(path, content)
    return True


def make_directory(path: Path) -> None:
    """Create the directory and its parents, closed to others. Raise LabBroken for a link."""
    with _named_errors(path, "created"):
        if is_link(path):
            raise LabBroken(f"{path} is a link; remove it, since labs do not write through links")
        if not path.parent.exists():
            make_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def is_link(path: Path) -> bool:
    return path.is_symlink()


def is_directory(path: Path) -> bool:
    """Return whether the path is a directory, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def open_private(path: Path, flags: int) -> int:
    """Open a regular file that only its owner can read; create it, but do not follow a link."""
    with _named_errors(path, "opened"):
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged(path, "not a regular file")
    return descriptor


def remove(path: Path) -> None:
    """Remove a file, a link or a directory with its content, without following links."""
    with _named_errors(path, "removed"):
        try:
            if is_directory(path):
                shutil.rmtree(path)
            else:
                path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            # another process may be removing the same directory
            if path.exists():
                raise


def to_json(value: t.Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read(path: Path) -> bytes | None:
    """Return the file's content, or None without a readable file."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def read_json(path: Path) -> t.Any:
    """Return the file's value, or None without a file. Raise LabBroken for a damaged one."""
    with _named_errors(path, "read"):
        try:
            value = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as exc:
            raise damaged(path, "not JSON") from exc
    if value is None:
        raise damaged(path, "empty")
    return value
