# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.process import (
    CommandTimedOut,
    Interrupted,
    interruptible,
    run,
)

# Starts a child of its own, says its number, and waits for it
PARENT = ["sh", "-c", "sleep 600 & echo $! >&2; wait"]


def test_outcome() -> None:
    code = (
        "import sys; sys.stdout.write(sys.stdin.read()[::-1]); sys.stderr.write('no'); sys.exit(3)"
    )
    outcome = run([sys.executable, "-c", code], data=b"abc")
    assert (outcome.code, outcome.text, outcome.error) == (3, "cba", "no")


def test_problem_without_errors_is_the_output() -> None:
    assert run([sys.executable, "-c", "print('what')"]).error == "what"


def test_environment() -> None:
    code = "import os; print(os.environ['COLOUR'], 'PATH' in os.environ)"
    outcome = run([sys.executable, "-c", code], environment={"COLOUR": "red"})
    assert outcome.text == "red True\n"


def test_no_such_program() -> None:
    with pytest.raises(MeshError, match="cannot run /no/such: No such file"):
        run(["/no/such"])


def test_timeout_ends_the_children_too() -> None:
    with pytest.raises(CommandTimedOut, match="did not end within 1 s and was stopped") as caught:
        run(PARENT, timeout=1)
    child = Path("/proc", caught.value.output, "stat")
    for _attempt in range(100):
        # it may stay a zombie when nobody buries it
        if not child.exists() or child.read_text(encoding="ascii").rpartition(")")[2].startswith(
            " Z"
        ):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {caught.value.output} still runs")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_become_exceptions(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=f"interrupted by {number.name}"):
        interrupted(number)
    assert signal.getsignal(number) is before


def test_tidying_up_is_not_interrupted() -> None:
    tidied: list[str] = []
    with pytest.raises(Interrupted):
        interrupted(signal.SIGTERM, tidied)
    assert tidied == ["yes"]


@interruptible()
def interrupted(number: signal.Signals, tidied: list[str] | None = None) -> None:
    try:
        os.kill(os.getpid(), number)
        signal.pause()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        (tidied if tidied is not None else []).append("yes")
