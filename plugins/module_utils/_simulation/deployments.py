# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Deployment controller: creates, keeps and removes pods."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import (
    deployment_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    pod_health,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation import pods
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import (
    injected_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.scheduling import Scheduler


class WorkloadController:
    """One pass over the Deployments of a cluster."""

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
        """Return the objects with the Deployments' pods and status.

        A pod with a deletionTimestamp is replaced.
        """
        existing: dict[tuple[str, str], list[KubernetesObject]] = {}
        for pod in self._state.objects("Pod"):
            # of removed pods too, since proxies may still have their addresses
            self._addresses.reserve(pod["status"]["podIP"])
            key = deployment_of(pod)
            if key is not None:
                existing.setdefault(key, []).append(pod)
        kept: dict[tuple[str, str], list[KubernetesObject]] = {}
        deployments = self._state.objects("Deployment")
        for deployment in deployments:
            key = (namespace_of(deployment), name_of(deployment))
            kept[key] = self._retained_pods(deployment, existing.get(key, []))
        created: list[KubernetesObject] = []
        status: dict[tuple[str, str], dict[str, t.Any]] = {}
        for deployment in deployments:
            key = (namespace_of(deployment), name_of(deployment))
            members = kept[key] + self._new_pods(deployment, kept[key])
            created += members
            status[key] = _status(deployment, members)
        return [
            # another group may have a kind of this name
            {**obj, "status": status[namespace_of(obj), name_of(obj)]}
            if obj["kind"] == "Deployment" and (namespace_of(obj), name_of(obj)) in status
            else obj
            for obj in self._objects
            if obj["kind"] != "Pod"
        ] + created

    def _retained_pods(
        self, deployment: KubernetesObject, members: list[KubernetesObject]
    ) -> list[KubernetesObject]:
        digest = pods.template_hash(deployment["spec"]["template"])
        retained = [
            pod
            for pod in members
            if labels_of(pod)[well_known.TEMPLATE_HASH] == digest
            and not metadata(pod).get("deletionTimestamp")
            and self._scheduler.has_node(pod["spec"]["nodeName"])
        ]
        excess = len(retained) - _replicas(deployment)
        if excess > 0:
            removed = {name_of(pod) for pod in _in_removal_order(retained)[:excess]}
            retained = [pod for pod in retained if name_of(pod) not in removed]
        for pod in retained:
            self._scheduler.count(pod["spec"]["nodeName"])
        return retained

    def _new_pods(
        self, deployment: KubernetesObject, kept: list[KubernetesObject]
    ) -> list[KubernetesObject]:
        missing = _replicas(deployment) - len(kept)
        if missing <= 0:
            return []
        template = deployment["spec"]["template"]
        label = f"Deployment {namespace_of(deployment)}/{name_of(deployment)}"
        self._check_account(template["spec"], namespace_of(deployment), label)
        template_metadata = template.get("metadata") or {}
        namespace = self._state.get("Namespace", namespace_of(deployment))
        proxy = injected_role(
            template_metadata.get("labels") or {},
            template_metadata.get("annotations") or {},
            labels_of(namespace) if namespace else {},
            label,
        )
        digest = pods.template_hash(template)
        replicas = Counter(pod["spec"]["nodeName"] for pod in kept)
        created = []
        for _unused in range(missing):
            node = self._scheduler.schedule(template["spec"], label, replicas)
            replicas[node] += 1
            created.append(
                pods.new_pod(
                    deployment,
                    digest,
                    pods.Placement(node, self._addresses.allocate(), proxy, self._now),
                    cluster=self._state.name,
                    network=self._state.network,
                    source=self._source,
                )
            )
        return created

    def _check_account(self, spec: t.Mapping[str, t.Any], namespace: str, label: str) -> None:
        account = spec.get("serviceAccountName") or "default"
        if account != "default" and not self._state.get("ServiceAccount", account, namespace):
            raise InvalidInput(
                f"{label}: there is no ServiceAccount {namespace}/{account} in cluster "
                f"{self._state.name}; apply it before or with the Deployment"
            )


def _replicas(deployment: KubernetesObject) -> int:
    replicas = deployment["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def _in_removal_order(members: list[KubernetesObject]) -> list[KubernetesObject]:
    """Sort pods as scaling down removes them: unready first, then by pods on the node, then by age."""
    by_age = sorted(
        members, key=lambda pod: (metadata(pod).get("creationTimestamp") or "", name_of(pod))
    )
    per_node: Counter[str] = Counter()
    ranked = []
    for pod in by_age:
        node = pod["spec"]["nodeName"]
        ranked.append((pod_health(pod) == HEALTHY, -per_node[node], pod))
        per_node[node] += 1
    ranked.reverse()
    return [pod for _ready, _count, pod in sorted(ranked, key=lambda entry: entry[:2])]


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
