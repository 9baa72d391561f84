# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about the input itself: what cannot be read, and what is there twice."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    InputProblem,
)

# by the kind of problem
INPUT_TYPES: t.Final[t.Mapping[str, FindingType]] = {
    "yaml": FindingType(
        "EW001",
        ERROR,
        "a document is no valid YAML",
        explanation="The document cannot be read, so nothing in it is looked at. The others of the file are.",
        cure="The finding names the line. Templates must be filled in first: `helm template`, `kustomize build`.",
    ),
    "duplicate-key": FindingType(
        "EW002",
        ERROR,
        "a key is there twice",
        explanation=(
            "One of the two values is lost. It happens where files are put together without `---` "
            "between them: a whole rule vanishes then."
        ),
        cure="Write `---` between documents, and each key once.",
    ),
    "object": FindingType(
        "EW003",
        ERROR,
        "an object lacks what makes it one",
        explanation="An object without kind, apiVersion, metadata or name is refused by every API server.",
        cure="Write what the finding names.",
    ),
    "shape": FindingType(
        "EW004",
        ERROR,
        "a value has a type that the API server refuses",
        explanation=(
            "The API server refuses the object, so it is left out. Often YAML reads a word such as "
            "`yes`, `on` or `off`, or a number, where text must be."
        ),
        cure='Quote text that looks like something else: `version: "1.0"`, `enabled: "yes"` in labels.',
    ),
    "repeated": FindingType(
        "EW005",
        WARNING,
        "an object is there twice, with different content",
        explanation="Where both are applied the last one stays. Bases and overlays of Kustomize look like this, too.",
        cure="Keep one, analyse what `kustomize build` prints, or name the clusters that each belongs to.",
    ),
}

_EFFECTS = {
    "yaml": "nothing in this document is looked at, and nothing of it can be applied",
    "duplicate-key": "the document is not looked at; whoever applies it loses one of the values",
    "object": "it is not looked at, and cannot be applied",
    "shape": "it is not looked at, and the API server refuses it",
    "repeated": "where both are applied, the order decides",
}


def input_finding(problem: InputProblem) -> Finding:
    """Return the finding about a problem of the input."""
    return INPUT_TYPES[problem.kind].finding(
        problem.object or "input",
        problem.field,
        message=problem.message,
        effect=_EFFECTS[problem.kind],
        instead=f"# {problem.advice}" if problem.advice else "",
    )
