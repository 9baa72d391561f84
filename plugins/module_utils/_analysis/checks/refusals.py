# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for values that the API server or istiod's webhook refuses."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    ERROR,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    violations,
)

REFUSED_VALUE = FindingType(
    "EW512",
    ERROR,
    "a value is refused",
    explanation=(
        "The API server, or istiod's webhook, refuses the rule. What was there before stays in "
        "force, or nothing."
    ),
    cure="The finding says what would be right.",
)
# settings that have findings of their own, with what they would do
_ELSEWHERE = ("localityLbSetting", "zoneAwareLbSetting", "loadBalancer")


def refused_values(context: AnalysisContext) -> t.Iterator[Finding]:
    """Values of rules beside their locality settings."""
    for rule in context.rules:
        for violation in violations(rule.obj):
            if violation.warning or any(part in violation.field for part in _ELSEWHERE):
                continue
            yield REFUSED_VALUE.finding(
                rule.title,
                violation.field,
                message=violation.message,
                effect="the rule is not applied; one that was there before stays in force",
                instead=snippets.remark(violation.advice),
            )


CHECKS = (refused_values,)
