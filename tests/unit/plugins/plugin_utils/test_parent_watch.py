# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from ansible_collections.eastwest.mesh.plugins.plugin_utils.parent_watch import end_with_parent

# A parent with a queue as Ansible's, and a worker with it; the parent is killed alone
PARENT = """
import multiprocessing, os, signal, sys, time
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.interruption import (
    undone_when_interrupted,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.parent_watch import end_with_parent

context = multiprocessing.get_context("fork")
queue = context.SimpleQueue()

def undo():
    time.sleep(1.5)
    print("undone", flush=True)

def send_much():
    queue.put("much" * 1_000_000)

def sample_long():
    with undone_when_interrupted(undo):
        time.sleep(300)

def sample_short():
    with undone_when_interrupted(undo):
        time.sleep(0.5)
    send_much()

def work():
    os.setsid()
    end_with_parent()
    globals()[sys.argv[1]]()

context.Process(target=work).start()
time.sleep(0.3)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("work", "printed"),
    [("send_much", ""), ("sample_long", "undone\n"), ("sample_short", "undone\n")],
)
def test_a_worker_ends_with_its_parent_and_takes_back_what_it_changed(work, printed):
    # the reading ends when the worker has ended
    done = subprocess.run(
        [sys.executable, "-c", PARENT, work],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stdout == printed


def test_a_process_that_is_no_worker_is_left_alone():
    before = threading.active_count()
    end_with_parent()
    assert threading.active_count() == before
