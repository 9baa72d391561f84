# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locality and cluster of pods, by which the answers of a sample are told apart."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    labels_of,
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    pod_locality,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import Cluster

LOCALITY = "locality"
CLUSTER = "cluster"


def pod_localities(clusters: t.Iterable[Cluster]) -> dict[str, dict[str, str]]:
    """Return locality and cluster of every pod, by the pod's name."""
    found: dict[str, dict[str, str]] = {}
    ambiguous: set[str] = set()
    for cluster in clusters:
        nodes = {name_of(node): labels_of(node) for node in cluster.objects("Node")}
        for pod in cluster.objects("Pod"):
            labels = {CLUSTER: cluster.name}
            node = nodes.get(spec_of(pod).get("nodeName") or "")
            if locality := pod_locality(labels_of(pod), node).rstrip("/"):
                labels[LOCALITY] = locality
            if found.setdefault(name_of(pod), labels) != labels:
                ambiguous.add(name_of(pod))
    # a name that two pods bear identifies neither; their answers count as unidentified
    return {name: labels for name, labels in found.items() if name not in ambiguous}
