# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as SARIF 2.1.0, which code hosts show at the lines of files."""

from __future__ import annotations

import typing as t
from pathlib import PurePath
from urllib.parse import quote

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import FINDING_TYPES
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    WARNING,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    Diagnosis,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.input_findings import (
    INPUT_TYPES,
)

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {ERROR: "error", WARNING: "warning", INFO: "note"}


def render_sarif(diagnosis: Diagnosis) -> dict[str, t.Any]:
    """Return the log with one run; findings without a file have a logical location only."""
    found = diagnosis.findings
    codes = sorted({each.finding.code for each in found})
    types = {**FINDING_TYPES, **{each.code: each for each in INPUT_TYPES.values()}}
    driver = {
        "name": "eastwest.mesh",
        "rules": [_rule(types[code]) for code in codes],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, codes) for each in found],
            }
        ],
    }


def _rule(kind: FindingType) -> dict[str, t.Any]:
    return {
        "id": kind.code,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.explanation},
        "help": {"text": kind.cure},
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
    }


def _result(located: LocatedFinding, codes: t.Sequence[str]) -> dict[str, t.Any]:
    finding = located.finding
    parts = [finding.message, finding.effect]
    if finding.instead:
        parts.append(f"Write:\n{finding.instead}")
    location: dict[str, t.Any] = {
        "logicalLocations": [
            {"fullyQualifiedName": " ".join(filter(None, (finding.object, finding.field)))}
        ]
    }
    if located.line:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(located.file)},
            "region": {"startLine": located.line},
        }
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(filter(None, parts))},
        "locations": [location],
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
