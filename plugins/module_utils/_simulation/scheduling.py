# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign pods to nodes, as the Kubernetes scheduler does."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    matches_labels,
    name_of,
    spec_of,
)


class Scheduler:
    """Count the pods of each node and choose the node with the fewest."""

    def __init__(self, nodes: t.Sequence[KubernetesObject], cluster: str) -> None:
        self._nodes = nodes
        self._cluster = cluster
        self._names = {name_of(node) for node in nodes}
        self._load: dict[str, int] = dict.fromkeys(self._names, 0)

    def has_node(self, node: str) -> bool:
        return node in self._names

    def count(self, node: str) -> None:
        """Count a pod that stays on its node."""
        self._load[node] = self._load.get(node, 0) + 1

    def schedule(
        self, pod_spec: t.Mapping[str, t.Any], label: str, replicas: t.Mapping[str, int]
    ) -> str:
        """Return the node for one more pod; ``replicas`` counts its workload's pods by node.

        Raise InvalidInput, beginning with ``label``, when no node fits.
        """
        node_name = pod_spec.get("nodeName")
        if node_name:
            if node_name not in self._names:
                raise InvalidInput(
                    f"{label}: nodeName {node_name} is no node of cluster {self._cluster}; "
                    f"its nodes: {self._node_names()}"
                )
            chosen = str(node_name)
        else:
            candidates = self._candidates(pod_spec, label)
            chosen = min(candidates, key=lambda name: (replicas.get(name, 0), self._load[name]))
        self.count(chosen)
        return chosen

    def _candidates(self, pod_spec: t.Mapping[str, t.Any], label: str) -> list[str]:
        selector = pod_spec.get("nodeSelector") or {}
        matching = [node for node in self._nodes if matches_labels(selector, labels_of(node))]
        if not matching and selector:
            selected = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
            raise InvalidInput(
                f"{label}: no node of cluster {self._cluster} has the labels {selected} of its "
                f"nodeSelector; {self._label_values(selector)}"
            )
        tolerations = pod_spec.get("tolerations") or ()
        schedulable = [node for node in matching if _accepts(node, tolerations)]
        if not schedulable:
            raise InvalidInput(
                f"{label}: no node of cluster {self._cluster} takes its pods "
                f"(nodes that fit but are tainted or closed: "
                f"{', '.join(name_of(node) for node in matching) or 'none'}; "
                f"all nodes: {self._node_names()})"
            )
        return [name_of(node) for node in schedulable]

    def _label_values(self, selector: t.Mapping[str, str]) -> str:
        """Describe the nodes' values of the labels in a selector."""
        parts = []
        for key in sorted(selector):
            values = sorted(
                {str(labels_of(node)[key]) for node in self._nodes if key in labels_of(node)}
            )
            parts.append(f"{key} is {', '.join(values)}" if values else f"no node has {key}")
        return f"on its nodes {self._node_names()}: {'; '.join(parts)}"

    def _node_names(self) -> str:
        return ", ".join(name_of(node) for node in self._nodes) or "none"


def _accepts(node: KubernetesObject, tolerations: t.Iterable[t.Mapping[str, t.Any]]) -> bool:
    if spec_of(node).get("unschedulable"):
        return False
    return all(
        taint.get("effect") == "PreferNoSchedule"
        or any(_tolerates(toleration, taint) for toleration in tolerations)
        for taint in spec_of(node).get("taints") or ()
    )


def _tolerates(toleration: t.Mapping[str, t.Any], taint: t.Mapping[str, t.Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    exists: bool = toleration.get("operator", "Equal") == "Exists"
    if not toleration.get("key"):
        return exists
    if toleration["key"] != taint.get("key"):
        return False
    return exists or (toleration.get("value") or "") == (taint.get("value") or "")
