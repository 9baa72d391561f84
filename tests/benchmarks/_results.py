# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark measured, printed beside its goals."""

from __future__ import annotations

import typing as t


class Results:
    """Goals are the most, or for rates the least, that a measurement of that name may be."""

    def __init__(self, goals: t.Mapping[str, float]) -> None:
        self._goals = goals
        self.missed: list[str] = []

    def add(self, name: str, text: str, value: float | None = None, *, least: bool = False) -> None:
        goal = self._goals.get(name) if value is not None else None
        verdict = ""
        if goal is not None and value is not None:
            met = value >= goal if least else value <= goal
            verdict = f"; goal: at {'least' if least else 'most'} {goal:.4g}, {'met' if met else 'MISSED'}"
            if not met:
                self.missed.append(name)
        print(f"{name:<15} {text}{verdict}", flush=True)
