# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays what clusters answered when they were recorded."""

from __future__ import annotations

import copy
import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import sampler
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.pod_exec import (
    ExecResult,
    parse_status,
)

RECORDED = Path(__file__).parent / "recorded"
MARK = "0123456789abcdef"


def recorded(name: str) -> t.Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def objects() -> dict[str, t.Any]:
    """Objects as an API server returned them."""
    return copy.deepcopy(recorded("objects"))


@dataclass
class Clock:
    now: float = 1000.0

    def perf_counter(self) -> float:
        return self.now


@dataclass
class ReplayedSession:
    """A command whose output arrives when it did, by a clock that moves only here."""

    clock: Clock
    # milliseconds since the start, and text
    output: list[tuple[float, str]]
    status: str = '{"status": "Success"}'
    stderr: bytes = b""
    written: list[bytes] = field(default_factory=list)
    closed: bool = False
    began: float = 0.0

    def __post_init__(self) -> None:
        self.began = self.clock.now

    def read(self, timeout: float) -> bytes:
        due = self.began + self.output[0][0] / 1000 if self.output else 0.0
        if due > self.clock.now + timeout:
            self.clock.now += timeout
            return b""
        self.clock.now = max(due, self.clock.now)
        return self.output.pop(0)[1].encode() if self.output else b""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    @property
    def running(self) -> bool:
        return bool(self.output)

    def close(self) -> None:
        self.closed = True

    def result(self, stdout: bytes = b"") -> ExecResult:
        if not self.status:
            raise MeshError("the connection was lost")
        returncode, message = parse_status(self.status.encode())
        return ExecResult(returncode, stdout.decode(), self.stderr.decode(), message)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(sampler, "time", made)
    monkeypatch.setattr(sampler.secrets, "token_hex", lambda _count: MARK)
    return made


@pytest.fixture
def session(clock: Clock) -> t.Callable[..., ReplayedSession]:
    """Makes a session from what was recorded under a name, or from pieces of output."""

    def make(source: str | list[tuple[float, str]], **options: t.Any) -> ReplayedSession:
        if isinstance(source, str):
            found = recorded("sessions")[source]
            output = [tuple(entry) for entry in found["log"]]
            options = {"status": found["status"], **options}
        else:
            output = list(source)
        return ReplayedSession(clock, output, **options)

    return make
