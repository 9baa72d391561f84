# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a lab are written through, and how errors name them."""

from __future__ import annotations

import errno
import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free space on its file system, then run the same command again"),
        (errno.EDQUOT, "free space"),
        (errno.EACCES, "give it back to this user"),
        (errno.EIO, "take the lab down and bring it up again"),
    ],
)
def test_an_error_has_the_path_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def fail(**_options: object) -> t.NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(LabBroken) as raised:
        files.write(tmp_path / "lab.json", b"")
    expected = f"{tmp_path}/lab.json cannot be written: {os.strerror(number)}; {remedy}"
    assert str(raised.value).startswith(expected)


def test_a_file_is_not_written_into_a_linked_directory(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "xds").symlink_to(tmp_path / "outside")
    with pytest.raises(LabBroken, match=r"/xds is a link; remove it"):
        files.write(tmp_path / "xds/cds.json", b"")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("other"), os.mkfifo])
def test_whatever_is_in_a_files_place_is_replaced(
    tmp_path: Path, make: t.Callable[[Path], object]
) -> None:
    (tmp_path / "other").write_text("mine")
    path = tmp_path / "file"
    make(path)
    if path.is_fifo():
        path.unlink()
    assert files.write_if_changed(path, b"content")
    assert (path.is_symlink(), path.read_bytes()) == (False, b"content")
    assert (tmp_path / "other").read_text() == "mine"


def test_a_log_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "envoy.log").symlink_to(tmp_path / "other")
    with pytest.raises(LabBroken, match=r"envoy.log cannot be opened: .*; take the lab down"):
        files.open_private(tmp_path / "envoy.log", os.O_WRONLY | os.O_TRUNC)
    assert (tmp_path / "other").read_text() == "mine"
