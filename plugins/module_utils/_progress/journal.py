# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a playbook's run: a line for each phase, what goes on now, and the first reason of a failure."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.phase import (
    INDENT,
    RED,
    YELLOW,
    Phase,
    clock,
    hosts,
)

# in seconds: where lines cannot be written over, a wait is mentioned this often, then every last of them
_MENTIONED = (10.0, 30.0, 60.0)


class Outcome(enum.Enum):
    """What became of a task on a host."""

    OK = "ok"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Step:
    """A task as it is told: on its own, or as a part of a phase with others."""

    # the same for all tasks of a phase
    phase: str
    phase_title: str
    title: str


class Journal:
    """What was told of a run, and what is to be told next.

    Times are seconds of any clock that does not go back.
    """

    def __init__(self, patience: float, *, check: bool = False) -> None:
        self._patience = patience
        self._check = check
        self._heading = ""
        self._step: Step | None = None
        self._phase: Phase | None = None
        self._began = 0.0
        self._waiting: dict[str, None] = {}
        self._tries = ""
        self._mentioned = 0
        self._reasons: dict[tuple[str, ...], str] = {}

    def begin_play(self, title: str, now: float) -> list[Line]:
        """Close what went on; the title is told with the first line of the play."""
        lines = self.close(now)
        self._heading = title
        return lines

    def begin_step(self, step: Step, now: float) -> list[Line]:
        """Close the phase before, unless the step belongs to it."""
        if self._phase is not None and self._step is not None and self._step.phase == step.phase:
            lines = []
        else:
            lines = self.close(now)
            self._phase = Phase(step.phase_title, now)
        self._step, self._began = step, now
        self._waiting, self._tries, self._mentioned, self._reasons = {}, "", 0, {}
        return lines

    def wait_for(self, host: str) -> None:
        """Note that the step began on a host."""
        self._waiting[host] = None

    def record(self, host: str, outcome: Outcome, *, remarkable: bool = True) -> None:
        """Note what became of the step; a success that is not ``remarkable`` is worth no line."""
        self._waiting.pop(host, None)
        phase = self._phase
        if phase is None or outcome is Outcome.SKIPPED:
            return
        phase.remarkable = phase.remarkable or remarkable
        named = {
            Outcome.CHANGED: phase.changed,
            Outcome.FAILED: phase.failed,
            Outcome.IGNORED: phase.ignored,
        }.get(outcome)
        if named is not None:
            named[host] = None

    def leave_to_task(self, host: str) -> list[Line]:
        """Note that the step told its result itself, be it a failure; return what is left to tell."""
        self._waiting.pop(host, None)
        return self.tell((), instead=True)

    def retry(self, host: str, attempt: int, attempts: int) -> None:
        """Note that a host tries the step again."""
        self._tries = f", try {attempt} of {attempts} failed on {host}"
        if self._phase is not None:
            self._phase.retries += 1

    def tell(self, lines: t.Sequence[Line], *, instead: bool = False) -> list[Line]:
        """Return lines below the heading; ``instead`` of the line of the phase where it only succeeds."""
        if self._phase is not None and instead:
            self._phase.told = True
        return [*self._with_heading(), *lines]

    def fail(
        self, host: str, reason: t.Sequence[str], title: str, path: str, *, ignored: bool
    ) -> list[Line]:
        """Return the reason of a failure, the task and where it is; the same reason is told once."""
        colour, mark = (YELLOW, "!") if ignored else (RED, "✘")
        key = (title, *reason)
        if earlier := self._reasons.get(key):
            return self.tell([Line(f"{INDENT[2:]}{mark} {host}: the same as {earlier}", colour)])
        self._reasons[key] = host
        first, *rest = reason
        lines = [Line(f"{INDENT[2:]}{mark} {host}: {first}", colour)]
        lines += [Line(f"{INDENT}{line}", colour) for line in rest]
        lines.append(Line(f"{INDENT}task: {title}{', ignored' if ignored else ''}"))
        if path:
            lines.append(Line(f"{INDENT}file: {path}"))
        return self.tell(lines)

    def single(self, host: str, title: str, outcome: Outcome) -> list[Line]:
        """Return a line for one host: where hosts do not wait for each other there are no phases."""
        if outcome is Outcome.SKIPPED:
            return []
        word = "would change" if self._check else "changed"
        note = f", {word}" if outcome is Outcome.CHANGED else ""
        return self.tell([Line(f"{' ' * len(clock(0))}✔ {host}: {title}{note}")])

    def close(self, now: float) -> list[Line]:
        """Return the line of the phase that ends, if it has something to say."""
        phase, self._phase, self._step = self._phase, None, None
        line = phase.line(now, self._check, self._patience) if phase else None
        return [*self._with_heading(), line] if line else []

    def status(self, now: float) -> str:
        """Return what goes on, where one has to wait for it; empty otherwise."""
        took = now - self._began
        if self._step is None or not self._waiting or took < self._patience:
            return ""
        return f"{took:6.0f} s  … {self._going_on()}"

    def mention(self, now: float) -> list[Line]:
        """Return what goes on as a line, from time to time."""
        took = now - self._began
        if self._step is None or not self._waiting or took < self._next_mention():
            return []
        self._mentioned += 1
        return self.tell([Line(f"{clock(took)}… {self._going_on()}")])

    def _next_mention(self) -> float:
        past = self._mentioned - len(_MENTIONED) + 1
        return _MENTIONED[self._mentioned] if past <= 0 else _MENTIONED[-1] * (1 + past)

    def _going_on(self) -> str:
        title = self._step.title if self._step else ""
        return f"{title}: {hosts(self._waiting)}{self._tries}"

    def _with_heading(self) -> list[Line]:
        heading, self._heading = self._heading, ""
        return [Line(heading)] if heading else []
