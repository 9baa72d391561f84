# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a lab: written whole or not at all, readable by their owner only."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from pathlib import Path

# what a file is called until it is whole
TEMPORARY_PREFIX = ".eastwest-"


def write(path: Path, content: bytes) -> None:
    """Replaces a file by renaming: a reader, and Envoy's watch, sees the old or the new one."""
    make_directory(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY_PREFIX)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).rename(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def write_if_changed(path: Path, content: bytes) -> bool:
    """Writes the file unless it already holds ``content``; says whether it wrote."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    write(path, content)
    return True


def make_directory(path: Path) -> None:
    """Makes the directory and those above it, closed to others."""
    if not path.parent.exists():
        make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, mode: t.Literal["w", "wb"]) -> t.IO[t.Any]:
    """Opens a file for writing that only its owner can read."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def to_json(value: t.Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_json(path: Path) -> t.Any:
    """The file's value, or None where there is no file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
