# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that were sent, with their outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Record:
    """One request and its outcome."""

    # when the request began, since the profile's origin (by the clock of the profile's maker)
    start_ms: float
    latency_ms: float
    # 0: no complete answer; error says why
    status: int
    # as much of the body as the profile keeps
    body: str = ""
    error: str = ""
    # which of the client's connections carried it; numbers are not used twice
    connection: int = 0

    @property
    def failed(self) -> bool:
        """Whether the client got no good answer."""
        return self.status == 0 or self.status >= 400

    @property
    def end_ms(self) -> float:
        """When the answer was complete, or the request given up."""
        return self.start_ms + self.latency_ms
