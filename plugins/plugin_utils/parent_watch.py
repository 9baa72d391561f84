# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of workers whose ansible-playbook was killed.

A worker sends its result through a pipe, of which it and its siblings have the reading end as well.
So the write never fails when the parent is gone: once the pipe is full, it waits for ever.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
import time

_INTERVAL_S = 1.0


@functools.cache
def end_with_parent() -> None:
    """Send this process SIGTERM once its parent is gone; does nothing in no worker.

    A sample takes back what its events changed before the signal takes its course.
    """
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        return
    # of a process that was forked meanwhile, this thread is no part
    threading.Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_INTERVAL_S)
    while True:
        # again and again: the signal is ignored while a sample takes back what it changed
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_INTERVAL_S)
