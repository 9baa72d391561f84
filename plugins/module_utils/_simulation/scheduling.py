# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses nodes for pods, as the Kubernetes scheduler would. Private to this collection."""

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
    """Counts pods by node and picks the node that has the fewest."""

    def __init__(self, nodes: t.Sequence[KubernetesObject], cluster: str) -> None:
        self._nodes = nodes
        self._cluster = cluster
        self._names = {name_of(node) for node in nodes}
        self._load: dict[str, int] = dict.fromkeys(self._names, 0)

    def knows(self, node: str) -> bool:
        return node in self._names

    def add(self, node: str) -> None:
        """Counts a pod that stays where it is."""
        self._load[node] = self._load.get(node, 0) + 1

    def place(
        self, pod_spec: t.Mapping[str, t.Any], what: str, replicas: t.Mapping[str, int]
    ) -> str:
        """The node for one more pod of ``what``; ``replicas`` counts its pods by node.

        Raises InvalidInput when no node will do.
        """
        fixed = pod_spec.get("nodeName")
        if fixed:
            if fixed not in self._names:
                raise InvalidInput(
                    f"{what}: nodeName {fixed} is no node of cluster {self._cluster}; "
                    f"its nodes: {self._listed()}"
                )
            chosen = str(fixed)
        else:
            candidates = self._candidates(pod_spec, what)
            chosen = min(candidates, key=lambda name: (replicas.get(name, 0), self._load[name]))
        self.add(chosen)
        return chosen

    def _candidates(self, pod_spec: t.Mapping[str, t.Any], what: str) -> list[str]:
        selector = pod_spec.get("nodeSelector") or {}
        labelled = [node for node in self._nodes if matches_labels(selector, labels_of(node))]
        if not labelled and selector:
            wanted = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
            raise InvalidInput(
                f"{what}: no node of cluster {self._cluster} has the labels {wanted} of its "
                f"nodeSelector; {self._values(selector)}"
            )
        tolerations = pod_spec.get("tolerations") or ()
        usable = [node for node in labelled if _accepts(node, tolerations)]
        if not usable:
            raise InvalidInput(
                f"{what}: no node of cluster {self._cluster} takes its pods "
                f"(nodes that fit but are tainted or closed: "
                f"{', '.join(name_of(node) for node in labelled) or 'none'}; "
                f"all nodes: {self._listed()})"
            )
        return [name_of(node) for node in usable]

    def _values(self, selector: t.Mapping[str, str]) -> str:
        """Which values the nodes have for the labels asked for."""
        parts = []
        for key in sorted(selector):
            values = sorted(
                {labels_of(node)[key] for node in self._nodes if key in labels_of(node)}
            )
            parts.append(f"{key} is {', '.join(values)}" if values else f"no node has {key}")
        return f"on its nodes {self._listed()}: {'; '.join(parts)}"

    def _listed(self) -> str:
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
