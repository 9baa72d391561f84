# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the hosts of a service, and from when to when."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

# what a host does from a moment on: connections are refused, or not answered; answers are errors, or late
REFUSES = "refuses"
SILENT = "silent"
ERRS = "errs"
LATE = "late"


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is wrong with a host for a time, in milliseconds."""

    kind: str
    from_ms: float
    to_ms: float
    # whether connections that there are end with its beginning
    breaks: bool = True
    # of requests, from 0 to 1
    part: float = 1.0
    status: int = 503
    delay_ms: float = 0.0


class Symptoms:
    """The symptoms of hosts by ``address:port``."""

    def __init__(self, symptoms: t.Mapping[str, t.Sequence[Symptom]]) -> None:
        self._symptoms = symptoms
        self.hosts = frozenset(symptoms)

    def at(self, host: str, now: float) -> Symptom | None:
        """Return what is wrong with a host now."""
        for symptom in self._symptoms.get(host, ()):
            if symptom.from_ms <= now < symptom.to_ms:
                return symptom
        return None

    def last_change(self) -> float:
        """Return when the last of them begins; infinity where one ends by itself."""
        known = [each for found in self._symptoms.values() for each in found]
        if any(math.isfinite(each.to_ms) for each in known):
            return math.inf
        return max((each.from_ms for each in known), default=-math.inf)

    def breaks(self, host: str, now: float, end: float) -> float:
        """Return when the host breaks its connections, where it does so until ``end``."""
        moments = (
            each.from_ms
            for each in self._symptoms.get(host, ())
            if each.breaks and each.kind in (REFUSES, SILENT) and now < each.from_ms <= end
        )
        return min(moments, default=math.inf)
