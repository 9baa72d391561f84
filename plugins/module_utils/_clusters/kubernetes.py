# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster with a Kubernetes API."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
    KubernetesObject,
    PodRef,
    pod_ref,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.sidecars import is_drained
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    PROXY_CONTAINER,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import controller
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    dns_lookup,
    envoy_admin,
    pod_exec,
    tcp_probe,
    tls_probe,
    workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import client_for
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.sampler import run_profile

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import (
        LoadProfile,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

_POLL_S = 0.5


class KubernetesCluster:
    """Implements the ``Cluster`` protocol."""

    # Envoy delays an ejection that follows another one by up to a second
    settle_ms = 1000.0
    has_faults = False
    # Istio leaves these statistics out, and each call is an exec
    counts_updates = False
    # A kubelet starts a killed proxy again, and in the container nothing may touch packets
    supported_proxy_faults: t.Collection[str] = ()

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        self._api = client_for(options)
        self.name = self._api.name
        # Sidecars that are being restarted, with their restart counts before
        self._restarting: dict[tuple[str, str], int] = {}

    def objects(
        self, kind: str, namespace: str | None = None, labels: t.Mapping[str, str] | None = None
    ) -> list[KubernetesObject]:
        selector = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
        return self._api.find_all(kind, namespace, selector)

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        found = self._pod_objects(self._deployment(namespace, workload))
        running = [pod for pod in found if (pod.get("status") or {}).get("phase") == "Running"]
        running.sort(key=lambda pod: (not workloads.is_ready(pod), pod["metadata"]["name"]))
        return [pod_ref(pod) for pod in running]

    def _deployment(self, namespace: str, workload: str) -> KubernetesObject:
        try:
            return self._api.get("Deployment", namespace, workload)
        except NotFound:
            others = self._api.find_all("Deployment", namespace)
            existing = ", ".join(sorted(other["metadata"]["name"] for other in others))
            raise NotFound(
                f"workload: cluster {self.name} has no Deployment '{workload}' in namespace"
                f" '{namespace}'; it has: {existing or 'none'}"
            ) from None

    def _pod_objects(self, deployment: KubernetesObject) -> list[KubernetesObject]:
        metadata = deployment["metadata"]
        owner = (metadata["namespace"], "Deployment", metadata["name"])
        selector = workloads.selector_of(deployment)
        return [
            pod
            for pod in self._api.find_all("Pod", metadata["namespace"], selector)
            if controller(pod) == owner and not workloads.is_ending(pod)
        ]

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        return envoy_admin.call(self._api, pod.namespace, pod.name, method, path)

    def proxy_log(self, pod: PodRef, lines: int) -> str:
        return self._api.log(pod.namespace, pod.name, PROXY_CONTAINER, lines)

    def dns_lookup(self, pod: PodRef, host: str) -> tuple[str, ...]:
        return dns_lookup.dns_lookup(self._api, self._application_container(pod), host)

    def tcp_probe(
        self, pod: PodRef, destination: tuple[str, int], path: str, timeout: float
    ) -> str:
        return tcp_probe.tcp_probe(
            self._api, self._application_container(pod), destination, path, timeout
        )

    def tls_probe(
        self, pod: PodRef, destination: tuple[str, int], server_name: str, timeout: float
    ) -> TlsProbe:
        container = pod_exec.Container(pod.namespace, pod.name, PROXY_CONTAINER)
        return tls_probe.tls_probe(self._api, container, destination, server_name, timeout)

    def _application_container(self, pod: PodRef) -> pod_exec.Container:
        found = self._api.get("Pod", pod.namespace, pod.name)
        return pod_exec.Container(pod.namespace, pod.name, workloads.application_container(found))

    def sample(
        self, pod: PodRef, profile: LoadProfile, progress: t.Callable[[int], None]
    ) -> list[Record]:
        container = self._application_container(pod)

        def open_session(command: list[str]) -> pod_exec.Session:
            return pod_exec.Session(self._api, container, command)

        return run_profile(profile, open_session, f"cluster {self.name}: {container}", progress)

    def restart_sidecar(self, pod: PodRef) -> None:
        before = workloads.proxy_restarts(self._api.get("Pod", pod.namespace, pod.name))
        try:
            # Needs no shell; the agent ends with its Envoy, then the kubelet restarts both
            self.admin(pod, "POST", "/quitquitquit")
        except MeshError:
            if self._answers(pod):
                raise
            # It had ended before, or the answer was lost with it
            return
        self._restarting[pod.namespace, pod.name] = before

    def _answers(self, pod: PodRef) -> bool:
        try:
            self.admin(pod, "GET", "/ready")
        except MeshError:
            return False
        return True

    def cause_proxy_faults(self, pods: t.Sequence[PodRef], fault: str) -> None:
        names = ", ".join(pod.name for pod in pods)
        raise MeshError(
            f"cluster {self.name}: the event '{fault}' of {names} goes with the provider loopback only"
        )

    def end_proxy_faults(self, pods: t.Sequence[PodRef]) -> None:
        pass

    def proxy_faults_left(self, *, mend: bool) -> list[str]:  # noqa: ARG002  as no fault can be caused
        return []

    def replace_pod(self, pod: PodRef) -> None:
        self._api.delete_pod(pod.namespace, pod.name)

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        body = {"spec": {"replicas": replicas}}
        self._api.patch("Deployment", namespace, workload, body, action="scale")

    def wait_serving(self, namespace: str, workload: str, timeout: float) -> list[PodRef]:
        deadline = time.monotonic() + timeout
        while True:
            deployment = self._deployment(namespace, workload)
            pods = self._pod_objects(deployment)
            reason = self._unserving_reason(deployment, pods)
            if not reason:
                return [pod_ref(pod) for pod in pods]
            if time.monotonic() >= deadline:
                raise MeshError(
                    f"cluster {self.name}: Deployment {namespace}/{workload} does not serve"
                    f" after {timeout:g} s: {reason}"
                )
            time.sleep(_POLL_S)

    def _unserving_reason(
        self, deployment: KubernetesObject, pods: t.Sequence[KubernetesObject]
    ) -> str:
        """Return why the Deployment does not serve; nothing where it does."""
        status = deployment.get("status") or {}
        replicas = deployment["spec"].get("replicas", 1)
        if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
            return "its controller has not seen its latest change"
        unready = [pod for pod in pods if not workloads.is_ready(pod)]
        if unready:
            return workloads.pod_problem(unready[0])
        if len(pods) != replicas or status.get("updatedReplicas", 0) != replicas:
            failure = workloads.replica_failure(deployment)
            return f"it has {len(pods)} of {replicas} pods" + (f": {failure}" if failure else "")
        for pod in pods:
            if workloads.has_proxy(pod) and not self._proxy_serves(pod):
                return f"the sidecar of pod {pod['metadata']['name']} does not serve"
        return ""

    def _proxy_serves(self, pod: KubernetesObject) -> bool:
        reference = pod_ref(pod)
        restarts = self._restarting.get((reference.namespace, reference.name))
        # A pod counts as ready until its kubelet notices that a container has ended
        if restarts is not None and workloads.proxy_restarts(pod) <= restarts:
            return False
        try:
            return not is_drained(self, reference)
        except MeshError:
            return False
