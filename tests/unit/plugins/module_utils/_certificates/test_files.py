# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: private, whole or not at all, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates import files
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)


@pytest.fixture
def open_mask() -> t.Iterator[None]:
    old = os.umask(0)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("open_mask")
def test_what_is_made_is_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "key.pem"
    files.write(path, "text")
    assert path.read_text(encoding="utf-8") == "text"
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]


def test_what_exists_is_replaced_and_not_written_into(tmp_path: Path) -> None:
    path, other = tmp_path / "key.pem", tmp_path / "other"
    path.write_text("old", encoding="utf-8")
    other.hardlink_to(path)
    files.write(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert other.read_text(encoding="utf-8") == "old"
    assert mode(path) == 0o600


def test_a_failed_write_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    files.write(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MeshError, match=r"key.pem cannot be written: No space left"):
            files.write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    files.write(path, "newer")
    assert path.read_text(encoding="utf-8") == "newer"
    assert [each.name for each in tmp_path.iterdir()] == ["key.pem"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (0o600, ""),
        (0o400, ""),
        (0o640, "its mode is 0640, not 0600"),
        (0o604, "its mode is 0604, not 0600"),
    ],
)
def test_too_open(found: int, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.touch()
    path.chmod(found)
    assert files.excess_permissions(path) == expected


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert files.read(tmp_path / "a" / "b") is None
    assert not files.excess_permissions(tmp_path / "a" / "b")
    files.remove(tmp_path / "b")


def test_a_directory_in_the_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="cannot be read: Is a directory"):
        files.read(tmp_path)


def test_not_a_directory(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.touch()
    for directory in (place, place / "below"):
        with pytest.raises(InvalidInput, match=f"^directory: {place} exists but is not a dir"):
            files.check_writable(directory)


def test_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    with pytest.raises(InvalidInput, match=f"{tmp_path} is not writable"):
        files.check_writable(tmp_path / "a" / "b")


def test_the_lock_keeps_others_out(tmp_path: Path) -> None:
    second = files.directory_lock(tmp_path, timeout=0)
    with files.directory_lock(tmp_path), pytest.raises(MeshError, match="held by another process"):
        second.__enter__()
    with files.directory_lock(tmp_path, timeout=0):
        pass


def test_a_lock_on_a_removed_file_is_worth_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody removes the directory between opening the file and locking it."""
    place = tmp_path / "place"
    locked: list[int] = []
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        if not locked:
            files.remove(place / files.LOCK_NAME)
            files.remove_directory(place)
        flock(descriptor, operation)
        locked.append(os.fstat(descriptor).st_nlink)

    monkeypatch.setattr(fcntl, "flock", late)
    with files.directory_lock(place):
        assert locked == [0, 1]
