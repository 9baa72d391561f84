# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the file and the line that a finding is about."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import field_steps
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    Finding,
    object_title,
    split_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_chunks import chunks
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import line_of
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.files import read_text
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    InputProblem,
    SourceContent,
    SourceObject,
)


class Positions:
    """Looks positions up; each document is read again where a finding is about it."""

    def __init__(self, clusters: t.Mapping[str, SourceContent]) -> None:
        self._objects = {
            name: {object_title(*each.key): each for each in content.objects}
            for name, content in clusters.items()
        }
        self._documents: dict[str, dict[int, str]] = {}

    def located(self, finding: Finding, cluster: str) -> LocatedFinding:
        """Return the finding with its place, or without one where its object is in no file."""
        title, own = split_title(finding.object, cluster)
        found = self._objects.get(own, {}).get(title)
        if found is None or not found.line:
            return LocatedFinding(finding, cluster, found.file if found else "")
        return LocatedFinding(finding, cluster, found.file, self._line(found, finding.field))

    def located_problem(
        self, problem: InputProblem, finding: Finding, cluster: str
    ) -> LocatedFinding:
        line = problem.line
        if problem.document:
            steps = (*problem.steps, *field_steps(problem.field))
            line = self._line_of(problem.file, problem.document, steps, line)
        return LocatedFinding(finding, cluster, problem.file, line)

    def _line(self, found: SourceObject, field: str) -> int:
        steps = (*found.steps, *field_steps(field))
        return self._line_of(found.file, found.document, steps, found.line)

    def _line_of(self, file: str, document: int, steps: t.Sequence[str | int], line: int) -> int:
        text = self._document(file, document)
        try:
            return max(line_of(text, steps, document), line) if text and steps else line
        except InvalidInput:
            return line

    def _document(self, file: str, line: int) -> str:
        if file not in self._documents:
            try:
                text = read_text(Path(file))
            except InvalidInput:
                text = ""
            is_json = text.lstrip()[:1] in ("{", "[")
            self._documents[file] = (
                {1: text} if is_json else {each.line: each.text for each in chunks(text)}
            )
        return self._documents[file].get(line, "")
