# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With a stand-in that sleeps: what is tested is how processes are found and ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import processes


def program(path: Path, *lines: str) -> str:
    path.write_text("\n".join((f"#!{sys.executable}", "import signal, time", *lines)))
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    return program(tmp_path / "envoy", "time.sleep(60)")


@pytest.mark.parametrize(
    "arguments",
    [processes._ARGUMENTS, ("-c", "bootstrap.json", "--concurrency", "1", "-l", "warning")],
    ids=["as it is started", "by another release"],
)
def test_a_process_is_found_by_the_directory_it_runs_in(
    tmp_path: Path, stand_in: str, arguments: tuple[str, ...]
) -> None:
    pod = tmp_path / "pod"
    pod.mkdir()
    with subprocess.Popen([stand_in, *arguments], cwd=pod) as process:
        try:
            assert wait_until(lambda: processes.running(tmp_path) == {pod: [process.pid]})
            shutil.rmtree(pod)
            assert processes.running(tmp_path) == {pod: [process.pid]}
            assert processes.running(tmp_path / "other") == {}
        finally:
            processes.stop([process.pid])
    assert processes.running(tmp_path) == {}


def test_a_process_that_does_not_obey_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_TERM_SECONDS", 0.2)
    deaf = program(
        tmp_path / "deaf",
        "signal.signal(15, signal.SIG_IGN)",
        "print('up', flush=True)",
        "time.sleep(60)",
    )
    with subprocess.Popen([deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        processes.stop([process.pid])
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_stopping_what_has_ended_is_no_error() -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    processes.stop([process.pid])


def test_an_envoy_that_does_not_exist_is_named() -> None:
    with pytest.raises(MeshError, match="envoy: '/no/such/envoy' does not exist"):
        processes.envoy_path("/no/such/envoy")


def test_a_rejection_is_shown_without_the_rejected_text(tmp_path: Path) -> None:
    (tmp_path / processes.LOG_FILE).write_text(
        "[config] Filesystem config update failure: in xds/cds.json, Unable to parse JSON as proto"
        ' (INVALID_ARGUMENT: near 1:729 (offset   728):  integer out  of range): {"version_info":'
    )
    assert processes.last_rejection(tmp_path).endswith("(offset 728): integer out of range")


def test_a_stopped_process_is_ended_at_once(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        os.kill(process.pid, signal.SIGSTOP)
        assert wait_until(lambda: processes.is_stopped(process.pid))
        began = time.monotonic()
        processes.stop([process.pid])
        assert time.monotonic() - began < processes._TERM_SECONDS


def test_envoys_reason_is_found_in_its_log(tmp_path: Path) -> None:
    (tmp_path / processes.LOG_FILE).write_text(
        "[2026][1][warning][config] Filesystem config update rejected: no such cluster\n"
        "[2026][1][warning][main] something else\n"
    )
    assert processes.last_rejection(tmp_path) == "no such cluster"


def wait_until(condition: t.Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_a_process_with_another_configuration_is_left_alone(tmp_path: Path, stand_in: str) -> None:
    with subprocess.Popen([stand_in, "-c", "other.json"], cwd=tmp_path) as process:
        try:
            time.sleep(0.2)
            assert processes.running(tmp_path.parent) == {}
        finally:
            processes.stop([process.pid])
