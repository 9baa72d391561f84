# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement of workloads on the nodes that an inventory lists."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes, zones
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import REGION, ZONE

Mapping: t.TypeAlias = t.Mapping[str, t.Any]


def node_selector(workload: Mapping) -> dict[str, str]:
    """Returns the labels that a node must have to run the workload."""
    selector = {REGION: workload.get("region"), ZONE: workload.get("zone")}
    selector |= workload.get("node_selector") or {}
    return {key: str(value) for key, value in selector.items() if value}


def unplaced_workloads(
    workloads: t.Sequence[Mapping], nodes: t.Sequence[Mapping], cluster: str
) -> list[str]:
    """Describes the workloads whose node selector fits no worker of the cluster.

    A cluster whose nodes the inventory does not list cannot be judged.
    """
    workers = [node for node in named_nodes(nodes, cluster) if node["role"] == "worker"]
    if not workers:
        return []
    return [
        _describe(workload, selector, workers, cluster)
        for workload in workloads
        if not any(
            (selector := node_selector(workload)).items() <= node["labels"].items()
            for node in workers
        )
    ]


def _describe(
    workload: Mapping, selector: dict[str, str], workers: t.Sequence[Mapping], cluster: str
) -> str:
    criterion = "labelled " + ", ".join(f"{key}={value}" for key, value in selector.items())
    if not workload.get("node_selector"):
        place = "/".join(str(workload[key]) for key in ("region", "zone") if workload.get(key))
        criterion = f"in zone '{place}'" if workload.get("zone") else f"in region '{place}'"
    there = ", ".join(zones(workers)) or "none"
    name = f"{workload.get('namespace')}/{workload.get('name')}"
    return f"workload {name}: no node of cluster {cluster} is {criterion}; its zones: {there}"
