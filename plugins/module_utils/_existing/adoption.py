# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a cluster that others own into a lab, and out of it again. Private to this collection."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import (
    cleanup,
    node_labels,
    permissions,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.labels import (
    LOCALITY_LABELS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import Locality
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Resources

Json: t.TypeAlias = dict[str, t.Any]

_NODES = "/api/v1/nodes"


@dataclass(frozen=True, slots=True)
class RunContext:
    """One cluster in one lab."""

    api: Api
    lab: str
    # what the lab remembers of the cluster; none when the lab keeps no files
    record: Path | None
    check: bool
    timeout: int
    actions: list[str] = field(default_factory=list)


def adopt(job: RunContext, wishes: t.Sequence[Json], *, force: bool) -> Json:
    """Checks that the cluster can be used, and labels its nodes."""
    api = job.api
    version = api.request("ask for the version", "GET", "/version") or {}
    _check_same(job)
    labelled = any(
        wish.get(key) for wish in wishes for key in ("region", "zone", "subzone", "labels")
    )
    permissions.check(api, permissions.ALWAYS)
    found = api.find_all("Node")
    changes = node_labels.plan(api.name, job.lab, found, wishes if labelled else [], force=force)
    if changes:
        permissions.check(api, permissions.TO_LABEL)
    _make(job, changes)
    _remember(job)
    if changes and not job.check:
        found = api.find_all("Node")
    return {
        "version": version.get("gitVersion", ""),
        "api": api.host,
        "nodes": [_facts(node) for node in found],
    }


def release(job: RunContext) -> None:
    """Removes all that the lab made, and puts the nodes' labels back."""
    _check_same(job)
    resources = Resources(job.api)
    items = cleanup.find(resources, job.lab)
    if job.check:
        job.actions.extend(f"delete {item}" for item in items)
    else:
        gone = cleanup.delete(resources, items, job.timeout)
        job.actions.extend(f"delete {name}" for name in gone)
    for item in cleanup.foreign_namespaces(resources, job.lab):
        job.actions.append(f"take back the labels of {item}")
        if not job.check:
            cleanup.release(job.api, item)
    _make(job, node_labels.undo(job.lab, job.api.find_all("Node")))
    if job.record and job.record.exists():
        job.actions.append(f"delete {job.record}")
        if not job.check:
            job.record.unlink()


def _make(job: RunContext, changes: t.Iterable[node_labels.Change]) -> None:
    for change in changes:
        job.actions.append(f"label {change.node}")
        if not job.check:
            job.api.request(
                f"label Node {change.node}",
                "PATCH",
                f"{_NODES}/{change.node}",
                body={"metadata": {"labels": change.labels, "annotations": change.annotations}},
                query={"fieldManager": "eastwest.mesh-lab"},
                content_type="application/merge-patch+json",
            )


def _check_same(job: RunContext) -> None:
    """Refuses to work on another cluster than the one that the lab was made in."""
    if not job.record or not job.record.exists():
        return
    before = json.loads(job.record.read_text(encoding="utf-8")).get("api")
    now = job.api.host
    if before != now:
        raise InvalidInput(
            f"cluster {job.api.name}: the lab was made in the cluster at {before}, and the context"
            f" now leads to {now}. Put the context right; if that other cluster is gone, delete"
            f" {job.record}"
        )


def _remember(job: RunContext) -> None:
    if not job.record or job.record.exists():
        return
    job.actions.append(f"write {job.record}")
    if job.check:
        return
    for directory in reversed((job.record.parent, *list(job.record.parents)[1:3])):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"api": job.api.host})
    job.record.write_text(text + "\n", encoding="utf-8")
    job.record.chmod(0o600)


def _facts(node: Json) -> Json:
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    locality = Locality(*(labels.get(label, "") for label in LOCALITY_LABELS))
    listed = (node.get("status") or {}).get("addresses") or []
    addresses = [entry["address"] for entry in listed if entry["type"] == "InternalIP"]
    return {
        "name": metadata["name"],
        "role": "control-plane" if node_labels.CONTROL_PLANE in labels else "worker",
        **locality._asdict(),
        "locality": str(locality),
        "address": addresses[0] if addresses else "",
        "addresses": addresses,
    }
