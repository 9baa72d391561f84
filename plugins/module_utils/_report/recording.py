# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep of a sample what a picture of it needs: bins, failures, outages, the forecast."""

from __future__ import annotations

import typing as t

Document: t.TypeAlias = dict[str, t.Any]

_FORECAST = (
    "client",
    "host",
    "port",
    "rule",
    "load_balancer",
    "reasons",
    "priorities",
    "endpoints",
    "failed",
    "risks",
)


def recording(sample: t.Mapping[str, t.Any]) -> Document:
    """Return the parts of a step's document that say what happened when; empty parts are left out."""
    forecast = sample.get("forecast") or {}
    parts: Document = {
        "judged_ms": sample.get("judged_ms"),
        "timeline": _bins(sample),
        "outages": sample.get("outages"),
        "failures": sample.get("failures"),
        "instances": sample.get("counts", {}).get("instance"),
        "forecast": {name: forecast[name] for name in _FORECAST if name in forecast},
    }
    return {name: part for name, part in parts.items() if part}


def versions(
    given: t.Mapping[str, str], steps: t.Sequence[t.Mapping[str, t.Any]]
) -> dict[str, str]:
    """Return the versions by product: those given, and those that the samples saw."""
    found = dict(given)
    for step in steps:
        for product, version in ((step.get("sample") or {}).get("versions") or {}).items():
            known = found.setdefault(product, version)
            if version not in known.split(", "):
                found[product] = f"{known}, {version}"
    return {product: str(version) for product, version in found.items() if version}


def _bins(sample: t.Mapping[str, t.Any]) -> Document:
    """Return the timeline with one list of numbers a name, which is a tenth as long."""
    bins = sample.get("timeline") or []
    if not bins or "bucket_ms" not in sample:
        return {}
    names = sorted({name for each in bins for name in each["counts"]})
    return {
        "bin_ms": sample["bucket_ms"],
        "counts": {name: [each["counts"].get(name, 0) for each in bins] for name in names},
        "requests": [each["requests"] for each in bins],
        "errors": [each["errors"] for each in bins],
        "p50_ms": [each["latency_ms"].get("p50") for each in bins],
        "max_ms": [each["latency_ms"].get("max") for each in bins],
    }
