# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Deployments and their pods: owners, containers, restarts and problems."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    PROXY_CONTAINER,
    TEMPLATE_HASH,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
        KubernetesClient,
    )

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_INJECTED = frozenset({PROXY_CONTAINER, "istio-init", "istio-validation", "enable-core-dump"})
_RESTARTED = "kubectl.kubernetes.io/restartedAt"


def selector_of(workload: KubernetesObject) -> str:
    """Return a workload's label selector in the form of a query."""
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


def template_hash(pod: KubernetesObject) -> dict[str, str]:
    """Return the label that ties a Deployment's pod to its ReplicaSet; none for other pods."""
    labels = pod["metadata"].get("labels") or {}
    return {TEMPLATE_HASH: labels[TEMPLATE_HASH]} if TEMPLATE_HASH in labels else {}


def is_ending(pod: KubernetesObject) -> bool:
    """Return whether the pod is being deleted or has completed."""
    phase = (pod.get("status") or {}).get("phase")
    return bool(pod["metadata"].get("deletionTimestamp")) or phase in ("Succeeded", "Failed")


def is_ready(pod: KubernetesObject) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def has_proxy(pod: KubernetesObject) -> bool:
    """Return whether the pod is a gateway or has a sidecar, which may be a native one."""
    return any(container["name"] == PROXY_CONTAINER for container in _containers(pod))


def runs_proxy(pod: KubernetesObject) -> bool:
    """Return whether the pod has a proxy, and goes on running."""
    return has_proxy(pod) and not is_ending(pod)


def injected_containers(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    """Return the containers that Istio has injected."""
    return [each for each in _containers(pod) if each["name"] in _INJECTED]


def proxy_restarts(pod: KubernetesObject) -> int:
    """Return how often the pod's proxy was restarted."""
    for status in _container_statuses(pod):
        if status["name"] == PROXY_CONTAINER:
            return int(status.get("restartCount") or 0)
    return 0


def application_container(pod: KubernetesObject) -> str:
    """Return the container in which commands run by default."""
    marked = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER)
    names = [str(container["name"]) for container in pod["spec"]["containers"]]
    if marked in names:
        return str(marked)
    return next((name for name in names if name not in _INJECTED), names[0])


def pod_problem(pod: KubernetesObject) -> str:
    """Return why the pod is not ready, with its node, and the image of the failing container."""
    node = pod["spec"].get("nodeName")
    subject = f"pod {pod['metadata']['name']}" + (f" on node {node}" if node else "")
    images = {container["name"]: container.get("image", "") for container in _containers(pod)}
    for status in _container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason = waiting.get("reason", "")
        if reason and reason != "PodInitializing":
            message = " ".join(str(waiting.get("message") or "").split())
            return (
                f"{subject}: container {status['name']} ({images.get(status['name'])}): {reason}"
                + (f": {message}" if message else "")
            )
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["status"] == "False" and condition.get("message"):
            return f"{subject}: {condition['message']}"
    return f"{subject} is not ready"


def replica_failure(deployment: KubernetesObject) -> str:
    """Return why the Deployment cannot make pods, such as a quota or a failing webhook."""
    for condition in (deployment.get("status") or {}).get("conditions") or []:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return str(condition.get("message", ""))
    return ""


def restart(api: KubernetesClient, workload: KubernetesObject, now: str, manager: str) -> None:
    """Replace the pods of a workload, as ``kubectl rollout restart`` does."""
    metadata = workload["metadata"]
    body = {"spec": {"template": {"metadata": {"annotations": {_RESTARTED: now}}}}}
    api.patch(
        *(workload["kind"], metadata["namespace"], metadata["name"], body),
        action="restart",
        manager=manager,
    )


def _containers(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    spec = pod["spec"]
    return [*spec["containers"], *(spec.get("initContainers") or [])]


def _container_statuses(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    status = pod.get("status") or {}
    return [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]
