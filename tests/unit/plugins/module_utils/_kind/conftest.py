# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays what docker, podman and kind printed when they were recorded."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kind import locks
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import CommandResult

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> t.Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Replay:
    """A runner: the answer of the longest key that the command begins with."""

    answers: dict[str, tuple[int, t.Any, str]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    environments: list[t.Mapping[str, str]] = field(default_factory=list)
    on_call: t.Callable[[t.Sequence[str]], None] | None = None

    def say(self, command: str, output: t.Any = "", *, code: int = 0, errors: str = "") -> None:
        self.answers[command] = (code, output, errors)

    def __call__(
        self,
        command: t.Sequence[str],
        *,
        timeout: float | None = None,
        environment: t.Mapping[str, str] | None = None,
        data: bytes | None = None,
        descriptors: t.Sequence[int] = (),
    ) -> CommandResult:
        line = " ".join([Path(command[0]).name, *command[1:]])
        self.commands.append(line)
        self.environments.append(environment or {})
        if data is not None:
            self.data.append(data)
        if self.on_call:
            self.on_call(command)
        known = [key for key in self.answers if line.startswith(key)]
        if not known:
            raise AssertionError(f"nothing was recorded for: {line}")
        code, output, errors = self.answers[max(known, key=len)]
        if not isinstance(output, str | bytes):
            output = json.dumps(output)
        raw = output.encode() if isinstance(output, str) else output
        return CommandResult(code, raw, errors.encode())


@pytest.fixture
def replay() -> Replay:
    return Replay()


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROVIDER", "DOCKER_NETWORK", "PODMAN_NETWORK"):
        monkeypatch.delenv(f"KIND_EXPERIMENTAL_{name}", raising=False)


@pytest.fixture(autouse=True)
def lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "locks"
    path.mkdir()
    monkeypatch.setattr(locks, "directory", lambda: path)
    return path
