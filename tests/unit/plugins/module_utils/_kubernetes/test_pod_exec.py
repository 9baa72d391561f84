# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import envoy_admin, pod_exec

CONTAINER = pod_exec.Container("sleep", "sleep-1", "app")
FRAMES = json.loads(
    (Path(__file__).parent / "recorded" / "frames.json").read_text(encoding="utf-8")
)
SUCCESS = FRAMES["status"]["success"].encode()


class Socket:
    """The library's websocket: what the command writes, by channel, one round after the other."""

    def __init__(self, *rounds: dict[int, bytes], error: Exception | None = None) -> None:
        self.rounds = list(rounds)
        self.error = error
        self.now: dict[int, bytes] = {}
        self.sent: list[bytes] = []
        self.closed = False

    def is_open(self) -> bool:
        return bool(self.rounds) or self.error is not None

    def update(self, timeout: float) -> None:
        assert timeout > 0
        if self.error is not None and not self.rounds:
            raise self.error
        self.now = self.rounds.pop(0)

    def read_channel(self, number: int) -> bytes | str:
        # as older releases do: a text where there is nothing
        return self.now.pop(number, "")

    def write_stdin(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


class EagerSocket(Socket):
    """The library's own way: where a channel has nothing, it looks for more."""

    def read_channel(self, number: int) -> bytes | str:
        if number not in self.now and self.is_open():
            before = self.now
            self.update(timeout=1)
            self.now = {n: before.get(n, b"") + self.now.get(n, b"") for n in before | self.now}
        return super().read_channel(number)


class Api:
    """Opens the socket it is given, or refuses."""

    name = "east"

    def __init__(self, socket: Socket | Exception) -> None:
        self.socket = socket
        self.commands: list[tuple[t.Any, ...]] = []

    def open_exec(self, *arguments: t.Any) -> Socket:
        self.commands.append(arguments)
        if isinstance(self.socket, Exception):
            raise self.socket
        return self.socket


class Refusal(Exception):
    """As the library raises it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"(0)\nReason: {reason}\n")
        self.reason = reason


def run(api: Api) -> pod_exec.ExecResult:
    return pod_exec.run(t.cast(t.Any, api), CONTAINER, ["true"], 5)


def test_a_command_runs_to_its_end():
    socket = Socket({1: b"a", 2: b"x"}, {1: b"b"}, {3: SUCCESS})
    api = Api(socket)
    assert run(api) == pod_exec.ExecResult(0, "ab", "x")
    assert api.commands == [("sleep", "sleep-1", "app", ["true"])]
    assert socket.closed


@pytest.mark.parametrize(
    ("status", "returncode", "message"),
    [("success", 0, ""), ("exit 3", 3, ""), ("no program", -1, 'exec: "nosuch": executable file')],
)
def test_the_status_says_how_it_ended(status, returncode, message):
    outcome = run(Api(Socket({3: FRAMES["status"][status].encode()})))
    assert outcome.returncode == returncode
    assert message in outcome.message
    assert bool(message) == bool(outcome.message)


@pytest.mark.parametrize(
    ("handshake", "kind", "said"),
    [
        ("no_pod", NotFound, 'app of pod sleep/sleep-1: pods "gone" not found'),
        ("no_container", pod_exec.NoSuchContainer, "container istio is not valid for pod"),
        ("forbidden", NotAllowed, 'cannot get resource "pods/exec" in API group "" in the namesp'),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(handshake, kind, said):
    with pytest.raises(MeshError) as raised:
        run(Api(Refusal(FRAMES["handshake"][handshake])))
    assert raised.type is kind
    assert str(raised.value).startswith("cluster east: cannot run a command in container app")
    assert said in str(raised.value)
    assert "audit-id" not in str(raised.value)


def test_a_refusal_without_a_server_is_told_as_it_is():
    with pytest.raises(MeshError, match=r"of pod sleep/sleep-1: \[Errno 111\] Connection refused"):
        run(Api(OSError(111, "Connection refused")))


@pytest.mark.parametrize(
    "socket",
    [
        Socket({1: b"a"}),
        Socket({1: b"a"}, error=OSError("reset")),
        EagerSocket({1: b"a"}, error=OSError("reset")),
    ],
)
def test_a_lost_connection_is_no_end(socket):
    with pytest.raises(MeshError, match="the connection to container app of pod sleep/sleep-1 was"):
        run(Api(socket))


@pytest.mark.parametrize(
    "socket",
    [
        Socket({1: b"ab", 2: b"x", 3: SUCCESS}, error=OSError("reset")),
        EagerSocket({1: b"a"}, {2: b"x"}, {1: b"b"}, {3: SUCCESS}),
        EagerSocket({1: b"ab"}, {}, {2: b"x", 3: SUCCESS}),
        EagerSocket({2: b"x"}, {1: b"a"}, {1: b"b", 3: SUCCESS}),
        EagerSocket({1: b"ab", 2: b"x", 3: SUCCESS}, error=OSError("reset")),
        EagerSocket({1: b"ab", 3: SUCCESS}, {2: b"x"}, error=OSError("reset")),
    ],
)
def test_the_end_is_seen_however_the_connection_ends(socket):
    assert run(Api(socket)) == pod_exec.ExecResult(0, "ab", "x")


def test_a_command_has_its_time(monkeypatch):
    times = iter([0.0, 1.0, 6.0])
    monkeypatch.setattr(pod_exec.time, "monotonic", lambda: next(times))
    socket = Socket({1: b"a"}, {1: b"b"})
    with pytest.raises(MeshError, match="'true' did not end in 5 s"):
        run(Api(socket))
    assert socket.closed


def call(stdout: str, status: str = "success", stderr: str = "") -> str:
    answer = {1: stdout.encode(), 2: stderr.encode(), 3: FRAMES["status"][status].encode()}
    return envoy_admin.call(t.cast(t.Any, Api(Socket(answer))), "sleep", "sleep-1", "GET", "/stats")


def test_the_agent_is_asked_in_the_sidecars_container():
    api = Api(Socket({3: SUCCESS}))
    envoy_admin.call(t.cast(t.Any, api), "sleep", "sleep-1", "POST", "/stats?filter=a")
    command = ("pilot-agent", "request", "POST", "stats?filter=a")
    assert api.commands == [("sleep", "sleep-1", "istio-proxy", command)]


STAT = "listener_manager.listener_stopped: 0\n"


@pytest.mark.parametrize(
    "log",
    [
        "",
        "2026-11-21T11:12:19.123456Z\tinfo\tFIPS mode is off\n",
        "2026/11/21 11:12:19 INFO GOMEMLIMIT is already set, skipping\n",
        '{"level":"info","time":"2026-11-21T11:12:19.123456Z","msg":"x"}\n',
        "2026-11-21T11:12:19.1Z\tinfo\ta\n2026-11-21T11:12:19.2Z\twarn\tb\n",
    ],
)
def test_the_body_is_found_after_what_the_agent_logs(log):
    assert call(log + STAT) == STAT


def test_a_body_that_looks_a_little_like_a_log_is_kept():
    text = '{\n "level": "info"\n}\n2026-11-21 is a date\n'
    assert call(text) == text


@pytest.mark.parametrize(
    ("stdout", "status", "stderr", "said"),
    [
        ("", "exit 3", "x\nError: connection refused\n", "failed: Error: connection refused"),
        ("", "exit 3", "", "failed: no answer"),
        ("", "no program", "", "executable file not found"),
        ("invalid path. admin commands are:\n  /: Home\n", "success", "", "does not know GET /st"),
    ],
)
def test_an_envoy_that_does_not_answer_is_an_error(stdout, status, stderr, said):
    with pytest.raises(MeshError, match="container istio-proxy of pod sleep/sleep-1") as raised:
        call(stdout, status, stderr)
    assert said in str(raised.value)


def test_a_pod_without_sidecar_is_named():
    api = Api(Refusal(FRAMES["handshake"]["no_container"]))
    with pytest.raises(NotFound, match="pod sleep/sleep-1 has no sidecar"):
        envoy_admin.call(t.cast(t.Any, api), "sleep", "sleep-1", "GET", "/stats")
