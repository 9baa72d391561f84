# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark measured, printed beside its goals and beside the run before this one."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

KEPT = Path(__file__).resolve().parents[2] / "build" / "benchmarks"


class Results:
    """The measurements of a benchmark; ``finish`` keeps them for the next run.

    Goals are the most, or for rates the least, that a measurement of that name may be.
    """

    def __init__(self, benchmark: str, goals: t.Mapping[str, float], kept: Path = KEPT) -> None:
        self._path = kept / f"{benchmark}.json"
        self._goals = goals
        self._before = self._last_run()
        self._values: dict[str, float] = {}
        self.missed: list[str] = []

    def add(self, name: str, text: str, value: float | None = None, *, least: bool = False) -> None:
        """Print a measurement; one with a value is held against its goal and the last run's."""
        notes = []
        if value is not None:
            self._values[name] = value
            if before := self._before.get(name):
                notes.append(f"{value / before:.2f} of the last run's")
        goal = self._goals.get(name)
        if goal is not None and value is not None:
            met = value >= goal if least else value <= goal
            notes.append(
                f"goal: at {'least' if least else 'most'} {goal:.4g}, {'met' if met else 'MISSED'}"
            )
            if not met:
                self.missed.append(name)
        print("; ".join([f"{name:<15} {text}", *notes]), flush=True)

    def finish(self) -> int:
        """Keep the values, and return the status to exit with: 1 where a goal is missed."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**self._before, **self._values}, indent=2)
        self._path.write_text(f"{text}\n", encoding="utf-8")
        return int(bool(self.missed))

    def _last_run(self) -> dict[str, float]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {name: float(value) for name, value in found.items()}
