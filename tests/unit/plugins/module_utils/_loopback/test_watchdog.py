# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a sample is ended because Envoys hang."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    admin,
    processes,
    proxy_faults,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.watchdog import Watchdog

LAB = Path("/lab")
CLIENT, SERVER = LAB / "sleep", LAB / "hello"


class Envoys:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pods = {CLIENT: [1], SERVER: [2]}
        self.stopped: set[int] = set()
        self.silent: set[Path] = set()
        monkeypatch.setattr(processes, "running", lambda _directory: self.pods)
        monkeypatch.setattr(processes, "is_stopped", self.stopped.__contains__)
        monkeypatch.setattr(admin, "is_ready", lambda pod, _timeout: pod not in self.silent)

    def watch(self, *, suspicious: bool) -> tuple[bool, str]:
        """Whether a sample was ended early, and the error about it."""
        stop = threading.Event()
        with Watchdog(LAB, CLIENT, stop) as watchdog:
            ended = stop.wait(0.5)
        try:
            watchdog.check(suspicious=suspicious)
        except LabBroken as exc:
            return ended, str(exc)
        return ended, ""


@pytest.fixture
def envoys(monkeypatch: pytest.MonkeyPatch) -> Envoys:
    return Envoys(monkeypatch)


@pytest.mark.parametrize(
    ("stopped", "silent", "named"),
    [
        ({1}, set(), "sleep run"),
        ({2}, set(), "hello run"),
        ({1, 2}, set(), "hello, sleep run"),
        (set(), {CLIENT}, "sleep run"),
    ],
)
def test_a_sample_ends(envoys: Envoys, stopped: set[int], silent: set[Path], named: str) -> None:
    envoys.stopped |= stopped
    envoys.silent |= silent
    ended, error = envoys.watch(suspicious=False)
    assert ended
    assert error.startswith(
        f"the Envoys of {named}, but do not answer, so the sample proves nothing"
    )


def test_a_silent_server_is_looked_for_after_timeouts(envoys: Envoys) -> None:
    envoys.silent.add(SERVER)
    assert envoys.watch(suspicious=False) == (False, "")
    ended, error = envoys.watch(suspicious=True)
    assert (ended, error.partition(",")[0]) == (False, "the Envoys of hello run")


def test_an_envoy_that_has_ended_does_not_hang(envoys: Envoys) -> None:
    envoys.silent.add(CLIENT)
    del envoys.pods[CLIENT]
    assert envoys.watch(suspicious=True) == (False, "")


def test_envoys_that_answer(envoys: Envoys) -> None:
    assert envoys.watch(suspicious=True) == (False, "")


def test_an_envoy_that_an_event_has_out_of_order(
    envoys: Envoys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_faults, "is_held", SERVER.__eq__)
    envoys.stopped.add(2)
    envoys.silent.add(SERVER)
    assert envoys.watch(suspicious=True) == (False, "")
