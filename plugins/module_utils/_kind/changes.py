# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries changes out, or only notes them in check mode. Private to this collection."""

from __future__ import annotations

import typing as t


class Changes:
    """What was changed, or would be, in words and as a difference."""

    def __init__(self, *, check: bool) -> None:
        self.check = check
        self.actions: list[str] = []
        self._before: dict[str, t.Any] = {}
        self._after: dict[str, t.Any] = {}

    def make(
        self,
        action: str,
        do: t.Callable[[], object],
        *,
        what: str,
        before: t.Any = None,
        after: t.Any = None,
    ) -> None:
        """Does one thing, unless this is check mode, and notes it when it worked."""
        if not self.check:
            do()
        self.actions.append(action)
        self._before[what] = before
        self._after[what] = after

    def result(self) -> dict[str, t.Any]:
        return {
            "changed": bool(self.actions),
            "actions": self.actions,
            "diff": {"before": self._before, "after": self._after},
        }
