# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drain the sidecars of workloads, and restore them."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    Cluster,
    PodRef,
    pod_ref,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import controller
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads

SERVING = "serving"
DRAINED = "drained"
UNREACHABLE = "unreachable"
UNKNOWN = "unknown"
_STOPPED = "listener_manager.listener_stopped"
_OVERRIDES = "runtime.admin_overrides_active"
# the keys of Envoy's fault filter, by what they are here
FAULT_KEYS = {
    "fail_percent": "fault.http.abort.abort_percent",
    "status": "fault.http.abort.http_status",
    "delay_percent": "fault.http.delay.fixed_delay_percent",
    "delay_ms": "fault.http.delay.fixed_duration_ms",
}
# A call is a command in the pod on a real cluster
_PARALLEL_CALLS = 8


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


@dataclass(frozen=True, slots=True)
class SidecarStatus:
    """The state of a pod's sidecar, as the sidecar itself reports it."""

    namespace: str
    workload: str
    pod: str
    address: str
    # SERVING, DRAINED, UNREACHABLE where its Envoy does not answer, or UNKNOWN where asking it is forbidden
    state: str


def read_status(
    cluster: Cluster, namespace: str | None = None, names: t.Collection[str] = ()
) -> list[SidecarStatus]:
    """Return the states of the sidecars of a cluster, a namespace, or some of its workloads.

    What a run drained is known from the sidecars alone: the run may have been killed.
    """
    pods = [
        (controller(pod)[2], pod_ref(pod))
        for pod in cluster.objects("Pod", namespace)
        if workloads.runs_proxy(pod)
    ]
    selected = [(workload, pod) for workload, pod in pods if not names or workload in names]
    states = read_states(cluster, [pod for _workload, pod in selected])
    return [
        SidecarStatus(pod.namespace, workload, pod.name, pod.address, state)
        for (workload, pod), state in zip(selected, states, strict=True)
    ]


def read_states(cluster: Cluster, pods: t.Sequence[PodRef]) -> list[str]:
    """Return the states of the sidecars of these pods, in their order."""
    with ThreadPoolExecutor(max_workers=_PARALLEL_CALLS) as pool:
        return list(pool.map(lambda pod: _state(cluster, pod), pods))


def _state(cluster: Cluster, pod: PodRef) -> str:
    try:
        return DRAINED if is_drained(cluster, pod) else SERVING
    except NotAllowed:
        return UNKNOWN
    except MeshError:
        return UNREACHABLE


def _serves(cluster: Cluster, pod: PodRef) -> bool:
    return _state(cluster, pod) == SERVING and not _gives_faults(cluster, pod)


def stop_listeners(cluster: Cluster, pod: PodRef) -> None:
    """Let the pod's sidecar refuse new connections."""
    cluster.admin(pod, "POST", "/drain_listeners")


def fault_settings(
    *, fail_percent: int = 0, status: int = 503, delay_percent: int = 0, delay_ms: int = 0
) -> dict[str, int | None]:
    """Return the runtime keys of Envoy's fault filter; only those of the faults that are given."""
    failing: dict[str, int | None] = {
        FAULT_KEYS["fail_percent"]: fail_percent,
        FAULT_KEYS["status"]: status,
    }
    delaying: dict[str, int | None] = {
        FAULT_KEYS["delay_percent"]: delay_percent,
        FAULT_KEYS["delay_ms"]: delay_ms,
    }
    return (failing if fail_percent else {}) | (delaying if delay_percent else {})


def set_faults(
    cluster: Cluster, pods: t.Iterable[PodRef], settings: t.Mapping[str, int | None]
) -> None:
    """Let the sidecars of pods give faults in place of their apps; None removes a setting."""
    query = "&".join(f"{key}={'' if value is None else value}" for key, value in settings.items())
    for pod in pods:
        cluster.admin(pod, "POST", f"/runtime_modify?{query}")


def _gives_faults(cluster: Cluster, pod: PodRef) -> bool:
    """Return whether a run left faults in the sidecar; it may have been killed."""
    if not cluster.has_faults:
        return False
    text = cluster.admin(pod, "GET", f"/stats?filter=^{_OVERRIDES}$")
    return any(line.strip() == f"{_OVERRIDES}: 1" for line in text.splitlines())


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
            stop_listeners(cluster, pod)
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
