# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What curl's exit status says of a server."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    pod_exec,
    tls_probe,
)

CONTAINER = pod_exec.Container("sleep", "sleep-1", "istio-proxy")


def probe(monkeypatch: pytest.MonkeyPatch, status: int, error: str) -> tuple[str, list[str]]:
    commands: list[str] = []

    def run(_api: t.Any, _container: t.Any, command: t.Any, _timeout: float) -> pod_exec.ExecResult:
        commands.extend(command)
        return pod_exec.ExecResult(status, "", error)

    monkeypatch.setattr(tls_probe.pod_exec, "run", run)
    found = tls_probe.tls_probe(t.cast("t.Any", None), CONTAINER, ("192.0.2.1", 15443), "a.b", 5)
    return found.outcome, commands


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (0, "", "tls"),
        (7, "Connection refused", "refused"),
        (28, "Connection timed out", "timeout"),
        (35, "error:0A00010B:SSL routines::wrong version number", "plain"),
        (35, "OpenSSL SSL_connect: Connection reset by peer", "closed"),
        (56, "tlsv13 alert certificate required", "tls"),
    ],
)
def test_outcomes(status: int, error: str, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, command = probe(monkeypatch, status, error)
    assert found == outcome
    assert "a.b:15443:192.0.2.1:15443" in command
    assert "https://a.b:15443/" in command


def test_a_container_without_curl(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MeshError, match="curl cannot run"):
        probe(monkeypatch, 127, "not found")
