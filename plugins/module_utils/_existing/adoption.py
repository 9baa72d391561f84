# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopt a cluster that others own into a lab, and release it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    CONTROL_PLANE_ROLE,
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import (
    cleanup,
    node_labels,
    permissions,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

Json: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True, slots=True)
class AdoptionContext:
    """One cluster in one lab."""

    api: KubernetesClient
    lab: str
    # The file that identifies the cluster; None where the lab keeps no files
    record: Path | None
    check: bool
    timeout: int
    actions: list[str] = field(default_factory=list)


def adopt(context: AdoptionContext, node_specs: t.Sequence[Json], *, force: bool) -> Json:
    """Check that the cluster can be used, label its nodes, and return its facts."""
    api = context.api
    version = api.request("ask for the version", "GET", "/version") or {}
    _check_identity(context)
    labelled = any(
        spec.get(key) for spec in node_specs for key in ("region", "zone", "subzone", "labels")
    )
    permissions.check(api, permissions.REQUIRED)
    found = api.find_all("Node")
    changes = node_labels.plan(
        api.name, context.lab, found, node_specs if labelled else [], force=force
    )
    if changes:
        permissions.check(api, permissions.LABEL_NODES)
    _label(context, changes)
    _write_record(context)
    if changes and not context.check:
        found = api.find_all("Node")
    return {
        "version": version.get("gitVersion", ""),
        "api": api.host,
        "nodes": [_node_facts(node) for node in found],
    }


def release(context: AdoptionContext) -> None:
    """Delete what the lab made, and put the nodes' labels back."""
    _check_identity(context)
    items = cleanup.find(context.api, context.lab)
    if context.check:
        context.actions.extend(f"delete {item}" for item in items)
    else:
        gone = cleanup.delete(context.api, items, context.timeout)
        context.actions.extend(f"delete {name}" for name in gone)
    for item in cleanup.foreign_namespaces(context.api, context.lab):
        context.actions.append(f"take back the labels of {item}")
        if not context.check:
            cleanup.release(context.api, item)
    _label(context, node_labels.undo(context.lab, context.api.find_all("Node")))
    if context.record and context.record.exists():
        context.actions.append(f"delete {context.record}")
        if not context.check:
            context.record.unlink()


def _label(context: AdoptionContext, changes: t.Iterable[node_labels.LabelChange]) -> None:
    for change in changes:
        context.actions.append(f"label {change.node}")
        if not context.check:
            metadata = {"labels": change.labels, "annotations": change.annotations}
            body = {"metadata": metadata}
            context.api.patch("Node", "", change.node, body, action="label")


def _check_identity(context: AdoptionContext) -> None:
    """Raise InvalidInput where the context leads to another cluster than the lab was made in."""
    if not context.record or not context.record.exists():
        return
    before = json.loads(context.record.read_text(encoding="utf-8")).get("api")
    now = context.api.host
    if before != now:
        raise InvalidInput(
            f"cluster {context.api.name}: the lab was made in the cluster at {before}, and the context"
            f" now leads to {now}. Put the context right; if that other cluster is gone, delete"
            f" {context.record}"
        )


def _write_record(context: AdoptionContext) -> None:
    if not context.record or context.record.exists():
        return
    context.actions.append(f"write {context.record}")
    if context.check:
        return
    for directory in reversed((context.record.parent, *list(context.record.parents)[1:3])):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"api": context.api.host})
    context.record.write_text(text + "\n", encoding="utf-8")
    context.record.chmod(0o600)


def _node_facts(node: Json) -> Json:
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    locality = Locality(*(labels.get(label, "") for label in LOCALITY_LABELS))
    listed = (node.get("status") or {}).get("addresses") or []
    addresses = [entry["address"] for entry in listed if entry["type"] == "InternalIP"]
    return {
        "name": metadata["name"],
        "role": "control-plane" if CONTROL_PLANE_ROLE in labels else "worker",
        **locality._asdict(),
        "locality": str(locality),
        "address": addresses[0] if addresses else "",
        "addresses": addresses,
    }
