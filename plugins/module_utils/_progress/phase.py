# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what the hosts did in a phase of a playbook, and say it in one line."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line

GREEN = "green"
RED = "red"
YELLOW = "yellow"
# more are counted
_MOST_HOSTS = 4
_TIME = 8


@dataclass(slots=True)
class Phase:
    """A task, or the tasks of a role, on all hosts."""

    title: str
    # by the clock that all times are of
    began: float
    # whether a task ran whose success is worth a line
    remarkable: bool = False
    # whether lines of its own say what it did: another is for what they do not say, failures and retries
    told: bool = False
    retries: int = 0
    changed: dict[str, None] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)

    def line(self, now: float, check: bool, patience: float) -> Line | None:
        """Return what happened; None where nothing did that one wants to read.

        In check mode (``check``) changes are those that would be made. Whatever took longer than
        ``patience`` seconds is worth a line.
        """
        took = now - self.began
        if not (self.failed or self.ignored or self.retries):
            worth = self.remarkable or self.changed or took > patience
            if self.told or not worth:
                return None
        return Line(f"{clock(took)}{self._mark()} {self.title}{self._notes(check)}", self._colour())

    def _mark(self) -> str:
        return "✘" if self.failed else "!" if self.ignored else "✔"

    def _colour(self) -> str | None:
        return RED if self.failed else YELLOW if self.ignored else None

    def _notes(self, check: bool) -> str:
        notes = [
            f"{word} {hosts(named)}"
            for word, named in (
                ("would change" if check else "changed", self.changed),
                ("failed on", self.failed),
                ("failure ignored on", self.ignored),
            )
            if named
        ]
        if self.retries:
            notes.append(f"tried again {self.retries} {'time' if self.retries == 1 else 'times'}")
        return f": {'; '.join(notes)}" if notes else ""


def hosts(names: t.Collection[str]) -> str:
    """Return the names, or how many there are."""
    return ", ".join(names) if len(names) <= _MOST_HOSTS else f"{len(names)} hosts"


def clock(seconds: float) -> str:
    """Return how long something took, in a column of its own."""
    if seconds < 600:
        shown = f"{seconds:.1f} s"
    else:
        minutes, rest = divmod(round(seconds), 60)
        shown = f"{minutes}:{rest:02} min"
    return f"{shown:>{_TIME}}  "


# what stands below a line of a phase begins where its title does
INDENT = " " * (_TIME + 4)
