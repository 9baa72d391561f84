# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis as Markdown, for the summary of a CI job or a comment."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis import text
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    Diagnosis,
    FindingGroup,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecast_lines import (
    forecast_lines,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markdown import escaped


def render_markdown(diagnosis: Diagnosis) -> str:
    """Return the document: the sum, the findings, the forecasts, what was read."""
    parts = [
        "## Mesh analysis",
        *(f"**{escaped(each.text)}**" for each in text.conclusion(diagnosis)),
    ]
    parts += [part for group in diagnosis.groups for part in _group(group)]
    if forecasts := forecast_lines(diagnosis):
        text_ = "\n".join(line.text for line in forecasts).strip("\n")
        parts.append(f"```text\n{text_}\n```")
    lines = [line.text for each in diagnosis.clusters for line in text.reading_lines(each)]
    parts.append(
        "\n".join(f"{'  ' * line.startswith(' ')}- {escaped(line.strip())}" for line in lines)
    )
    return "\n\n".join(parts) + "\n"


def _group(group: FindingGroup) -> t.Iterator[str]:
    finding = group.first.finding
    yield f"### {finding.severity} {finding.code}: {escaped(finding.object)}"
    where = [part for part in (finding.field, group.first.place) if part]
    if where:
        yield ", ".join(f"`{part}`" for part in where)
    yield escaped(finding.message)
    if finding.effect:
        yield f"→ {escaped(finding.effect)}"
    if finding.instead:
        yield f"```yaml\n{finding.instead}\n```"
    rest = group.findings[1:]
    if rest:
        items = [f"- {escaped(each.finding.object)} `{each.place}`" for each in rest]
        yield f"The same {text.more_times(len(rest))}:"
        yield "\n".join(items)
    if group.consequences:
        items = [
            f"- {each.finding.code} {escaped(each.finding.object)}" for each in group.consequences
        ]
        yield "Mended with it:"
        yield "\n".join(items)
