# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the pods that may answer run. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        KubernetesObject,
    )

LOCALITY = "locality"
CLUSTER = "cluster"


def places(clusters: t.Iterable[Cluster]) -> dict[str, dict[str, str]]:
    """Locality and cluster of every pod, by the pod's name."""
    result: dict[str, dict[str, str]] = {}
    ambiguous: set[str] = set()
    for cluster in clusters:
        localities = {node["metadata"]["name"]: locality(node) for node in cluster.objects("Node")}
        for pod in cluster.objects("Pod"):
            place = {CLUSTER: cluster.name}
            if found := localities.get(pod.get("spec", {}).get("nodeName", "")):
                place[LOCALITY] = found
            name = pod["metadata"]["name"]
            if result.setdefault(name, place) != place:
                ambiguous.add(name)
    # a name that two pods bear says nothing; its answers count as not recognised
    return {name: place for name, place in result.items() if name not in ambiguous}


def locality(node: KubernetesObject) -> str:
    """``region/zone/subzone`` from a node's labels, as far as they go."""
    labels = node["metadata"].get("labels") or {}
    return "/".join(labels.get(label, "") for label in LOCALITY_LABELS).rstrip("/")
