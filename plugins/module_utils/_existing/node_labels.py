# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels on the nodes of a cluster that others own: set, remembered, taken back.

Private to this collection.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes

Json: t.TypeAlias = t.Mapping[str, t.Any]

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_NOTE = "eastwest.mesh/labels-{lab}"


@dataclass(frozen=True, slots=True)
class Change:
    """What to patch into one node; None removes a label or an annotation."""

    node: str
    labels: dict[str, str | None]
    annotations: dict[str, str | None]


def plan(
    cluster: str, lab: str, nodes: t.Sequence[Json], wishes: t.Sequence[Json], *, force: bool
) -> list[Change]:
    """The changes that give the nodes their labels, and take back those of earlier wishes.

    Raises InvalidInput for a node that is missing, and for a label that somebody else has set.
    """
    wanted = _assign(cluster, nodes, wishes)
    conflicts: list[str] = []
    changes = []
    for node in nodes:
        labels = _labels(node)
        remembered = _remembered(node, lab)
        wish = wanted.get(_name(node), {})
        for label, value in wish.items():
            if labels.get(label, value) != value and label not in remembered:
                conflicts.append(f"{_name(node)} has {label}={labels[label]}, not {value}")
        change = _change(node, lab, wish, remembered)
        if change:
            changes.append(change)
    if conflicts and not force:
        raise InvalidInput(
            f"nodes: cluster {cluster}: {'; '.join(conflicts)}. Write what the nodes have, or set"
            " force to change it for as long as the lab exists"
        )
    return changes


def undo(lab: str, nodes: t.Sequence[Json]) -> list[Change]:
    """The changes that take back all labels of the lab."""
    changes = (_change(node, lab, {}, _remembered(node, lab)) for node in nodes)
    return [change for change in changes if change]


def _change(node: Json, lab: str, wish: Json, remembered: dict[str, Json]) -> Change | None:
    """From the labels that the lab set before to those of the wish."""
    labels = _labels(node)
    patch: dict[str, str | None] = {}
    notes: dict[str, Json] = {}
    for label, value in wish.items():
        before = remembered[label]["before"] if label in remembered else labels.get(label)
        if label in remembered or before != value:
            notes[label] = {"before": before, "set": value}
        if labels.get(label) != value:
            patch[label] = value
    for label, noted in remembered.items():
        # what somebody changed since then is theirs
        if label not in wish and labels.get(label) == noted["set"]:
            patch[label] = noted["before"]
    note = json.dumps(notes, sort_keys=True) if notes else None
    key = _NOTE.format(lab=lab)
    if (node["metadata"].get("annotations") or {}).get(key) == note and not patch:
        return None
    return Change(_name(node), patch, {key: note})


def _remembered(node: Json, lab: str) -> dict[str, Json]:
    text = (node["metadata"].get("annotations") or {}).get(_NOTE.format(lab=lab))
    try:
        return dict(json.loads(text)) if text else {}
    except ValueError:
        return {}


def _assign(
    cluster: str, nodes: t.Sequence[Json], wishes: t.Sequence[Json]
) -> dict[str, dict[str, str]]:
    """Which node gets which labels.

    A wish without a name means a node that has its labels, or else one that has no zone yet.
    """
    there_are = {_name(node): node for node in nodes}
    free = [name for name, node in sorted(there_are.items()) if CONTROL_PLANE not in _labels(node)]
    complete = [
        {**node, "name": wish.get("name")}
        for wish, node in zip(wishes, named_nodes(wishes, cluster), strict=True)
    ]
    result: dict[str, dict[str, str]] = {}
    for node in sorted(complete, key=lambda wish: not wish["name"]):
        if not node["labels"]:
            continue
        name = node["name"] or _choose(there_are, [n for n in free if n not in result], node)
        if name not in there_are:
            raise InvalidInput(
                f"nodes: cluster {cluster} has no node '{name or _shown(node)}';"
                f" it has {', '.join(sorted(there_are)) or 'none'}"
            )
        result[name] = node["labels"]
    return result


def _choose(nodes: t.Mapping[str, Json], free: t.Sequence[str], wish: Json) -> str:
    def missing(name: str) -> list[str]:
        labels = _labels(nodes[name])
        return [label for label, value in wish["labels"].items() if labels.get(label) != value]

    for name in free:
        if not missing(name):
            return name
    for name in free:
        labels = _labels(nodes[name])
        if not any(label in labels for label in wish["labels"]):
            return name
    return ""


def _shown(wish: Json) -> str:
    return "/".join(part for part in (wish["region"], wish["zone"], wish["subzone"]) if part)


def _name(node: Json) -> str:
    return str(node["metadata"]["name"])


def _labels(node: Json) -> dict[str, str]:
    return dict(node["metadata"].get("labels") or {})
