# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print lines, and below them one that is written over."""

from __future__ import annotations

import io
import os
import sys
import threading
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.phase import INDENT
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.screen import detect

_ERASE = "\r\x1b[K"
# in seconds
_TICK = 0.5


class Terminal:
    """The screen below Ansible's display, of which all that is printed goes through it."""

    def __init__(self, display: t.Any, before: t.Callable[[], None]) -> None:
        """Take the display over; ``before`` is called before anything of others is printed."""
        self.screen = detect(os.environ, terminal_width())
        if terminal_width() is not None:
            # workers have no terminal to ask, and they print tables
            os.environ["COLUMNS"] = str(self.screen.width)
        elif isinstance(sys.stdout, io.TextIOWrapper):
            # a log shall be alive, too
            sys.stdout.reconfigure(line_buffering=True)
        self._original = display.display
        self._before = before
        self._process = os.getpid()
        self._status = ""
        self._stopped = threading.Event()
        display.display = self._display

    def print(self, lines: t.Iterable[Line], *, wrap: bool = True, stderr: bool = False) -> None:
        """Print lines on the screen; the log file has what the default callback prints."""
        for line in lines:
            for text in self._fit(line.text) if wrap else [line.text]:
                self._write(text, color=line.colour, screen_only=True, stderr=stderr)

    def show(self, status: str) -> None:
        """Write a line over the one that was shown before; an empty one erases it."""
        text = self.screen.clip(status)
        if text != self._status and self.screen.cursor:
            self._status = text
            self._put(f"{_ERASE}{text}", newline=False, screen_only=True)

    def watch(self, tick: t.Callable[[], None]) -> None:
        """Call ``tick`` twice a second until the terminal is closed."""

        def run() -> None:
            while not self._stopped.wait(_TICK):
                tick()

        threading.Thread(target=run, name="progress", daemon=True).start()

    def close(self) -> None:
        """End the watch, and erase what was shown."""
        self._stopped.set()
        self.show("")

    def _display(self, msg: str, *args: t.Any, **options: t.Any) -> None:
        """Display what others print."""
        # a worker has a copy of this, and no screen
        if options.get("log_only") or self._process != os.getpid():
            self._original(msg, *args, **options)
            return
        if not options.get("stderr"):
            self._before()
        self._write(msg, *args, **options)

    def _write(self, text: str, *args: t.Any, **options: t.Any) -> None:
        if self._status:
            self._status = ""
            self._put(_ERASE, newline=False, screen_only=True)
        self._put(text, *args, **options)

    def _put(self, text: str, *args: t.Any, **options: t.Any) -> None:
        """Display a text; where nobody reads any more, as behind `head`, the run goes on in silence.

        A run that ended here would leave rules and drained workloads behind. The thread that takes the workers'
        results prints, too, and Ansible waits for ever once it is gone.
        """
        try:
            self._original(text, *args, **options)
        except BrokenPipeError:
            stream = sys.stderr if options.get("stderr") else sys.stdout
            with open(os.devnull, "wb") as nothing:  # noqa: PTH123
                os.dup2(nothing.fileno(), stream.fileno())

    def _fit(self, text: str) -> list[str]:
        start = len(INDENT) if text.startswith(" ") else 0
        return self.screen.fit(text[:start], text[start:])


class LogOnly:
    """Ansible's display for a callback whose lines only the log file gets. Warnings are printed."""

    def __init__(self, display: t.Any) -> None:
        self._display = display

    def display(self, msg: str, *, screen_only: bool = False, **_options: t.Any) -> None:
        """Log a message."""
        if not screen_only:
            self._display.display(msg, log_only=True)

    def banner(self, msg: str, *_args: t.Any, **_options: t.Any) -> None:
        """Log a heading."""
        self.display(f"{msg} {'*' * max(3, 79 - len(msg))}")

    def _error(self, *_args: t.Any, **_options: t.Any) -> None:
        """Print no error of a task: its result is in the log."""

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._display, name)


def terminal_width() -> int | None:
    """Return the width of the terminal that is printed to; None where there is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None
