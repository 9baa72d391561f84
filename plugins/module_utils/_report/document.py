# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proof's outcome as plain data; docs/report.md describes it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._report.recording import (
    recording,
    versions,
)

SCHEMA = 1
PASSED = "passed"
FAILED = "failed"

Document: t.TypeAlias = dict[str, t.Any]
# of a judgement, what says how the verdict came about
_JUDGED = (
    "by",
    "method",
    "model",
    "tolerance",
    "significance",
    "statistic",
    "degrees_of_freedom",
    "p_value",
    "distinct",
    "max_errors",
)
_LATENCIES = ("p50", "p95", "p99", "max")


@dataclass(frozen=True, slots=True)
class Header:
    """What the report is about."""

    scenario: str
    provider: str
    # ISO 8601, with the time zone
    started: str
    # the lab's name, if it has one
    lab: str = ""
    # of the collection and whatever else it ran with, by product
    versions: t.Mapping[str, str] = field(default_factory=dict)


def build(header: Header, steps: t.Sequence[t.Mapping[str, t.Any]], now: datetime) -> Document:
    """The report; each step has ``name``, ``sample`` (what the sample returned), ``expect`` and ``findings``."""
    try:
        duration = (now - datetime.fromisoformat(header.started)).total_seconds()
    except (TypeError, ValueError) as exc:
        raise InvalidInput(
            f"started: {header.started!r} must be a time with its zone, "
            "such as 2026-01-31T12:00:00+00:00"
        ) from exc
    documents = list(map(step_document, steps))
    failed = not documents or any(step["verdict"] == FAILED for step in documents)
    return {
        "schema": SCHEMA,
        "scenario": header.scenario,
        "provider": header.provider,
        **({"lab": header.lab} if header.lab else {}),
        "versions": versions(header.versions, steps),
        "verdict": FAILED if failed else PASSED,
        "started": header.started,
        "duration_s": round(duration, 3),
        "steps": documents,
    }


def step_document(step: t.Mapping[str, t.Any]) -> Document:
    """The part of the report that one step has; as in ``build``."""
    sample = step.get("sample") or {}
    judgement = sample.get("judgement") or {}
    failed = _failed(sample)
    document: Document = {
        "name": step["name"],
        "requests": sample.get("requests", 0),
        "errors": sample.get("errors", 0),
        "expected": judgement.get("expected", _proportions(step.get("expect") or {})),
        "observed": judgement.get("observed", sample.get("shares", {}).get("version", {})),
        "verdict": FAILED if failed else PASSED,
        "reasons": _reasons(sample, judgement) if failed else [],
        "expectation": judgement.get("expectation", ""),
        "because": judgement.get("because", []),
        "judged": {name: judgement[name] for name in _JUDGED if name in judgement},
        "latency_ms": {
            name: value
            for name, value in sample.get("latency_ms", {}).items()
            if name in _LATENCIES
        },
        "requests_per_second": sample.get("requests_per_second", 0.0),
        "connections": sample.get("connections", 0),
        "status": sample.get("status", {}),
        "unidentified": sample.get("unidentified", 0),
    }
    for name in ("served_by", "failover_ms", "before", "transition"):
        if sample.get(name) is not None:
            document[name] = sample[name]
    if sample.get("events"):
        document["events"] = sample["events"]
    if step.get("findings"):
        document["findings"] = step["findings"]
    return document | recording(sample)


def _failed(sample: t.Mapping[str, t.Any]) -> bool:
    judgement = sample.get("judgement")
    # a sample that was never taken, or judged no request, proves nothing
    if sample.get("failed") or not sample.get("requests"):
        return True
    if judgement:
        return not judgement["passed"]
    return bool(sample["errors"] or sample["unidentified"])


def _reasons(sample: t.Mapping[str, t.Any], judgement: t.Mapping[str, t.Any]) -> list[str]:
    if judgement.get("reasons"):
        return list(judgement["reasons"])
    if sample.get("requests") == 0 and not sample.get("failed"):
        return ["no request was judged, which proves nothing"]
    if "requests" in sample and not sample.get("failed"):
        return [
            f"{sample['errors']} requests failed and {sample['unidentified']} answers were not "
            "identified"
        ]
    return [str(sample.get("msg") or "no sample was taken")]


def _proportions(shares: t.Mapping[str, t.Any]) -> dict[str, float]:
    try:
        numbers = {str(name): float(share) for name, share in shares.items()}
    except (TypeError, ValueError):
        # the sample has refused it and said why
        return {}
    total = sum(numbers.values())
    return {name: number / total for name, number in numbers.items()} if total else {}
