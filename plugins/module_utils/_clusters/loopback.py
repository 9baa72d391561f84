# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of Envoys on loopback addresses."""

from __future__ import annotations

import copy
import dataclasses
import ipaddress
import threading
import time
import typing as t
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    KubernetesObject,
    PodRef,
    pod_ref,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import PROXY_FAULTS
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    OUTBOUND_CAPTURE_PORT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.routes import ACCESS_LOG_FILE
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    labels_of,
    matches_labels,
    name_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    captures_dns,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import (
    admin,
    dns_client,
    listening_sockets,
    processes,
    proxy_faults,
    tls_probe,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import (
    LabState,
    PodChange,
    locked_lab,
    revert,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.rollout import Rollout
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.sample_client import (
    read_greeting,
    run_load,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import Change, Store
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.watchdog import Watchdog

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record


class LoopbackCluster:
    """Implements the ``Cluster`` protocol."""

    settle_ms = 250.0
    has_faults = True
    counts_updates = True
    supported_proxy_faults: t.Collection[str] = PROXY_FAULTS

    def __init__(self, lab_directory: str, name: str) -> None:
        self.name = name
        # by the pods' directories
        self._faults: dict[Path, proxy_faults.HeldFault] = {}
        self._lab = Lab(lab_directory)
        with locked_lab(self._lab):
            self._lab.allocation(name)

    def _load_state(self) -> LabState:
        with locked_lab(self._lab):
            return LabState.load(self._lab)

    def _state(self) -> ClusterState:
        return ClusterState(self.name, self._load_state().store(self.name).objects)

    def _directory(self, pod: PodRef) -> Path:
        return self._lab.pod_directory(self.name, pod.namespace, pod.name)

    def objects(
        self, kind: str, namespace: str | None = None, labels: t.Mapping[str, str] | None = None
    ) -> list[KubernetesObject]:
        return [copy.deepcopy(dict(obj)) for obj in self._state().objects(kind, namespace, labels)]

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        state = self._state()
        deployment = state.get("Deployment", workload, namespace)
        if deployment is None:
            there_are = ", ".join(name_of(d) for d in state.objects("Deployment", namespace))
            raise NotFound(
                f"workload: cluster {self.name} has no Deployment '{workload}' in namespace"
                f" '{namespace}'; it has: {there_are or 'none'}"
            )
        selector = deployment["spec"]["selector"]["matchLabels"]
        return [
            pod_ref(pod)
            for pod in state.objects("Pod", namespace)
            if matches_labels(selector, labels_of(pod))
        ]

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        return admin.call(self._directory(pod), method, path)

    def proxy_log(self, pod: PodRef, lines: int) -> str:
        try:
            text = (self._directory(pod) / ACCESS_LOG_FILE).read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def sample(
        self, pod: PodRef, profile: LoadProfile, progress: t.Callable[[int], None]
    ) -> list[Record]:
        listening_sockets.check_loopback()
        sidecar = (pod.address, OUTBOUND_CAPTURE_PORT)
        service = (self._resolve(pod, profile.host), profile.port)
        stop = profile.stop or threading.Event()
        with Watchdog(self._lab.directory, self._directory(pod), stop) as watchdog:
            records = run_load(dataclasses.replace(profile, stop=stop), sidecar, service, progress)
        watchdog.check(suspicious=any(record.status == 0 for record in records))
        return records

    def dns_lookup(self, pod: PodRef, host: str) -> tuple[str, ...]:
        """Return the addresses that the pod's resolver answers with."""
        if _is_ipv4_address(host):
            return (host,)
        push, obj = self._push_context_and_pod(pod)
        if captures_dns(push.mesh.local, obj):
            return dns_client.resolve(pod.address, host, pod.namespace)
        # the cluster's own DNS, which knows Services and no ServiceEntries
        services = push.services.visible(pod.namespace)
        for name in dns_client.candidates(host, pod.namespace):
            if name in services:
                return services[name].usable_addresses(False)
        return ()

    def tcp_probe(
        self, pod: PodRef, destination: tuple[str, int], _path: str, timeout: float
    ) -> str:
        """Return the first bytes that the destination sends to the pod."""
        return read_greeting((pod.address, OUTBOUND_CAPTURE_PORT), destination, timeout)

    def tls_probe(
        self, pod: PodRef, destination: tuple[str, int], server_name: str, timeout: float
    ) -> TlsProbe:
        return tls_probe.tls_probe(pod.address, destination, server_name, timeout)

    def _resolve(self, pod: PodRef, host: str) -> str:
        """Return an address of a host name. Raises NotFound for a name that does not resolve."""
        for address in self.dns_lookup(pod, host):
            return address
        push, _pod = self._push_context_and_pod(pod)
        known = ", ".join(sorted(push.services.visible(pod.namespace))) or "none"
        raise NotFound(
            f"url: the name '{host}' does not resolve in namespace {pod.namespace} of cluster"
            f" {self.name}; services there: {known}"
        )

    def _push_context_and_pod(self, pod: PodRef) -> tuple[PushContext, KubernetesObject]:
        push = self._load_state().push_context(self.name)
        obj = push.mesh.local.get("Pod", pod.name, pod.namespace)
        if obj is None:
            raise NotFound(f"cluster {self.name} has no pod '{pod.namespace}/{pod.name}'")
        return push, obj

    def restart_sidecar(self, pod: PodRef) -> None:
        self._reconcile_after(lambda _state: processes.stop(self._processes(pod))).wait()

    def cause_proxy_faults(self, pods: t.Sequence[PodRef], fault: str) -> None:
        with locked_lab(self._lab):
            for pod in pods:
                directory, group = self._directory(pod), self._processes(pod)
                if not group:
                    raise LabBroken(f"pod {pod.name} has no Envoy to {fault}")
                self._faults[directory] = proxy_faults.cause(directory, group, fault)

    def end_proxy_faults(self, pods: t.Sequence[PodRef]) -> None:
        for directory in map(self._directory, pods):
            if held := self._faults.pop(directory, None):
                proxy_faults.release(held)
        self._reconcile_after(lambda _state: None).wait()

    def proxy_faults_left(self, *, mend: bool) -> list[str]:
        found = [
            f"cluster {self.name}: the sidecar of pod {directory.name} is out of order by the event"
            f" '{fault}' of a run that did not end by itself"
            for directory in self._lab.pod_directories()
            if directory.is_relative_to(self._lab.cluster_directory(self.name))
            and (fault := proxy_faults.left_behind(directory))
        ]
        if found and mend:
            self._reconcile_after(lambda _state: None).wait()
            return [f"{each}; it was started again" for each in found]
        return found

    def replace_pod(self, pod: PodRef) -> None:
        def delete(store: Store) -> None:
            obj = store.find(("Pod", pod.namespace, pod.name))
            if obj is None:
                raise NotFound(f"cluster {self.name} has no pod '{pod.namespace}/{pod.name}'")
            # the controllers replace it, and keep its address from the one that follows
            obj["metadata"]["deletionTimestamp"] = "now"

        self._change_pods(delete)

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        key = ("Deployment", namespace, workload)

        def change(store: Store) -> Change:
            before = store.manifests.get(key)
            if before is None:
                raise NotFound(f"cluster {self.name} has no Deployment '{namespace}/{workload}'")
            after = store.manifests[key] = copy.deepcopy(before)
            after["spec"]["replicas"] = replicas
            return Change(key, before, after)

        self._change_pods(change)

    def _change_pods(self, change: t.Callable[[Store], Change | None]) -> None:
        """Change what pods there are, and take that back where an Envoy rejects it.

        Requests come when a new pod serves, as with readiness probes.
        """
        changes: list[Change] = []
        pods = PodChange([], [])

        def apply(state: LabState) -> None:
            store = state.store(self.name)
            pods.before.extend(copy.deepcopy(store.pods()))
            changes.extend(filter(None, [change(store)]))

        rollout = self._reconcile_after(apply, new_pods_ready_later=True)
        try:
            rollout.wait()
            rollout = self._reconcile_after(lambda _state: None)
            rollout.wait()
        except MeshError:
            pods.after.extend(self._load_state().store(self.name).pods())
            revert(self._lab, self.name, changes, pods)
            raise

    def _reconcile_after(
        self, change: t.Callable[[LabState], None], *, new_pods_ready_later: bool = False
    ) -> Rollout:
        with locked_lab(self._lab):
            state = LabState.load(self._lab)
            change(state)
            return state.reconcile(write=True, new_pods_ready_later=new_pods_ready_later)

    def _processes(self, pod: PodRef) -> list[int]:
        found = processes.running(self._lab.directory)
        return found.get(self._directory(pod).resolve(), [])

    def wait_serving(self, namespace: str, workload: str, timeout: float) -> list[PodRef]:
        deadline = time.monotonic() + timeout
        while True:
            pods = self.pods(namespace, workload)
            waiting = [pod for pod in pods if not self._serves(pod)]
            if not waiting:
                return pods
            if time.monotonic() > deadline:
                raise LabBroken(f"pod {waiting[0].name} does not serve after {timeout:.0f} s")
            time.sleep(0.05)

    def _serves(self, pod: PodRef) -> bool:
        try:
            return not admin.is_drained(self._directory(pod))
        except MeshError:
            return False


def _is_ipv4_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
