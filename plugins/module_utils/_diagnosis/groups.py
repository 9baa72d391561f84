# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of one defect together: a user with three defects reads three."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import (
    FindingKey,
    TriedFinding,
    finding_key,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    SEVERITIES,
    Finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    FindingGroup,
    LocatedFinding,
)

_OF_INPUT = "EW0"
_INDEX = re.compile(r'\[(?:\d+|"[^"]*")\]')
# what names objects, hosts, places and numbers in a message: words in quotes, with digits, dots or slashes, and what
# follows the kind of an object
_NAME = re.compile(
    r"""'[^']*'|"[^"]*"|\b(?:namespace|[A-Z]\w+|subset|listener|port) [\w./*~-]+|[\w*-]*[\d./*][\w./*:~-]*"""
)
_LISTED = re.compile(r"…(?:(?:, | and | or )…)+")

Tried: t.TypeAlias = tuple[LocatedFinding, TriedFinding]
Defect: t.TypeAlias = tuple[str, str, str, str]


def group(tried: t.Sequence[Tried]) -> tuple[FindingGroup, ...]:
    """Group findings by defect, the gravest first.

    A finding that the cure of another one removes is its consequence. The same defect in several
    objects, or in several clusters, is one group.
    """
    parents = _parents(tried)
    groups: dict[Defect, list[LocatedFinding]] = {}
    consequences: dict[Defect, list[LocatedFinding]] = {}
    for located, _trial in tried:
        key = (located.cluster, finding_key(located.finding))
        parent = parents.get(key)
        if parent is None:
            groups.setdefault(_defect(located.finding), []).append(located)
        else:
            consequences.setdefault(parent, []).append(located)
    found = [
        FindingGroup(tuple(members), tuple(consequences.get(defect, ())))
        for defect, members in groups.items()
    ]
    return tuple(sorted(found, key=_rank))


def _defect(finding: Finding) -> Defect:
    """Return what findings have in common that are one defect: code, kind, field and message.

    The messages of rules count without the names in them; those of the input, of which each has its
    own cure, count as they are.
    """
    message = finding.message
    if not finding.code.startswith(_OF_INPUT):
        message = _LISTED.sub("…", _NAME.sub("…", message))
    kind = finding.object.partition(" ")[0]
    return finding.code, kind, _INDEX.sub("[]", finding.field), message


def _rank(each: FindingGroup) -> tuple[int, bool, int, str]:
    """The gravest first: by severity, input before rules, then what most findings go back to."""
    code = each.first.finding.code
    grave = SEVERITIES.index(each.severity)
    return grave, not code.startswith(_OF_INPUT), -len(each.consequences), code


def _parents(tried: t.Sequence[Tried]) -> dict[tuple[str, FindingKey], Defect]:
    """For each consequence, the defect whose cure removes it."""
    found: dict[tuple[str, FindingKey], Defect] = {}
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    causes = sorted(
        (each for each in tried if each[1].removes),
        key=lambda each: (rank[each[0].finding.severity], -len(each[1].removes)),
    )
    severities = {
        (located.cluster, finding_key(located.finding)): rank[located.finding.severity]
        for located, _trial in tried
    }
    heads: set[tuple[str, FindingKey]] = set()
    for located, trial in causes:
        own = (located.cluster, finding_key(located.finding))
        if own in found:
            continue
        heads.add(own)
        for removed in trial.removes:
            key = (located.cluster, removed)
            same_code = removed[0] == located.finding.code
            # what is graver than its cause is worth a headline of its own
            is_graver = severities.get(key, -1) < severities[own]
            if not (is_graver or same_code or key in heads):
                found.setdefault(key, _defect(located.finding))
    return found
