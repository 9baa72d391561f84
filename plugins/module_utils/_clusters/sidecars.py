# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining the sidecars of workloads and bringing them back. Private to this collection."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError

_STOPPED = "listener_manager.listener_stopped"


@dataclass(frozen=True, slots=True)
class SidecarSelection:
    """Whose sidecars are meant."""

    namespace: str
    workloads: tuple[str, ...]


def is_drained(cluster: Cluster, pod: PodRef) -> bool:
    """Whether the pod's listeners were told to stop. Raises MeshError when its Envoy is gone."""
    for line in cluster.admin(pod, "GET", f"/stats?filter=^{_STOPPED}$").splitlines():
        name, _colon, value = line.strip().partition(": ")
        if name == _STOPPED:
            return int(value) > 0
    return False


def _serves(cluster: Cluster, pod: PodRef) -> bool:
    try:
        return not is_drained(cluster, pod)
    except MeshError:
        return False


def drain(cluster: Cluster, wanted: SidecarSelection, *, check: bool = False) -> list[str]:
    """Drains the sidecars that are not; returns the names of their pods."""
    serving = [
        pod
        for workload in wanted.workloads
        for pod in cluster.pods(wanted.namespace, workload)
        if not is_drained(cluster, pod)
    ]
    if not check:
        for pod in serving:
            cluster.admin(pod, "POST", "/drain_listeners")
    return [pod.name for pod in serving]


def restore(
    cluster: Cluster, wanted: SidecarSelection, method: str, timeout: float, *, check: bool = False
) -> list[str]:
    """Restarts or replaces what is drained or gone, and waits; returns the names of those pods."""
    renew = cluster.replace_pod if method == "replace" else cluster.restart_sidecar
    found = [
        (workload, pod)
        for workload in wanted.workloads
        for pod in cluster.pods(wanted.namespace, workload)
        if not _serves(cluster, pod)
    ]
    if not check:
        for _workload, pod in found:
            renew(pod)
        for workload in dict.fromkeys(workload for workload, _pod in found):
            cluster.wait_serving(wanted.namespace, workload, timeout)
    return [pod.name for _workload, pod in found]
