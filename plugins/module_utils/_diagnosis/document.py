# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as plain data, which docs/analysis.schema.json describes."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    ClusterReading,
    Diagnosis,
    ForecastResult,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast import document as forecasts

Document: t.TypeAlias = dict[str, t.Any]


def as_dict(diagnosis: Diagnosis) -> Document:
    """Return everything about an analysis, findings in the order of their groups."""
    found: list[Document] = []
    for group in diagnosis.groups:
        found += [_finding(each, "") for each in group.findings]
        found += [_finding(each, group.first.finding.code) for each in group.consequences]
    return {
        "clusters": [_reading(each) for each in diagnosis.clusters],
        "findings": found,
        "counts": diagnosis.counts(),
        "forecasts": [_forecast(each) for each in diagnosis.forecasts],
    }


def _forecast(result: ForecastResult) -> Document:
    return {
        **forecasts.as_dict(result.forecast),
        "not_considered": [asdict(each) for each in result.not_considered],
    }


def _finding(located: LocatedFinding, mended_with: str) -> Document:
    return {
        **located.finding.as_dict(),
        "cluster": located.cluster,
        "file": located.file,
        "line": located.line,
        "mended_with": mended_with,
    }


def _reading(reading: ClusterReading) -> Document:
    return {
        "name": reading.name,
        "files": reading.files,
        "objects": dict(reading.kinds),
        "unknown": list(reading.unknown),
        "assumed": list(reading.notes),
        "not_modelled": {kind: number for kind, (number, _effect) in reading.unmodelled.items()},
        "other_objects": dict(reading.other_kinds),
        "skipped_files": {reason: list(files) for reason, files in reading.skipped.items()},
        "unreadable": dict(reading.unreadable),
    }
