# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which labels the nodes of an adopted cluster get, and which they get back."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    CONTROL_PLANE_ROLE,
)

Json: t.TypeAlias = t.Mapping[str, t.Any]

_ANNOTATION = "eastwest.mesh/labels-{lab}"


@dataclass(frozen=True, slots=True)
class LabelChange:
    """A patch of one node; None removes a label or an annotation."""

    node: str
    labels: dict[str, str | None]
    annotations: dict[str, str | None]


def plan(
    cluster: str, lab: str, nodes: t.Sequence[Json], specs: t.Sequence[Json], *, force: bool
) -> list[LabelChange]:
    """Return the changes that give the nodes their labels, and take back those of earlier runs.

    Raises InvalidInput for a missing node, and for a label that has another value already.
    """
    assigned = _assign(cluster, nodes, specs)
    conflicts: list[str] = []
    changes = []
    for node in nodes:
        labels = _labels(node)
        recorded = _recorded(node, lab)
        desired = assigned.get(_name(node), {})
        for label, value in desired.items():
            if labels.get(label, value) != value and label not in recorded:
                conflicts.append(f"{_name(node)} has {label}={labels[label]}, not {value}")
        change = _change(node, lab, desired, recorded)
        if change:
            changes.append(change)
    if conflicts and not force:
        raise InvalidInput(
            f"nodes: cluster {cluster}: {'; '.join(conflicts)}. Write what the nodes have, or set"
            " force to change it for as long as the lab exists"
        )
    return changes


def undo(lab: str, nodes: t.Sequence[Json]) -> list[LabelChange]:
    """Return the changes that take back the labels of the lab."""
    changes = (_change(node, lab, {}, _recorded(node, lab)) for node in nodes)
    return [change for change in changes if change]


def _change(node: Json, lab: str, desired: Json, recorded: dict[str, Json]) -> LabelChange | None:
    """Return the change from the recorded labels of the lab to the desired ones."""
    labels = _labels(node)
    patch: dict[str, str | None] = {}
    record: dict[str, Json] = {}
    for label, value in desired.items():
        before = recorded[label]["before"] if label in recorded else labels.get(label)
        if label in recorded or before != value:
            record[label] = {"before": before, "set": value}
        if labels.get(label) != value:
            patch[label] = value
    for label, entry in recorded.items():
        # A value that was changed since then stays
        if label not in desired and labels.get(label) == entry["set"]:
            patch[label] = entry["before"]
    text = json.dumps(record, sort_keys=True) if record else None
    key = _ANNOTATION.format(lab=lab)
    if (node["metadata"].get("annotations") or {}).get(key) == text and not patch:
        return None
    return LabelChange(_name(node), patch, {key: text})


def _recorded(node: Json, lab: str) -> dict[str, Json]:
    text = (node["metadata"].get("annotations") or {}).get(_ANNOTATION.format(lab=lab))
    try:
        return dict(json.loads(text)) if text else {}
    except ValueError:
        return {}


def _assign(
    cluster: str, nodes: t.Sequence[Json], specs: t.Sequence[Json]
) -> dict[str, dict[str, str]]:
    """Return the labels that each node is to have.

    A spec without a name takes a node that has its labels, or else one without a zone.
    """
    existing = {_name(node): node for node in nodes}
    workers = [
        name for name, node in sorted(existing.items()) if CONTROL_PLANE_ROLE not in _labels(node)
    ]
    complete = [
        {**node, "name": spec.get("name")}
        for spec, node in zip(specs, named_nodes(specs, cluster), strict=True)
    ]
    result: dict[str, dict[str, str]] = {}
    for spec in sorted(complete, key=lambda each: not each["name"]):
        if not spec["labels"]:
            continue
        free = [name for name in workers if name not in result]
        name = spec["name"] or _choose(existing, free, spec["labels"])
        if name not in existing:
            locality = "/".join(filter(None, (spec["region"], spec["zone"], spec["subzone"])))
            raise InvalidInput(
                f"nodes: cluster {cluster} has no node '{name or locality}';"
                f" it has {', '.join(sorted(existing)) or 'none'}"
            )
        result[name] = spec["labels"]
    return result


def _choose(nodes: t.Mapping[str, Json], free: t.Sequence[str], desired: Json) -> str:
    for name in free:
        if desired.items() <= _labels(nodes[name]).items():
            return name
    return next((name for name in free if not desired.keys() & _labels(nodes[name]).keys()), "")


def _name(node: Json) -> str:
    return str(node["metadata"]["name"])


def _labels(node: Json) -> dict[str, str]:
    return dict(node["metadata"].get("labels") or {})
