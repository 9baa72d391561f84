# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drain the sidecars of workloads, and restore them."""

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
    """Workloads whose sidecars are drained or restored."""

    namespace: str
    workloads: tuple[str, ...]


def is_drained(cluster: Cluster, pod: PodRef) -> bool:
    """Return whether the pod's listeners are stopped. Raises MeshError when its Envoy is gone."""
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


def drain(cluster: Cluster, selection: SidecarSelection, *, check: bool = False) -> list[str]:
    """Drain the sidecars that serve, and return the names of their pods."""
    serving = [
        pod
        for workload in selection.workloads
        for pod in cluster.pods(selection.namespace, workload)
        if not is_drained(cluster, pod)
    ]
    if not check:
        for pod in serving:
            cluster.admin(pod, "POST", "/drain_listeners")
    return [pod.name for pod in serving]


def restore(
    cluster: Cluster,
    selection: SidecarSelection,
    method: str,
    timeout: float,
    *,
    check: bool = False,
) -> list[str]:
    """Restart or replace what is drained or gone, wait, and return the names of those pods."""
    renew = cluster.replace_pod if method == "replace" else cluster.restart_sidecar
    found = [
        (workload, pod)
        for workload in selection.workloads
        for pod in cluster.pods(selection.namespace, workload)
        if not _serves(cluster, pod)
    ]
    if not check:
        for _workload, pod in found:
            renew(pod)
        for workload in dict.fromkeys(workload for workload, _pod in found):
            cluster.wait_serving(selection.namespace, workload, timeout)
    return [pod.name for _workload, pod in found]
