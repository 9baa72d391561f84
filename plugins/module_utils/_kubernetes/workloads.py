# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments, their pods and what those lack to serve. Private to this collection."""

from __future__ import annotations

import typing as t

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

PROXY = "istio-proxy"
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_INJECTED = frozenset({PROXY, "istio-init", "istio-validation", "enable-core-dump"})
_HASH = "pod-template-hash"


def selector_of(workload: KubernetesObject) -> str:
    """A workload's label selector, as the API takes it in a query."""
    selector = workload["spec"].get("selector") or {}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[expression["operator"]]
        )
    return ",".join(parts)


def belongs_to(pod: KubernetesObject, deployment: str) -> bool:
    """Whether the Deployment made the pod; labels alone may be those of several Deployments."""
    metadata = pod["metadata"]
    replica_set = f"{deployment}-{(metadata.get('labels') or {}).get(_HASH, '')}"
    return any(
        owner["kind"] == "ReplicaSet" and owner["name"] == replica_set
        for owner in metadata.get("ownerReferences") or []
    )


def is_ending(pod: KubernetesObject) -> bool:
    """Whether the pod is being deleted or has come to its end."""
    phase = (pod.get("status") or {}).get("phase")
    return bool(pod["metadata"].get("deletionTimestamp")) or phase in ("Succeeded", "Failed")


def is_ready(pod: KubernetesObject) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def has_proxy(pod: KubernetesObject) -> bool:
    """Whether the pod has a sidecar, or is a gateway; newer ones are init containers that stay."""
    return any(container["name"] == PROXY for container in _containers(pod))


def proxy_restarts(pod: KubernetesObject) -> int:
    """How often the pod's sidecar was started again."""
    for status in _container_statuses(pod):
        if status["name"] == PROXY:
            return int(status.get("restartCount") or 0)
    return 0


def application(pod: KubernetesObject) -> str:
    """The container that is meant when none is named."""
    marked = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER)
    names = [str(container["name"]) for container in pod["spec"]["containers"]]
    if marked in names:
        return str(marked)
    return next((name for name in names if name not in _INJECTED), names[0])


def complaint(pod: KubernetesObject) -> str:
    """Why the pod is not ready, in the words of its status; names the image and the node."""
    node = pod["spec"].get("nodeName")
    where = f"pod {pod['metadata']['name']}" + (f" on node {node}" if node else "")
    images = {container["name"]: container.get("image", "") for container in _containers(pod)}
    for status in _container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason = waiting.get("reason", "")
        if reason and reason != "PodInitializing":
            said = " ".join(str(waiting.get("message") or "").split())
            return (
                f"{where}: container {status['name']} ({images.get(status['name'])}): {reason}"
                + (f": {said}" if said else "")
            )
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["status"] == "False" and condition.get("message"):
            return f"{where}: {condition['message']}"
    return f"{where} is not ready"


def refusal(deployment: KubernetesObject) -> str:
    """Why the Deployment gets no pods: a quota, or a webhook that fails."""
    for condition in (deployment.get("status") or {}).get("conditions") or []:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return f": {condition.get('message', '')}"
    return ""


def _containers(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    spec = pod["spec"]
    return [*spec["containers"], *(spec.get("initContainers") or [])]


def _container_statuses(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    status = pod.get("status") or {}
    return [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]
