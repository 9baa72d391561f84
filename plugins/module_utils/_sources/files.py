# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and read the files of a source: a file, or a directory tree."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import BrokenYaml

_ENDINGS = frozenset({".yaml", ".yml", ".json"})
# of tools, not of a mesh
_LEFT_OUT = frozenset({"node_modules", "__pycache__"})
_MOST_BYTES = 500_000_000


def source_files(source: Path) -> list[Path]:
    """Return a file itself, or the YAML and JSON files below a directory, in order.

    Raise InvalidInput for what does not exist or cannot be read, and for a directory without such files.
    """
    if source.is_file():
        return [source]
    if not source.exists():
        near = f"; {source.parent} has {_entries(source.parent)}" if source.parent.is_dir() else ""
        raise InvalidInput(f"source: {source} does not exist{near}")
    if not source.is_dir():
        raise InvalidInput(f"source: {source} is neither a file nor a directory")
    found = files_below(source)
    if not found:
        raise InvalidInput(
            f"source: {source} has no file that ends in .yaml, .yml or .json; it has {_entries(source)}"
        )
    return found


def files_below(directory: Path) -> list[Path]:
    """Return the YAML and JSON files below a directory, in order, or none.

    Raise InvalidInput for what cannot be read: left out in silence, it would seem to be in order.
    """
    return sorted(_walk(directory))


def directory_entries(directory: Path) -> list[Path]:
    """Return what is in a directory and not hidden, in order. Raise InvalidInput where it cannot be read."""
    try:
        return sorted(each for each in directory.iterdir() if not each.name.startswith("."))
    except OSError as exc:
        raise _unreadable(exc) from exc


def is_manifest(path: Path) -> bool:
    """Is it a file whose name says that it holds YAML or JSON?"""
    return path.suffix.lower() in _ENDINGS and path.is_file()


def read_text(path: Path) -> str:
    """Return the text of a file. Raise InvalidInput where it cannot be read, BrokenYaml where it is no text."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput(f"source: {path} has more than {_MOST_BYTES // 10**6} MB; split it")
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise BrokenYaml(f"it is not UTF-8 text (byte {exc.start})", line) from exc
    except OSError as exc:
        raise _unreadable(exc) from exc
    return text.replace("\r\n", "\n")


def _walk(root: Path) -> t.Iterator[Path]:
    # links may lead around in a circle
    seen: set[str] = set()
    for directory, below, names in os.walk(root, onerror=_stop, followlinks=True):
        place = os.path.realpath(directory)
        if place in seen:
            below.clear()
            continue
        seen.add(place)
        below[:] = [each for each in below if not each.startswith(".") and each not in _LEFT_OUT]
        for name in names:
            path = Path(directory, name)
            if name.startswith("."):
                continue
            if is_manifest(path):
                yield path
            elif path.suffix.lower() in _ENDINGS or _leads_nowhere(path):
                raise InvalidInput(f"source: {path} is no file, and leads to none; remove it")


def _leads_nowhere(path: Path) -> bool:
    """Is it a link that could have been one to a directory?"""
    return path.is_symlink() and not path.suffix and not path.exists()


def _stop(error: OSError) -> t.NoReturn:
    raise _unreadable(error) from error


def _unreadable(error: OSError) -> InvalidInput:
    return InvalidInput(f"source: {error.filename} cannot be read: {error.strerror or error}")


def _entries(directory: Path) -> str:
    names = [each.name for each in directory_entries(directory)]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{', '.join(names[:8])}{more}" if names else "nothing"
