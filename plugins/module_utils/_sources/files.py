# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and read the files of a source: a file, or a directory tree."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

_ENDINGS = frozenset({".yaml", ".yml", ".json"})
# of tools, not of a mesh
_LEFT_OUT = frozenset({"node_modules", "__pycache__"})
_MOST_BYTES = 500_000_000


def source_files(source: Path) -> list[Path]:
    """Return a file itself, or the YAML and JSON files below a directory, in order.

    Raise InvalidInput for what does not exist, and for a directory without such files.
    """
    if source.is_file():
        return [source]
    if not source.exists():
        near = f"; {source.parent} has {_entries(source.parent)}" if source.parent.is_dir() else ""
        raise InvalidInput(f"source: {source} does not exist{near}")
    if not source.is_dir():
        raise InvalidInput(f"source: {source} is neither a file nor a directory")
    found = sorted(_walk(source))
    if not found:
        raise InvalidInput(
            f"source: {source} has no file that ends in .yaml, .yml or .json; it has {_entries(source)}"
        )
    return found


def read_text(path: Path) -> str:
    """Return the text of a file. Raise InvalidInput where it cannot be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput(f"source: {path} has more than {_MOST_BYTES // 10**6} MB; split it")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"source: {path} is not UTF-8 text (byte {exc.start})") from exc
    except OSError as exc:
        raise InvalidInput(f"source: {path} cannot be read: {exc.strerror or exc}") from exc
    return text.replace("\r\n", "\n")


def _walk(root: Path) -> t.Iterator[Path]:
    # links may lead around in a circle
    seen: set[str] = set()
    for directory, below, names in os.walk(root, onerror=_unreadable, followlinks=True):
        place = os.path.realpath(directory)
        if place in seen:
            below.clear()
            continue
        seen.add(place)
        below[:] = [each for each in below if not each.startswith(".") and each not in _LEFT_OUT]
        for name in names:
            path = Path(directory, name)
            if path.suffix.lower() in _ENDINGS and not name.startswith("."):
                if not path.is_file():
                    raise InvalidInput(f"source: {path} is no file, and leads to none; remove it")
                yield path


def _unreadable(error: OSError) -> t.NoReturn:
    """Stop: what is left out of an analysis in silence would seem to be in order."""
    raise InvalidInput(f"source: {error.filename} cannot be read: {error.strerror}") from error


def _entries(directory: Path) -> str:
    try:
        names = sorted(each.name for each in directory.iterdir() if not each.name.startswith("."))
    except OSError as exc:
        return f"entries that cannot be read ({exc.strerror})"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{', '.join(names[:8])}{more}" if names else "nothing"
