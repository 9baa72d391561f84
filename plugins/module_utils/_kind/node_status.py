# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the state of a cluster's nodes from its API."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)


@dataclass(frozen=True, slots=True)
class ApiNode:
    """A node as the API server reports it."""

    name: str
    labels: dict[str, str]
    addresses: tuple[str, ...]
    ready: bool
    reason: str
    heartbeat: datetime.datetime | None


def read_nodes(client: KubernetesClient) -> dict[str, ApiNode]:
    """Return the nodes by their names."""
    return {node["metadata"]["name"]: _parse(node) for node in client.find_all("Node")}


def unready(nodes: t.Mapping[str, ApiNode], containers: t.Sequence[Container]) -> list[str]:
    """Return the problem of each container that is not a ready node."""
    problems = []
    for container in containers:
        node = nodes.get(container.name)
        if node is None:
            problems.append(f"{container.name} has not joined")
        elif container.address not in node.addresses:
            problems.append(
                f"{container.name} has the address {container.address}, the API has "
                f"{', '.join(node.addresses)}"
            )
        elif not node.ready:
            problems.append(f"{container.name} is not ready: {node.reason}")
        elif container.started and node.heartbeat and node.heartbeat < container.started:
            problems.append(f"{container.name} was started and has not reported yet")
    return problems


def _parse(node: t.Mapping[str, t.Any]) -> ApiNode:
    status = node.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or []}
    ready = conditions.get("Ready") or {}
    heartbeat = ready.get("lastHeartbeatTime")
    return ApiNode(
        name=node["metadata"]["name"],
        labels=dict(node["metadata"].get("labels") or {}),
        addresses=tuple(
            item["address"]
            for item in status.get("addresses") or []
            if item["type"] == "InternalIP"
        ),
        ready=ready.get("status") == "True",
        reason=str(ready.get("message") or "it has not reported"),
        heartbeat=datetime.datetime.fromisoformat(heartbeat) if heartbeat else None,
    )
