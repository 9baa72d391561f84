# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import lab_lock
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_lock import (
    LOCK_FILE,
    LabLock,
    Run,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files, proxy_faults

KILLS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def lock(tmp_path: Path) -> LabLock:
    return LabLock(tmp_path / "lab")


def _heed_signals() -> None:
    """Let signals end a process though the tests run under nohup, or in a shell's background."""
    for number in KILLS:
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def other() -> t.Iterator[subprocess.Popen[bytes]]:
    """Another run."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        preexec_fn=_heed_signals,
    )
    yield process
    process.kill()
    process.wait()


def own(scenario: str = "") -> Run:
    return Run.of(os.getpid(), scenario)


def test_a_run_has_the_lab_to_itself(lock: LabLock, other: subprocess.Popen[bytes]) -> None:
    assert lock.acquire(Run.of(other.pid)) is None
    assert lock.directory.stat().st_mode & 0o777 == 0o700
    assert lock.path.stat().st_mode & 0o777 == 0o600
    for check_mode in (True, False):
        with pytest.raises(MeshError) as raised:
            lock.acquire(own(), check_mode=check_mode)
    message = str(raised.value)
    assert message.startswith(f"the lab {lock.directory} is in use since 20")
    assert f" by process {other.pid} (" in message
    assert "time.sleep(600)" in message
    # nor does it give back what is not its own
    lock.release(own())
    assert lock.path.exists()


@pytest.mark.parametrize("number", KILLS)
def test_the_lock_of_a_run_that_was_killed_is_taken_over(
    lock: LabLock, other: subprocess.Popen[bytes], number: int
) -> None:
    lock.acquire(Run.of(other.pid, "failover"))
    assert lock.interrupted() is None
    other.send_signal(number)
    # one that nobody has waited for is a zombie, and as dead
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    left = lock.interrupted()
    assert left is not None
    assert left.scenario == "failover"
    assert lock.acquire(own("distribute")) == left
    assert lock.acquire(own()) is None


def test_process_ids_that_are_used_again(lock: LabLock, other: subprocess.Popen[bytes]) -> None:
    alive = Run.of(other.pid)
    assert alive.is_alive()
    for gone in (
        dataclasses.replace(alive, start="1"),
        dataclasses.replace(alive, start=""),
        dataclasses.replace(alive, boot="another"),
        dataclasses.replace(alive, pid=2**22 + 1),
    ):
        assert not gone.is_alive()
        lock.acquire(gone)
        assert lock.acquire(own()) == gone
        lock.release(own())


def test_a_process_of_another_container_counts_as_alive(lock: LabLock) -> None:
    elsewhere = dataclasses.replace(own(), pid=1, pid_namespace="pid:[1]")
    lock.acquire(elsewhere)
    with pytest.raises(MeshError, match=f"process 1 of another container .*delete .*{LOCK_FILE}"):
        lock.acquire(own())


def test_release(lock: LabLock) -> None:
    lock.acquire(own("failover"))
    (lock.directory / "lab.json").touch()
    lock.release(own())
    assert [path.name for path in lock.directory.iterdir()] == ["lab.json"]
    (lock.directory / "lab.json").unlink()
    lock.acquire(own())
    lock.release(own())
    assert not lock.directory.exists()
    lock.release(own())


def test_check_mode_writes_nothing(lock: LabLock) -> None:
    assert lock.acquire(own(), check_mode=True) is None
    assert not lock.directory.exists()
    lock.directory.mkdir()
    assert lock.acquire(own(), check_mode=True) is None
    assert list(lock.directory.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"pid": 1}', b"\xff"])
def test_a_damaged_lock_has_no_holder(lock: LabLock, content: bytes) -> None:
    lock.directory.mkdir()
    lock.path.write_bytes(content)
    assert lock.acquire(own()) is None
    assert lock.acquire(own()) is None
    lock.release(own())


def test_a_link_is_not_followed(lock: LabLock, tmp_path: Path) -> None:
    lock.directory.mkdir()
    target = tmp_path / "precious"
    target.write_text("precious")
    lock.path.symlink_to(target)
    with pytest.raises(InvalidInput, match="it is a link, which no lab makes: delete it"):
        lock.acquire(own())
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "No space left on device; make room on that file system"),
        (errno.EACCES, "Permission denied; name a directory of yours, with mesh_lab_directory or"),
        (errno.EROFS, "Read-only file system; name a directory of yours"),
    ],
)
def test_a_directory_that_cannot_be_written(
    lock: LabLock, monkeypatch: pytest.MonkeyPatch, number: int, cure: str
) -> None:
    def refuse(path: Path, _content: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(files, "write", refuse)
    with pytest.raises(InvalidInput) as raised:
        lock.acquire(own())
    assert str(raised.value).startswith(
        f"mesh_lab_directory: '{lock.path}' cannot be written: {cure}"
    )


def test_a_directory_that_is_a_file(lock: LabLock) -> None:
    lock.directory.touch()
    with pytest.raises(InvalidInput, match=r"mesh_lab_directory: '.*lab' cannot be written: "):
        lock.acquire(own())


_FAULT_HOLDER = """
import sys, time
sys.path[:] = {path!r}
from pathlib import Path
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import proxy_faults
held = proxy_faults.cause(Path({pod!r}), [], "hang")
print("held", flush=True)
time.sleep({seconds})
proxy_faults.release(held)
"""


@pytest.mark.parametrize("seconds", [1, 600])
def test_a_process_that_has_a_sidecar_out_of_order_is_waited_for_and_named(
    lock: LabLock, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    pod = lock.directory / "clusters" / "east" / "pods" / "sample_helloworld"
    pod.mkdir(parents=True)
    monkeypatch.setattr(lab_lock, "_ORPHANS_END_S", 5.0 if seconds == 1 else 0.5)
    script = _FAULT_HOLDER.format(path=sys.path, pod=str(pod), seconds=seconds)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as orphan:
        assert orphan.stdout is not None
        assert orphan.stdout.readline() == "held\n"
        assert proxy_faults.holders(lock.directory) == {orphan.pid: ["sample_helloworld"]}
        if seconds == 1:
            assert lock.acquire(own()) is None
        else:
            with pytest.raises(
                MeshError, match=f"process {orphan.pid} .* has sample_helloworld out"
            ):
                lock.acquire(own())
            orphan.kill()
    assert lock.acquire(own()) is None
