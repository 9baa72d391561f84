# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a TCP server says to a container."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec, tcp_probe

CONTAINER = pod_exec.Container("sample", "sleep-1", "sleep")


def hear(monkeypatch: pytest.MonkeyPatch, outcome: pod_exec.ExecResult) -> tuple[t.Any, list[str]]:
    asked: list[str] = []

    def run(_api: t.Any, container: t.Any, command: t.Any, timeout: float) -> pod_exec.ExecResult:
        assert container == CONTAINER
        # the command ends by itself, before this does
        assert timeout > 2.5
        asked.extend(command)
        return outcome

    monkeypatch.setattr(tcp_probe.pod_exec, "run", run)
    api: t.Any = None
    said = tcp_probe.tcp_probe(api, CONTAINER, ("240.240.0.1", 3306), "/hello", 2.5)
    return said, asked


def test_the_server_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    # the timeout passed while the server held the connection open after its word
    said, asked = hear(monkeypatch, pod_exec.ExecResult(28, "Hello version: db1\n", "timed out"))
    assert said == "Hello version: db1"
    assert asked[-3:] == ["-m", "2.5", "http://240.240.0.1:3306/hello"]
    assert "--http0.9" in asked


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (
            pod_exec.ExecResult(7, "", "curl: (7) refused"),
            r"240\.240\.0\.1:3306: curl: \(7\) refused",
        ),
        (pod_exec.ExecResult(-1, "", "", "curl: not found"), "curl: not found"),
        (pod_exec.ExecResult(0, "", ""), "without sending anything"),
    ],
)
def test_silence_has_a_cause(
    monkeypatch: pytest.MonkeyPatch, outcome: pod_exec.ExecResult, why: str
) -> None:
    with pytest.raises(LabBroken, match=why):
        hear(monkeypatch, outcome)
