# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods and WorkloadEntries by cluster and namespace, converted once."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.networks import Networks
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    Workload,
    has_address,
    pod_workload,
    workload_entry,
)


class WorkloadIndex:
    def __init__(self, mesh: IstiodClusters) -> None:
        self._local = mesh.local
        self.networks = Networks(mesh)
        self._pods: dict[tuple[str, str], list[Workload]] = {}
        self._entries: dict[tuple[str, str], list[Workload]] = {}
        self._selected: dict[tuple[str, str, str], list[Workload]] = {}

    def pods(self, cluster: ClusterState, namespace: str) -> list[Workload]:
        key = (cluster.name, namespace)
        if key not in self._pods:
            self._pods[key] = [
                pod_workload(cluster, pod, self.networks)
                for pod in cluster.objects("Pod", namespace)
                if has_address(pod)
            ]
        return self._pods[key]

    def entries(self, cluster: ClusterState, namespace: str) -> list[Workload]:
        key = (cluster.name, namespace)
        if key not in self._entries:
            self._entries[key] = [
                workload_entry(cluster, obj, self.networks, local=cluster is self._local)
                for obj in cluster.objects("WorkloadEntry", namespace)
            ]
        return self._entries[key]

    def selected(self, cluster: ClusterState, service: KubernetesObject) -> list[Workload]:
        """Return the pods that a Kubernetes Service selects."""
        namespace = namespace_of(service)
        key = (cluster.name, namespace, name_of(service))
        if key not in self._selected:
            selector = spec_of(service)["selector"]
            self._selected[key] = [
                pod for pod in self.pods(cluster, namespace) if matches_labels(selector, pod.labels)
            ]
        return self._selected[key]
