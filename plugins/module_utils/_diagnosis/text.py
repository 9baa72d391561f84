# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis for people, so that the cause is on the first screen."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    INFO,
    SEVERITIES,
    WARNING,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import count
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    ClusterReading,
    Diagnosis,
    FindingGroup,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
    full_forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast import text

_COLOURS = {ERROR: text.RED, WARNING: text.YELLOW, INFO: None}
_MOST_LISTED = 4


def render(diagnosis: Diagnosis, *, full_forecasts: bool = False) -> list[Line]:
    """Return what was read, the findings, the forecasts and the sum, in this order."""
    lines = [line for each in diagnosis.clusters for line in reading_lines(each)]
    for group in diagnosis.groups:
        lines += group_lines(group, with_cluster=len(diagnosis.clusters) > 1)
    if full_forecasts:
        lines += full_forecast_lines(diagnosis)
    else:
        lines += forecast_lines(diagnosis)
    return [*lines, Line(""), *conclusion(diagnosis)]


def reading_lines(reading: ClusterReading) -> list[Line]:
    """Say what was read of a cluster, and what of it was not looked at."""
    number = sum(reading.kinds.values())
    source = f" in {count(reading.files, 'file')}" if reading.files else ""
    found = f": {_listed_kinds(reading.kinds)}" if reading.kinds else ""
    lines = [Line(f"read cluster {reading.name}: {count(number, 'object')}{source}{found}")]
    lines += [Line(f"  unknown: {each}", text.YELLOW) for each in reading.unknown]
    lines += [Line(f"  {each}") for each in reading.notes]
    lines += [Line(f"  not looked at: {each}", colour) for each, colour in _left_out(reading)]
    return lines


def _left_out(reading: ClusterReading) -> t.Iterator[tuple[str, str | None]]:
    for kind, (number, effect) in reading.unmodelled.items():
        yield f"{kind} {number}, which {effect}", text.YELLOW
    for kind, reason in reading.unreadable.items():
        yield f"{kind}, which could not be read: {reason}", text.YELLOW
    if reading.other_kinds:
        number = sum(reading.other_kinds.values())
        yield (
            f"{count(number, 'object')} of other kinds: {_listed_kinds(reading.other_kinds)}",
            None,
        )
    for reason, files in reading.skipped.items():
        yield f"{count(len(files), 'file')} with {reason}: {_listed(files)}", None


def group_lines(group: FindingGroup, *, with_cluster: bool) -> list[Line]:
    """Say the defect, where it is, its effect and its cure."""
    located, finding = group.first, group.first.finding
    where = " ".join(filter(None, (finding.object, finding.field)))
    cluster = f" (cluster {located.cluster})" if with_cluster else ""
    lines = [
        Line(""),
        Line(f"{finding.severity} {finding.code}: {where}{cluster}", _COLOURS[group.severity]),
    ]
    if located.file:
        lines.append(Line(f"  {located.place}"))
    lines.append(Line(f"  {finding.message}"))
    if finding.effect:
        lines.append(Line(f"  → {finding.effect}"))
    # what may well be meant so needs no cure on the screen
    if finding.instead and finding.severity != INFO:
        lines += [Line("  write:"), *(Line(f"    {each}") for each in finding.instead.splitlines())]
    rest = group.findings[1:]
    if rest:
        lines.append(Line(f"  the same {more_times(len(rest))}: {_titles(rest)}"))
    if group.consequences:
        lines.append(Line(f"  mended with it: {_listed(_codes(group.consequences))}"))
    return lines


def more_times(number: int) -> str:
    """``once more``, ``3 more times``."""
    return "once more" if number == 1 else f"{number} more times"


def _titles(findings: t.Iterable[LocatedFinding]) -> str:
    """Where they are; what is not listed is counted by findings, as the sum before it."""
    titles = Counter(
        f"{each.finding.object} ({each.place})" if each.file else each.finding.object
        for each in findings
    )
    parts = [f"{title} {number} times" if number > 1 else title for title, number in titles.items()]
    rest = sum(list(titles.values())[_MOST_LISTED:])
    return f"{', '.join(parts[:_MOST_LISTED])}{f' and {rest} more' if rest else ''}"


def _codes(findings: t.Iterable[LocatedFinding]) -> list[str]:
    return list(dict.fromkeys(f"{each.finding.code} {each.finding.object}" for each in findings))


def conclusion(diagnosis: Diagnosis) -> list[Line]:
    """Return the sum; never an all-clear where nothing was checked, or something is unknown."""
    counts = diagnosis.counts()
    defects = [each for each in diagnosis.groups if each.severity != INFO]
    remarks = f"; {count(counts[INFO], 'remark')}" if counts[INFO] else ""
    if defects:
        parts = [count(counts[each], each) for each in SEVERITIES if counts[each] and each != INFO]
        kinds = count(len(defects), "kind of defect", "kinds of defects")
        return [Line(f"{kinds}: {', '.join(parts)}{remarks}", _COLOURS[defects[0].severity])]
    if not diagnosis.rules():
        return [
            Line(
                f"no defects, and no DestinationRule: nothing here decides about localities but Istio's defaults{remarks}",
                text.YELLOW,
            )
        ]
    reservations = [each.name for each in diagnosis.clusters if each.unknown or each.unreadable]
    if reservations:
        return [
            Line(
                f"no defects, as far as what was given tells; see above what is unknown{remarks}",
                text.YELLOW,
            )
        ]
    if any(each.forecast.lost for each in diagnosis.forecasts):
        return [Line("requests fail, as said above", text.RED)]
    return [Line(f"no defects in {count(diagnosis.rules(), 'rule')}{remarks}", text.GREEN)]


def _listed_kinds(kinds: t.Mapping[str, int]) -> str:
    return _listed([f"{kind} {number}" for kind, number in kinds.items()], 8)


def _listed(names: t.Sequence[str], most: int = _MOST_LISTED) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def failure(diagnosis: Diagnosis, severities: t.Container[str]) -> str:
    """Say in one line why an analysis fails."""
    found = [group.first for group in diagnosis.groups if group.severity in severities]
    named = [f"{each.finding.code} {each.finding.object}" for each in found]
    return f"{count(len(found), 'kind of defect', 'kinds of defects')}: {_listed(named)}"
