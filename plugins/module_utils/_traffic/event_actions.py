# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event does to pods and Deployments, and how it is taken back."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import PROXY_FAULTS
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_targets import (
    with_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DELAY,
    DRAIN,
    FAIL,
    FAULTS,
    REPLACE,
    RESTART,
    Event,
    EventTargets,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )

Action: t.TypeAlias = t.Callable[[], None]

# a replaced pod may have to fetch its image
SERVING_TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """The change, and what takes it back; pods are found, and nothing is changed yet."""

    do: Action
    undo: Action
    # the pods that it changes
    pods: tuple[PodRef, ...] = ()
    # for the end of the sample: makes pods anew that have come back to addresses clients ejected
    renew: Action | None = None


def prepare(cluster: Cluster, event: Event) -> PreparedEvent:
    """Find what the event changes. Raises MeshError."""
    targets = event.targets or with_targets(cluster, event).targets or EventTargets(())
    if event.replicas is not None:
        return _scaling(cluster, targets, event.replicas)
    pods = pods_of(cluster, targets)
    if event.action in PROXY_FAULTS:
        return _proxy_fault(cluster, targets, pods, event.action)
    if event.action in FAULTS:
        return _response_fault(cluster, targets, pods, event)
    return _pod_change(cluster, targets, pods, event.action)


def _pod_change(
    cluster: Cluster, targets: EventTargets, pods: t.Sequence[PodRef], action: str
) -> PreparedEvent:
    def do() -> None:
        for pod in pods:
            if action == DRAIN:
                sidecars.stop_listeners(cluster, pod)
            elif action == RESTART:
                cluster.restart_sidecar(pod)
            else:
                cluster.replace_pod(pod)
        if action != DRAIN:
            _wait_serving(cluster, targets)

    def undo() -> None:
        if action == DRAIN:
            restore(cluster, targets)

    return PreparedEvent(do, undo, tuple(pods))


def _response_fault(
    cluster: Cluster, targets: EventTargets, pods: t.Sequence[PodRef], event: Event
) -> PreparedEvent:
    settings = sidecars.fault_settings(
        fail_percent=event.percent if event.action == FAIL else 0,
        status=event.status,
        delay_percent=event.percent if event.action == DELAY else 0,
        delay_ms=event.delay_ms,
    )

    def undo() -> None:
        if event.action == FAIL:
            # clients may have ejected what failed
            restore(cluster, targets)
        else:
            ended = dict.fromkeys(settings)
            sidecars.set_faults(cluster, _still_there(cluster, targets, pods), ended)

    return PreparedEvent(lambda: sidecars.set_faults(cluster, pods, settings), undo, tuple(pods))


def _proxy_fault(
    cluster: Cluster, targets: EventTargets, pods: t.Sequence[PodRef], fault: str
) -> PreparedEvent:
    def undo() -> None:
        cluster.end_proxy_faults(_still_there(cluster, targets, pods))
        _wait_serving(cluster, targets)

    def renew() -> None:
        for pod in _still_there(cluster, targets, pods):
            cluster.replace_pod(pod)
        _wait_serving(cluster, targets)

    return PreparedEvent(lambda: cluster.cause_proxy_faults(pods, fault), undo, tuple(pods), renew)


def _still_there(cluster: Cluster, targets: EventTargets, pods: t.Iterable[PodRef]) -> list[PodRef]:
    """Return the pods that no other event has removed."""
    there = {(pod.namespace, pod.name) for pod in _all_pods_of(cluster, targets)}
    return [pod for pod in pods if (pod.namespace, pod.name) in there]


def restore(cluster: Cluster, targets: EventTargets) -> None:
    """Make the drained and failing pods of Deployments anew: clients ejected their addresses."""
    for each in targets.deployments:
        selection = sidecars.SidecarSelection(each.namespace, (each.workload,))
        sidecars.restore(cluster, selection, REPLACE, SERVING_TIMEOUT_S)


def _scaling(cluster: Cluster, targets: EventTargets, replicas: int) -> PreparedEvent:
    before = {
        each: _replicas(cluster, each.namespace, each.workload) for each in targets.deployments
    }

    pods = tuple(pods_of(cluster, targets))

    def scale(sizes: t.Mapping[t.Any, int]) -> None:
        for each, size in sizes.items():
            cluster.scale(each.namespace, each.workload, size)
        _wait_serving(cluster, targets)

    return PreparedEvent(
        lambda: scale(dict.fromkeys(targets.deployments, replicas)), lambda: scale(before), pods
    )


def _replicas(cluster: Cluster, namespace: str, name: str) -> int:
    for deployment in cluster.objects("Deployment", namespace):
        if deployment["metadata"]["name"] == name:
            return int(deployment["spec"].get("replicas", 1))
    raise NotFound(f"events: cluster {cluster.name} has no Deployment '{namespace}/{name}'")


def pods_of(cluster: Cluster, targets: EventTargets) -> list[PodRef]:
    """Return the pods that an event changes, as they are now."""
    if targets.pods is not None:
        return list(targets.pods)
    return _all_pods_of(cluster, targets)


def pod_names(cluster: Cluster, pods: t.Iterable[PodRef]) -> list[str]:
    """Return names by which pods of several clusters are told apart."""
    return [f"{cluster.name}/{pod.namespace}/{pod.name}" for pod in pods]


def _all_pods_of(cluster: Cluster, targets: EventTargets) -> list[PodRef]:
    return [
        pod for each in targets.deployments for pod in cluster.pods(each.namespace, each.workload)
    ]


def _wait_serving(cluster: Cluster, targets: EventTargets) -> None:
    for each in targets.deployments:
        cluster.wait_serving(each.namespace, each.workload, SERVING_TIMEOUT_S)
