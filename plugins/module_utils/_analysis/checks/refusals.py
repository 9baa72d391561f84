# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for values that the API server or istiod's webhook refuses."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checks import admission
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
    FindingType,
    object_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    CHECKED_KINDS,
    is_stored,
    violations,
)

REFUSED_VALUE = FindingType(
    "EW512",
    ERROR,
    "a value is refused",
    explanation=(
        "The API server, or istiod's webhook, refuses the object. What was there before stays in "
        "force, or nothing."
    ),
    cure="The finding says what would be right.",
    refusal=True,
)
# what has findings of its own, with what it would do
_ELSEWHERE = {*admission.CODES, "empty"}


def refused_values(context: AnalysisContext) -> t.Iterator[Finding]:
    """Values of objects beside the locality settings of rules."""
    for kind in sorted(CHECKED_KINDS):
        for obj in context.local.objects(kind):
            yield from _of_object(kind, obj)


CHECKS = (refused_values,)


def _of_object(kind: str, obj: KubernetesObject) -> t.Iterator[Finding]:
    for violation in violations(obj):
        elsewhere = kind == "DestinationRule" and violation.code in _ELSEWHERE
        if violation.warning or elsewhere:
            continue
        yield REFUSED_VALUE.finding(
            object_title(kind, namespace_of(obj), name_of(obj)),
            violation.field,
            message=violation.message,
            effect=(
                "this cluster has it all the same, and it applies; the next change of it is refused"
                if is_stored(obj)
                else "it is not applied; what was there before stays in force"
            ),
            instead=snippets.remark(violation.advice),
        )
