# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings about clusters of which a part may be unknown."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import (
    FINDING_TYPES,
    check,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import (
    CureTrial,
    FindingKey,
    TriedFinding,
    finding_key,
    with_cure,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    INFO,
    Finding,
    object_title,
    split_title,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.neighbourhood import (
    concerned_services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.refused import CompleteMesh
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    refusals,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import Completion

_UNKNOWN = "how much depends on what was not given"
_ONCE_ACCEPTED = "once it is accepted"


def tried_findings(
    accepted: CompleteMesh, whole: CompleteMesh, local: str, refused: t.Container[str] = ()
) -> list[TriedFinding]:
    """Return what is found about one cluster in every way of completing it, cures tried.

    Objects that were not given are not blamed: they stand for unknown ones. Those that are
    ``refused`` are looked at as if they were there; all others are looked at without them, in the
    ``accepted`` part of the ``whole``.
    """
    found = _findings(accepted, local)
    if whole is accepted:
        return _trial(accepted, local, found).trials()
    full = _findings(whole, local)
    own = [
        _with_condition(each)
        for each in _trial(whole, local, full).trials(lambda each: each.object in refused)
    ]
    rest = [each for each in found if each.object not in refused]
    new = {finding_key(each) for each in rest} - {finding_key(each) for each in full}
    return [*_brought_on(whole, local, own, new), *_trial(accepted, local, rest).trials()]


def _with_condition(tried: TriedFinding) -> TriedFinding:
    """Say of what a refused object would do that it does not do it yet."""
    finding = tried.finding
    if FINDING_TYPES[finding.code].refusal or not finding.effect:
        return tried
    return replace(tried, finding=replace(finding, effect=f"{_ONCE_ACCEPTED}: {finding.effect}"))


def _brought_on(
    whole: CompleteMesh,
    local: str,
    own: t.Sequence[TriedFinding],
    new: t.Collection[FindingKey],
) -> list[TriedFinding]:
    """Count what is found only without refused objects to what the cures of these remove.

    That is where the cure is all that an object needs to be accepted; any other finding stays one of
    its own.
    """
    if not new:
        return [*own]
    context = AnalysisContext(whole.topologies[0], local, imagine=False)

    def hosts_of(title: str) -> set[str]:
        return {each.host for each in concerned_services(context, title)}

    found = []
    for each in own:
        hosts = hosts_of(each.finding.object)
        if hosts and _is_accepted(whole.topologies[0].objects[local], each.finding):
            brought = {key for key in new if hosts & hosts_of(key[1])}
            found.append(replace(each, removes=each.removes | brought))
        else:
            found.append(each)
    return found


def _is_accepted(objects: t.Sequence[KubernetesObject], finding: Finding) -> bool:
    """Is the object of a refusal accepted with the cure of the finding?"""
    if not FINDING_TYPES[finding.code].refusal:
        return False
    cured = with_cure(objects, finding) or ()
    return any(
        not refusals(each)
        for each in cured
        if object_title(each["kind"], namespace_of(each), name_of(each)) == finding.object
    )


def _findings(mesh: CompleteMesh, local: str) -> list[Finding]:
    """What is found in every way of completing the mesh, and what is said of it in all of them."""
    completion = mesh.completion
    ways = [_given(completion, local, _check(topology, local)) for topology in mesh.topologies]
    first = ways[0]
    for other in ways[1:]:
        first = _agreed(first, other)
    if completion.unknown.get(local):
        # what may well be meant depends most on what is not known
        first = [each for each in first if each.severity != INFO]
    return first


def _trial(mesh: CompleteMesh, local: str, found: t.Sequence[Finding]) -> CureTrial:
    return CureTrial(mesh.topologies[0], local, found, lambda changed: _check(changed, local))


def _check(topology: Topology, local: str) -> list[Finding]:
    return check(topology, local, imagine=False)


def _given(completion: Completion, local: str, found: t.Iterable[Finding]) -> list[Finding]:
    titles = {name: {object_title(*key) for key in keys} for name, keys in completion.given.items()}

    def is_given(finding: Finding) -> bool:
        title, cluster = split_title(finding.object, local)
        return title in titles.get(cluster, ())

    return [each for each in found if is_given(each)]


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
