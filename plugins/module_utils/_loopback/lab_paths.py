# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of a lab: which names, directories and owners are accepted."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files

PODS = "pods"
_CLUSTER_ENTRIES = frozenset({"objects.json", PODS})
# a name that is also a directory's, as the inventory's preflight has it
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


def check_name(name: str, option: str = "cluster") -> str:
    """Return a name that may become a part of a path. Raise InvalidInput for another."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{option}: {name!r} cannot be a name in a lab; use up to 63 lower-case letters, digits,"
            " dashes and dots, with a letter or digit at both ends"
        )
    return name


def absolute(directory: str | Path | None) -> Path:
    """Return the directory without links in its parents, as /proc shows it."""
    if directory is None or not str(directory):
        raise InvalidInput("lab_directory is empty; name a directory, there or not")
    try:
        path = Path(directory).expanduser().absolute()
        # names that no file system takes
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.lstat()
        return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name
    except (OSError, RuntimeError, ValueError) as exc:
        raise InvalidInput(f"lab_directory: {str(directory)!r} cannot be used: {exc}") from exc


def check_owner(path: Path) -> None:
    try:
        status = path.lstat()
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return
        raise
    if stat.S_ISLNK(status.st_mode):
        raise InvalidInput(
            f"lab_directory: '{path}' is a link, and labs do not write through links;"
            " remove it, or name another directory"
        )
    if status.st_uid != os.geteuid():
        raise InvalidInput(
            f"lab_directory: '{path}' belongs to another user (uid {status.st_uid});"
            " name a directory of yours, by mesh_lab_directory or XDG_STATE_HOME"
        )


def holds_cluster(directory: Path) -> bool:
    """Return whether a directory has the content of a loopback cluster, and nothing else."""
    if not files.is_directory(directory):
        return False
    names = [entry.name for entry in directory.iterdir()]
    return bool(names) and all(
        name in _CLUSTER_ENTRIES or name.startswith(files.TEMPORARY_PREFIX) for name in names
    )
