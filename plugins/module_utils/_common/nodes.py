# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes as an inventory lists them, completed and checked."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    LOCALITY_LABELS,
)

ROLES = ("worker", "control-plane")

Node: t.TypeAlias = dict[str, t.Any]


def named_nodes(
    nodes: t.Sequence[t.Mapping[str, t.Any]], cluster: str, option: str = "cluster_nodes"
) -> list[Node]:
    """Return the nodes with every field set; names count up per role, as kind does it:
    ``east-worker``, ``east-worker2``. ``labels`` includes region, zone and subzone.
    """
    counts: dict[str, int] = {}
    result: list[Node] = []
    for node in nodes:
        role = str(node.get("role") or "worker")
        if role not in ROLES:
            raise InvalidInput(f"{option} of {cluster}: role is '{role}'; {_one_of(ROLES)}")
        counts[role] = counts.get(role, 0) + 1
        suffix = str(counts[role]) if counts[role] > 1 else ""
        result.append(_complete(node, role, str(node.get("name") or f"{cluster}-{role}{suffix}")))
    names = [node["name"] for node in result]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"{option} of {cluster}: {', '.join(twice)} is listed twice")
    return result


def zones(nodes: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the distinct ``region/zone`` of the nodes that have a zone, in their order."""
    pairs = (f"{node.get('region') or ''}/{node['zone']}" for node in nodes if node.get("zone"))
    return list(dict.fromkeys(pairs))


def shared_zones(
    clusters: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]],
) -> dict[str, list[str]]:
    """Return the ``region/zone`` that more than one cluster has, with those clusters' names."""
    owners: dict[str, list[str]] = {}
    for cluster, nodes in clusters.items():
        for zone in zones(nodes):
            owners.setdefault(zone, []).append(cluster)
    return {zone: names for zone, names in owners.items() if len(names) > 1}


def _complete(node: t.Mapping[str, t.Any], role: str, name: str) -> Node:
    topology = {key: str(node.get(key) or "") for key in ("region", "zone", "subzone")}
    labels = dict(zip(LOCALITY_LABELS, topology.values(), strict=True))
    own = {str(key): str(value) for key, value in (node.get("labels") or {}).items()}
    return {
        "name": name,
        "role": role,
        **topology,
        "labels": {key: value for key, value in labels.items() if value} | own,
    }


def _one_of(choices: t.Sequence[str]) -> str:
    return f"choose {' or '.join(choices)}"
