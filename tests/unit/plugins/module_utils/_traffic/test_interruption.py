# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.interruption import (
    undone_when_interrupted,
)

SCRIPT = """
import signal, sys, time
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.interruption import (
    undone_when_interrupted,
)

signal.signal(signal.SIGHUP, getattr(signal, sys.argv[2]))

def undo():
    time.sleep(0.2)
    print("undone", file=sys.stderr, flush=True)

with undone_when_interrupted(undo):
    print("drained", flush=True)
    time.sleep(float(sys.argv[1]))
print("passed", file=sys.stderr, flush=True)
"""
# ends as soon as its child has something drained
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], "0.5", "SIG_DFL"], stdout=subprocess.PIPE)
child.stdout.readline()
os._exit(0)
"""


@contextlib.contextmanager
def running(seconds, hangup="SIG_DFL"):
    command = [sys.executable, "-c", SCRIPT, str(seconds), hangup]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout.readline() == "drained\n"
        yield process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_undoes_and_takes_its_course(number):
    with running(60) as process:
        process.send_signal(number)
        assert process.stdout.read() == "undone\n"
        assert process.wait() == -number


def test_a_hangup_that_is_ignored_stays_so():
    with running(0.5, hangup="SIG_IGN") as process:
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read() == "passed\n"
        assert process.wait() == 0


def test_a_second_signal_does_not_end_the_undoing():
    with running(60) as process:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read() == "undone\n"


def test_an_undisturbed_block_is_left_alone():
    with running(0) as process:
        assert process.stdout.read() == "passed\n"
        assert process.wait() == 0


def test_a_parent_that_is_gone_is_an_interruption():
    done = subprocess.run(
        [sys.executable, "-c", PARENT, SCRIPT], stderr=subprocess.PIPE, text=True, check=True
    )
    # the reading ends when the orphan has closed its output
    assert done.stderr == "undone\npassed\n"


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with undone_when_interrupted(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
