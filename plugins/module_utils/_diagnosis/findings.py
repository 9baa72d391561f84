# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings about clusters of which a part may be unknown."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import (
    CureTrial,
    FindingKey,
    TriedFinding,
    finding_key,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    Finding,
    object_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import Completion

_UNKNOWN = "how much depends on what was not given"


def tried_findings(
    completion: Completion, topologies: t.Sequence[Topology], local: str
) -> list[TriedFinding]:
    """Return what is found about one cluster in every way of completing it, cures tried.

    Objects that were not given are not blamed: they stand for unknown ones.
    """
    incomplete = bool(completion.unknown.get(local))
    ways = [_given(completion, local, _check(topology, local)) for topology in topologies]
    first = ways[0]
    for other in ways[1:]:
        first = _agreed(first, other)
    if incomplete:
        # what may well be meant depends most on what is not known
        first = [each for each in first if each.severity != INFO]
    trial = CureTrial(topologies[0], local, first, lambda changed: _check(changed, local))
    return trial.trials()


def _check(topology: Topology, local: str) -> list[Finding]:
    return check(topology, local, imagine=False)


def _given(completion: Completion, local: str, found: t.Iterable[Finding]) -> list[Finding]:
    titles = {object_title(*key) for key in completion.given[local]}
    return [each for each in found if each.object in titles]


def _agreed(first: t.Sequence[Finding], second: t.Sequence[Finding]) -> list[Finding]:
    """The findings of both, with what both say of them."""
    others: dict[FindingKey, list[Finding]] = {}
    for each in second:
        others.setdefault(finding_key(each), []).append(each)
    found = []
    for each in first:
        same = [
            other for other in others.get(finding_key(each), ()) if other.message == each.message
        ]
        if not same:
            continue
        agreed = each
        if all(other.effect != each.effect for other in same):
            agreed = replace(agreed, effect=_UNKNOWN)
        if all(other.instead != each.instead for other in same):
            agreed = replace(agreed, instead=snippets.remark(f"look at {each.field}; {_UNKNOWN}"))
        found.append(agreed)
    return found
