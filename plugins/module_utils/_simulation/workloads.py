# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods for Deployments: the Deployment controller and the scheduler. Private to this collection."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    metadata,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    pod_health,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation import pods
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import (
    proxy_wanted,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.scheduling import Scheduler


class WorkloadController:
    """One pass over all Deployments of a cluster."""

    def __init__(
        self,
        objects: t.Sequence[KubernetesObject],
        cluster: str,
        network: IPv4Network,
        source: random.Random,
        now: str,
    ) -> None:
        self._objects = objects
        self._state = ClusterState(cluster, objects)
        self._scheduler = Scheduler(self._state.objects("Node"), cluster)
        self._addresses = AddressAllocator(network, f"pods of cluster {cluster}")
        self._source = source
        self._now = now

    def run(self) -> list[KubernetesObject]:
        """The objects with the pods that there should be and with the Deployments' status.

        A pod with a deletionTimestamp is replaced.
        """
        found: dict[tuple[str, str], list[KubernetesObject]] = {}
        for pod in self._state.objects("Pod"):
            # also of pods that go: whoever remembers their address must not meet another pod there
            self._addresses.reserve(pod["status"]["podIP"])
            key = pods.owner(pod)
            if key is not None:
                found.setdefault(key, []).append(pod)
        kept: dict[tuple[str, str], list[KubernetesObject]] = {}
        deployments = self._state.objects("Deployment")
        for deployment in deployments:
            key = (namespace_of(deployment), name_of(deployment))
            kept[key] = self._keep(deployment, found.get(key, []))
        made: list[KubernetesObject] = []
        status: dict[tuple[str, str], dict[str, t.Any]] = {}
        for deployment in deployments:
            key = (namespace_of(deployment), name_of(deployment))
            members = kept[key] + self._create(deployment, kept[key])
            made += members
            status[key] = _status(deployment, members)
        return [
            {**obj, "status": status[namespace_of(obj), name_of(obj)]}
            if obj["kind"] == "Deployment"
            else obj
            for obj in self._objects
            if obj["kind"] != "Pod"
        ] + made

    def _keep(
        self, deployment: KubernetesObject, members: list[KubernetesObject]
    ) -> list[KubernetesObject]:
        digest = pods.template_hash(deployment["spec"]["template"])
        fitting = [
            pod
            for pod in members
            if labels_of(pod)[pods.TEMPLATE_HASH] == digest
            and not metadata(pod).get("deletionTimestamp")
            and self._scheduler.knows(pod["spec"]["nodeName"])
        ]
        excess = len(fitting) - _replicas(deployment)
        if excess > 0:
            gone = {name_of(pod) for pod in _worst_first(fitting)[:excess]}
            fitting = [pod for pod in fitting if name_of(pod) not in gone]
        for pod in fitting:
            self._scheduler.add(pod["spec"]["nodeName"])
        return fitting

    def _create(
        self, deployment: KubernetesObject, kept: list[KubernetesObject]
    ) -> list[KubernetesObject]:
        missing = _replicas(deployment) - len(kept)
        if missing <= 0:
            return []
        template = deployment["spec"]["template"]
        what = f"Deployment {namespace_of(deployment)}/{name_of(deployment)}"
        self._check_account(template["spec"], namespace_of(deployment), what)
        given = template.get("metadata") or {}
        namespace = self._state.get("Namespace", namespace_of(deployment))
        proxy = proxy_wanted(
            given.get("labels") or {},
            given.get("annotations") or {},
            labels_of(namespace) if namespace else {},
            what,
        )
        digest = pods.template_hash(template)
        replicas = Counter(pod["spec"]["nodeName"] for pod in kept)
        made = []
        for _unused in range(missing):
            node = self._scheduler.place(template["spec"], what, replicas)
            replicas[node] += 1
            made.append(
                pods.make_pod(
                    deployment,
                    digest,
                    pods.Placement(node, self._addresses.allocate(), proxy, self._now),
                    cluster=self._state.name,
                    network=self._state.network,
                    source=self._source,
                )
            )
        return made

    def _check_account(self, spec: t.Mapping[str, t.Any], namespace: str, what: str) -> None:
        account = spec.get("serviceAccountName") or "default"
        if account != "default" and not self._state.get("ServiceAccount", account, namespace):
            raise InvalidInput(
                f"{what}: there is no ServiceAccount {namespace}/{account} in cluster "
                f"{self._state.name}; apply it before or with the Deployment"
            )


def _replicas(deployment: KubernetesObject) -> int:
    replicas = deployment["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def _worst_first(members: list[KubernetesObject]) -> list[KubernetesObject]:
    """In the order in which scaling down removes pods: unready, crowded, young ones first."""
    by_age = sorted(
        members, key=lambda pod: (metadata(pod).get("creationTimestamp") or "", name_of(pod))
    )
    crowd: Counter[str] = Counter()
    ranked = []
    for pod in by_age:
        node = pod["spec"]["nodeName"]
        ranked.append((pod_health(pod) == HEALTHY, -crowd[node], pod))
        crowd[node] += 1
    ranked.reverse()
    return [pod for _ready, _crowd, pod in sorted(ranked, key=lambda entry: entry[:2])]


def _status(deployment: KubernetesObject, members: list[KubernetesObject]) -> dict[str, t.Any]:
    ready = sum(pod_health(pod) == HEALTHY for pod in members)
    complete = "True" if ready == _replicas(deployment) else "False"
    return {
        "replicas": len(members),
        "updatedReplicas": len(members),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "conditions": [{"type": "Available", "status": complete}],
    }
