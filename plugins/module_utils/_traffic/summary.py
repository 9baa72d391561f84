# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts, shares and times of a sample's responses."""

from __future__ import annotations

import collections
import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import Response

Counts: t.TypeAlias = dict[str, int]
PERCENTILES = (50, 90, 95, 99)


def count_by(responses: t.Iterable[Response], key: str) -> Counts:
    """Count the answers by each value of ``key``; answers without the name are left out."""
    counter = collections.Counter(
        response.names[key]
        for response in responses
        if not response.failed and key in response.names
    )
    return dict(sorted(counter.items()))


def shares(counts: t.Mapping[str, int]) -> dict[str, float]:
    """Return the counts as parts of their sum."""
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def summarise(responses: t.Sequence[Response]) -> dict[str, t.Any]:
    """Return the whole sample in numbers."""
    records = [response.record for response in responses]
    counts = {key: count_by(responses, key) for key in _keys(responses)}
    began = min((record.start_ms for record in records), default=0.0)
    duration_ms = max((record.end_ms for record in records), default=0.0) - began
    return {
        "requests": len(records),
        "errors": sum(record.failed for record in records),
        "unidentified": sum(response.unidentified for response in responses),
        "status": _tally(str(record.status) for record in records if record.status),
        "connection_errors": _tally(record.error for record in records if not record.status),
        "connections": len({record.connection for record in records if record.connection}),
        "counts": counts,
        "shares": {key: shares(values) for key, values in counts.items()},
        "latency_ms": latency(record.latency_ms for record in records if record.status),
        "duration_s": round(duration_ms / 1000, 3),
        "requests_per_second": round(len(records) * 1000 / duration_ms, 1) if duration_ms else 0.0,
    }


def latency(values: t.Iterable[float]) -> dict[str, float]:
    """Return percentiles by nearest rank: each is a time that some request really took."""
    ordered = sorted(values)
    if not ordered:
        return {}
    result = {"min": ordered[0], "mean": sum(ordered) / len(ordered)}
    for percent in PERCENTILES:
        result[f"p{percent}"] = ordered[math.ceil(len(ordered) * percent / 100) - 1]
    result["max"] = ordered[-1]
    return {name: round(value, 3) for name, value in result.items()}


def timeline(responses: t.Iterable[Response], bucket_ms: float, key: str) -> list[dict[str, t.Any]]:
    """Return requests by the bucket they began in, from the sample's start; empty buckets included."""
    buckets: dict[int, list[Response]] = collections.defaultdict(list)
    for response in responses:
        buckets[int(response.record.start_ms // bucket_ms)].append(response)
    return [
        {
            "at_ms": round(number * bucket_ms, 3),
            "requests": len(buckets[number]),
            "errors": sum(response.failed for response in buckets[number]),
            "counts": count_by(buckets[number], key),
            "latency_ms": _median_and_max(buckets[number]),
        }
        for number in range(max(buckets, default=-1) + 1)
    ]


def _median_and_max(responses: t.Iterable[Response]) -> dict[str, float]:
    found = latency(each.record.latency_ms for each in responses if each.record.status)
    return {name: found[name] for name in ("p50", "max") if name in found}


def _keys(responses: t.Iterable[Response]) -> list[str]:
    return sorted({key for response in responses for key in response.names})


def _tally(values: t.Iterable[str]) -> Counts:
    return dict(sorted(collections.Counter(values).items()))
