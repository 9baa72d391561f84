# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outages of a sample, and the time that requests took together."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

MOST_OUTAGES = 20


def outages(answers: t.Iterable[Response]) -> list[dict[str, t.Any]]:
    """Return the longest runs of failures without an answer between them, in their order.

    An outage lasts from the beginning of its first failed request to the next good answer, or to
    the last failure where none came. A single failure is none.
    """
    ended = sorted(answers, key=lambda answer: answer.record.end_ms)
    found: list[dict[str, t.Any]] = []
    began: list[float] = []
    for failed, run in itertools.groupby(ended, key=lambda answer: answer.failed):
        records = [answer.record for answer in run]
        if failed:
            began = [record.start_ms for record in records]
            if len(began) > 1:
                found.append(_outage(min(began), records[-1].end_ms, len(began)))
        elif len(began) > 1:
            found[-1] = _outage(min(began), records[0].end_ms, len(began))
    longest = sorted(found, key=lambda each: each["from_ms"] - each["to_ms"])[:MOST_OUTAGES]
    return sorted(longest, key=lambda each: each["from_ms"])


def span(answers: t.Sequence[Response]) -> list[float]:
    """Return the first beginning and the last end of these requests; empty where there are none."""
    if not answers:
        return []
    began = min(answer.record.start_ms for answer in answers)
    return [round(began, 3), round(max(answer.record.end_ms for answer in answers), 3)]


def _outage(began: float, ended: float, failed: int) -> dict[str, t.Any]:
    return {"from_ms": round(began, 3), "to_ms": round(ended, 3), "failed": failed}
