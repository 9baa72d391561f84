# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods that a cluster would make of workloads whose pods are not given."""

from __future__ import annotations

import random
import typing as t
from collections import Counter

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import POD_BLOCKS
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation import pods
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import (
    injected_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.scheduling import Scheduler

INJECTED = {"istio-injection": "enabled"}
_MOST_PODS = 1000


class PodSimulator:
    """Makes pods of the Deployments and other controllers of one cluster."""

    def __init__(self, state: ClusterState, index: int) -> None:
        self._state = state
        self.addresses = AddressAllocator(
            POD_BLOCKS[index % len(POD_BLOCKS)], f"pods of {state.name}"
        )
        self._nodes = state.objects("Node")
        self._scheduler = Scheduler(self._nodes, state.name)
        self._with_pods = {namespace_of(pod) for pod in state.objects("Pod")}
        self._source = random.Random(state.name)  # noqa: S311 (names, and the same ones each time)
        # workloads that no node takes, with the reason
        self.unscheduled: dict[str, str] = {}

    def pods(self) -> t.Iterator[KubernetesObject]:
        """Yield the pods of all workloads in namespaces of which no pod is given.

        Where pods are given, a workload without any has none.
        """
        for kind in well_known.WORKLOADS:
            for workload in self._state.objects(kind):
                if namespace_of(workload) not in self._with_pods:
                    yield from self._pods_of(workload, kind)

    def _pods_of(self, workload: KubernetesObject, kind: str) -> t.Iterator[KubernetesObject]:
        template = spec_of(workload).get("template") or {}
        if not (template.get("spec") or {}).get("containers"):
            return
        label = f"{kind} {namespace_of(workload)}/{name_of(workload)}"
        complete = {**workload, "spec": {**spec_of(workload), "template": template}}
        ready, total = self._numbers(workload, kind)
        digest, replicas = pods.template_hash(template), Counter[str]()
        for number in range(min(total, _MOST_PODS)):
            try:
                node = self._node(template["spec"], label, replicas)
            except MeshError as exc:
                self.unscheduled[label] = str(exc)
                return
            replicas[node] += 1
            placement = pods.Placement(
                node, self.addresses.allocate(), self._role(workload, label), ""
            )
            pod = pods.new_pod(
                complete,
                digest,
                placement,
                cluster=self._state.name,
                network=self._state.network,
                source=self._source,
            )
            if number >= ready:
                pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
            yield pod

    def _node(self, spec: t.Mapping[str, t.Any], label: str, replicas: t.Mapping[str, int]) -> str:
        if not self._nodes:
            # each on a node of its own, of which nothing is known
            return f"unknown-{sum(replicas.values())}"
        return self._scheduler.schedule(spec, label, replicas)

    def _numbers(self, workload: KubernetesObject, kind: str) -> tuple[int, int]:
        """How many pods are ready, and how many there are: as observed, else as written."""
        status = workload.get("status") or {}
        if kind == "DaemonSet":
            written = len(self._nodes) or 1
            total = status.get("currentNumberScheduled")
            ready = status.get("numberReady")
        else:
            replicas = spec_of(workload).get("replicas")
            written = 1 if replicas is None else int(replicas)
            total = status.get("replicas")
            ready = status.get("readyReplicas")
        if not status or not isinstance(status.get("observedGeneration"), int):
            return written, written
        return int(ready or 0), int(total or 0)

    def _role(self, workload: KubernetesObject, label: str) -> str:
        meta = spec_of(workload)["template"].get("metadata") or {}
        namespace = self._state.get("Namespace", namespace_of(workload))
        on = INJECTED if namespace is None else labels_of(namespace)
        try:
            return injected_role(meta.get("labels") or {}, meta.get("annotations") or {}, on, label)
        except MeshError:
            # a gateway that is not injected has no proxy
            return ""
