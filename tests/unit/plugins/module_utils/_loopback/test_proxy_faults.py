# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With a process that listens in an Envoy's place."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    listening_sockets,
    processes,
    proxy_faults,
)

_SERVER = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].sendall(b"hello")
"""
_HOLDER = """
import sys
sys.path[:] = {path!r}
from pathlib import Path
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import proxy_faults
proxy_faults.cause(Path({pod!r}), [], "hang")
print("held", flush=True)
sys.stdin.readline()
"""


class Envoy:
    def __init__(self, pod: Path) -> None:
        self.pod = pod
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, *processes.CONFIGURATION],
            cwd=pod,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def group(self) -> list[int]:
        return processes.running(self.pod.parent).get(self.pod, [])

    def answer(self) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.3) as client:
                return client.recv(10).decode()
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silence"

    def takes_connections(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.3):
                return True
        except OSError:
            return False


@pytest.fixture
def envoy(tmp_path: Path) -> t.Iterator[Envoy]:
    pod = tmp_path / "pod"
    pod.mkdir()
    found = Envoy(pod)
    yield found
    processes.stop(found.group)
    with found.process:
        found.process.kill()


@pytest.mark.parametrize(
    ("fault", "answer", "takes_connections"),
    [("kill", "refused", False), ("hang", "silence", True), ("blackhole", "silence", False)],
)
def test_faults_as_clients_see_them(
    envoy: Envoy, fault: str, answer: str, takes_connections: bool
) -> None:
    assert envoy.answer() == "hello"
    assert listening_sockets.sockets_of(envoy.process.pid) == [("127.0.0.1", envoy.port)]
    held = proxy_faults.cause(envoy.pod, envoy.group, fault)
    assert (envoy.answer(), envoy.takes_connections()) == (answer, takes_connections)
    # as a hung Envoy is, what stands in for one is stopped
    assert all(map(processes.is_stopped, envoy.group))
    assert bool(envoy.group) == (fault != "kill")
    assert proxy_faults.is_held(envoy.pod)
    assert proxy_faults.left_behind(envoy.pod) == ""
    with pytest.raises(LabBroken, match="of pod has a fault of another run already"):
        proxy_faults.cause(envoy.pod, envoy.group, fault)
    proxy_faults.release(held)
    assert not proxy_faults.is_held(envoy.pod)
    assert proxy_faults.left_behind(envoy.pod) == ""
    if fault == "hang":
        assert envoy.answer() == "hello"


def test_a_pod_may_go_while_its_envoy_is_out_of_order(envoy: Envoy) -> None:
    held = proxy_faults.cause(envoy.pod, envoy.group, "hang")
    processes.stop(envoy.group)
    (envoy.pod / proxy_faults.RECORD).unlink()
    envoy.pod.rmdir()
    proxy_faults.release(held)
    assert not proxy_faults.is_held(envoy.pod)


@pytest.mark.parametrize("text", ["", "explode"])
def test_a_record_that_names_no_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / proxy_faults.RECORD).write_text(text)
    assert proxy_faults.left_behind(tmp_path) == ""


def test_the_hold_ends_with_the_run_that_is_killed(tmp_path: Path) -> None:
    script = _HOLDER.format(path=sys.path, pod=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "held\n"
        assert proxy_faults.is_held(tmp_path)
        run.send_signal(signal.SIGKILL)
        run.wait()
    deadline = time.monotonic() + 5
    while proxy_faults.is_held(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert proxy_faults.left_behind(tmp_path) == "hang"
