# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import locks

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
os.write(descriptor, b"creating")
print("held", flush=True)
sys.stdin.read()
"""


def test_one_at_a_time_and_nothing_left(lock_directory: Path) -> None:
    with locks.hold("east", 0) as lock:
        assert list(lock_directory.iterdir()) == [lock.path]
        with (
            pytest.raises(MeshError, match="another run has held"),
            locks.hold("east", 0),
        ):
            pass
        with locks.hold("west", 0):
            pass
    assert list(lock_directory.iterdir()) == []
    with locks.hold("east", 0):
        pass


def test_file_that_its_holder_removed_meanwhile(
    lock_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lock_directory / "east"
    real, before = fcntl.flock, []

    def flock(descriptor: int, operation: int) -> None:
        real(descriptor, operation)
        if not before:
            before.append(os.fstat(descriptor).st_ino)
            path.rename(lock_directory / "old")
            path.touch()

    monkeypatch.setattr(fcntl, "flock", flock)
    with locks.hold("east", 60) as lock:
        assert os.fstat(lock.descriptor).st_ino == path.stat().st_ino
        assert before != [path.stat().st_ino]


def test_any_of_several(lock_directory: Path) -> None:
    with locks.hold_any(["a", "b"], 0) as first, locks.hold_any(["a", "b"], 0) as second:
        assert {first.path.name, second.path.name} == {"a", "b"}
        with pytest.raises(MeshError), locks.hold_any(["a", "b"], 0):
            pass


def test_note_stays_until_it_is_taken_back(lock_directory: Path) -> None:
    with locks.hold("east", 0) as lock:
        assert lock.note == ""
        lock.note = locks.CREATING
    assert (lock_directory / "east").stat().st_mode & 0o777 == 0o600
    with locks.hold("east", 0) as lock:
        assert lock.note == locks.CREATING
        lock.note = ""
    assert list(lock_directory.iterdir()) == []


def test_what_a_killed_process_noted(lock_directory: Path) -> None:
    path = lock_directory / "east"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(MeshError), locks.hold("east", 0):
            pass
        process.kill()
        process.wait()
    with locks.hold("east", 0) as lock:
        assert lock.note == locks.CREATING


def test_a_child_keeps_the_lock_of_a_parent_that_ended(lock_directory: Path) -> None:
    with locks.hold("east", 0) as lock:
        lock.note = locks.CREATING
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=[lock.descriptor],
        )
    with child:
        with pytest.raises(MeshError), locks.hold("east", 0):
            pass
        child.kill()
        child.wait()
    with locks.hold("east", 0) as lock:
        assert lock.note == locks.CREATING


def test_link_is_not_followed(lock_directory: Path, tmp_path: Path) -> None:
    (lock_directory / "east").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="east"), locks.hold("east", 0):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_files_have_names_by_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    direct = locks.name_for_file(str(tmp_path / "kubeconfig"))
    assert direct == locks.name_for_file(str(tmp_path / "link" / "kubeconfig"))
    assert direct != locks.name_for_file(str(tmp_path / "other"))
    assert os.sep not in direct
