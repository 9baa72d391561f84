# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis from its options to its answer."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.cure_trial import TriedFinding
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_all
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    ClusterReading,
    Diagnosis,
    LocatedFinding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.findings import (
    tried_findings,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.forecasts import (
    ForecastSelection,
    check_hosts,
    forecasts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.groups import group
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.input_findings import (
    input_finding,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.not_considered import (
    NotConsideredFinder,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.positions import Positions
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.refused import (
    complete_mesh,
    refused_objects,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources import kinds
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.clusters import (
    Clusters,
    read_contexts,
    read_sources,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import (
    Completion,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    SourceContent,
)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """What to read, and what to forecast."""

    # a path, a list of paths, or a mapping of cluster names to either
    source: t.Any = None
    contexts: t.Any = None
    kubeconfig: str | None = None
    # of live clusters; all by default
    namespaces: tuple[str, ...] = ()
    forecast: ForecastSelection = field(default_factory=ForecastSelection)


def analyze(options: AnalysisOptions) -> Diagnosis:
    """Read the input and say what is wrong in it.

    Raise MeshError where there is no input, or nothing in it that an analysis could be about, and for
    a service to forecast for that is not in it.
    """
    clusters = _read(options)
    _check_content(clusters)
    refused = refused_objects(clusters)
    whole = complete_mesh(clusters)
    accepted = complete_mesh(clusters, refused) if any(refused.values()) else whole
    check_hosts(whole.topologies[0], options.forecast.hosts)
    positions = Positions(clusters)
    tried = [*_input_findings(clusters, positions)]
    for name in clusters:
        tried += [
            (positions.located(each.finding, name), each)
            for each in tried_findings(accepted, whole, name, refused[name])
        ]
    groups = group(tried)
    left_out = NotConsideredFinder(clusters, refused)
    computed, more = forecasts(accepted, whole, groups, options.forecast, left_out)
    readings = [_reading(name, clusters[name], whole.completion) for name in clusters]
    return Diagnosis(tuple(readings), groups, tuple(computed), more)


def _read(options: AnalysisOptions) -> Clusters:
    source, contexts = _value(options.source), _value(options.contexts)
    if source in (None, "", [], {}) and contexts in (None, "", []):
        raise InvalidInput(
            "source: missing; name a file or a directory with manifests or a dump (-e source=DIR), "
            "or contexts of live clusters (-e contexts='[east, west]')"
        )
    found: Clusters = {}
    if source not in (None, "", [], {}):
        found.update(read_sources(source))
    if contexts not in (None, "", []):
        names = [contexts] if isinstance(contexts, str) else contexts
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise InvalidInput("contexts: it must be a list of the names of contexts")
        found.update(read_contexts(names, options.kubeconfig, options.namespaces))
    return found


def _value(given: t.Any) -> t.Any:
    """Read a list or a mapping that the command line gives as text."""
    if isinstance(given, str) and given.strip()[:1] in ("[", "{"):
        documents = load_all(given, "source or contexts")
        return documents[0] if documents else None
    return given


def _check_content(clusters: Clusters) -> None:
    """Refuse input that an analysis can say nothing about."""
    if any(content.objects or content.problems for content in clusters.values()):
        return
    other = sum((content.other_kinds for content in clusters.values()), Counter[str]())
    skipped = [
        f"{len(places)} with {reason}"
        for each in clusters.values()
        for reason, places in each.skipped.items()
    ]
    files = sum(content.files for content in clusters.values())
    kinds_ = ", ".join(f"{kind} {number}" for kind, number in other.most_common(5))
    raise InvalidInput(
        f"source: none of {files} file{'s' if files != 1 else ''} has an object of a mesh (Service, "
        f"DestinationRule, Pod …); there are: {kinds_ or ', '.join(skipped) or 'no objects'}"
    )


def _input_findings(
    clusters: Clusters, positions: Positions
) -> t.Iterator[tuple[LocatedFinding, TriedFinding]]:
    for name, content in clusters.items():
        for problem in content.problems:
            finding = input_finding(problem)
            yield positions.located_problem(problem, finding, name), TriedFinding(finding)


def _reading(name: str, content: SourceContent, completion: Completion) -> ClusterReading:
    found = Counter(each.obj["kind"] for each in content.objects)
    unmodelled = {
        kind: (number, kinds.UNMODELLED[kind])
        for kind, number in (found + content.other_kinds).items()
        if kind in kinds.UNMODELLED
    }
    return ClusterReading(
        name=name,
        kinds=dict(found.most_common()),
        files=content.files,
        notes=tuple(completion.notes.get(name, ())),
        unknown=tuple(completion.unknown.get(name, ())),
        unmodelled=unmodelled,
        other_kinds={
            kind: number
            for kind, number in content.other_kinds.most_common()
            if kind not in unmodelled
        },
        skipped=content.skipped,
        unreadable=content.unreadable,
    )
