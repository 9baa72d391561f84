# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a cluster's API about its nodes. Private to this collection."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.containers import Container

TIMEOUT = 5


class ApiDown(MeshError):
    """The API does not answer, or not yet as it should."""


@dataclass(frozen=True, slots=True)
class ApiNode:
    """A node as the API server knows it."""

    name: str
    labels: dict[str, str]
    addresses: tuple[str, ...]
    ready: bool
    reason: str
    heartbeat: datetime.datetime | None


class Api:
    """The few calls that this collection needs. One object talks to one cluster."""

    def __init__(self, kubeconfig: t.Mapping[str, t.Any], context: str) -> None:
        try:
            import kubernetes.client
            import kubernetes.config
        except ImportError as exc:
            raise MeshError(
                "the Python package kubernetes is missing: pip install kubernetes"
            ) from exc
        try:
            make_client: t.Callable[..., t.Any] = kubernetes.config.new_client_from_config_dict
            client = make_client(dict(kubeconfig), context=context, persist_config=False)
        except kubernetes.config.ConfigException as exc:
            raise ApiDown(f"the kubeconfig has no usable context {context}: {exc}") from exc
        # waiting is done elsewhere, with an end
        client.configuration.retries = False
        client = kubernetes.client.ApiClient(client.configuration)
        self._core = kubernetes.client.CoreV1Api(client)
        self._refused: type[Exception] = kubernetes.client.ApiException

    def nodes(self) -> dict[str, ApiNode]:
        listed = self._try(self._core.list_node)
        return {node.metadata.name: _node(node) for node in listed.items}

    def label(self, node: str, changes: t.Mapping[str, str | None]) -> None:
        """Sets labels of a node; None removes one."""
        self._try(self._core.patch_node, node, {"metadata": {"labels": dict(changes)}})

    def _try(self, call: t.Callable[..., t.Any], *arguments: t.Any) -> t.Any:
        from urllib3.exceptions import HTTPError

        try:
            return call(*arguments, _request_timeout=TIMEOUT)
        except self._refused as exc:
            raise ApiDown(f"the API refuses: {getattr(exc, 'reason', exc)}") from exc
        except (HTTPError, OSError) as exc:
            raise ApiDown(f"the API does not answer: {exc}") from exc


def unready(nodes: t.Mapping[str, ApiNode], containers: t.Sequence[Container]) -> list[str]:
    """Says of each container that should be a node what is not well with it."""
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


def _node(node: t.Any) -> ApiNode:
    conditions = {condition.type: condition for condition in node.status.conditions or []}
    ready = conditions.get("Ready")
    return ApiNode(
        name=node.metadata.name,
        labels=dict(node.metadata.labels or {}),
        addresses=tuple(
            item.address for item in node.status.addresses or [] if item.type == "InternalIP"
        ),
        ready=bool(ready and ready.status == "True"),
        reason=str(ready.message if ready else "it has not reported"),
        heartbeat=ready.last_heartbeat_time if ready else None,
    )
