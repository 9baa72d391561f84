# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of the input that no cluster would take: findings are about them, forecasts are not."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import object_title
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    CHECKED_KINDS,
    refusals,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.clusters import Clusters
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import (
    Completion,
    complete,
)

# by cluster: the objects, called ``Kind namespace/name``, and why they are refused
Refused: t.TypeAlias = t.Mapping[str, t.Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class CompleteMesh:
    """Clusters with what they lack filled in, in one way or in several."""

    completion: Completion
    topologies: tuple[Topology, ...]


def refused_objects(clusters: Clusters) -> Refused:
    """Find the objects that the API server or Istio's webhook would refuse, and that none has stored."""
    found: dict[str, dict[str, str]] = {}
    for name, content in clusters.items():
        found[name] = {}
        for each in content.objects:
            if each.obj["kind"] in CHECKED_KINDS:
                reasons = refusals(each.obj)
                if reasons:
                    found[name][object_title(*each.key)] = str(reasons[0])
    return found


def complete_mesh(clusters: Clusters, refused: Refused | None = None) -> CompleteMesh:
    """Complete the clusters, without the objects that are refused."""
    objects = {
        name: [
            each.obj
            for each in content.objects
            if not refused or object_title(*each.key) not in refused[name]
        ]
        for name, content in clusters.items()
    }
    facts = {name: content.complete_kinds for name, content in clusters.items()}
    completion = complete(objects, facts)
    return CompleteMesh(completion, tuple(map(Topology, completion.ways)))
