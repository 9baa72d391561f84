# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that are interrupted while they have workloads drained."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import types
import typing as t

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption(BaseException):
    """A signal that ends the process."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.strsignal(number))
        self.number = number


@contextlib.contextmanager
def undone_when_interrupted(undo: t.Callable[[], None]) -> t.Iterator[None]:
    """Call ``undo`` when a signal ends the block, or its parent process is gone at the end.

    The signal takes its course afterwards, as if it had come then.
    """
    if threading.current_thread() is not threading.main_thread():
        # only the main thread receives signals
        yield
        return
    parent = os.getppid()
    # under nohup a hangup is ignored, and stays so
    signals = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    handlers = {number: signal.signal(number, _interrupt) for number in signals}
    interruption: Interruption | None = None
    try:
        yield
    except Interruption as exc:
        interruption = exc
    finally:
        # a second signal must not end the undoing
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        try:
            if interruption or os.getppid() != parent:
                undo()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    if interruption:
        os.kill(os.getpid(), interruption.number)
        raise interruption


def _interrupt(number: int, _frame: types.FrameType | None) -> None:
    raise Interruption(number)
