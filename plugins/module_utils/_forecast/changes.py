# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that are only thought of: workloads drained or scaled, rules applied."""

from __future__ import annotations

import random
import typing as t
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
    PodKey,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import (
    deployment_of,
    workload_name,
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

Objects: t.TypeAlias = t.Mapping[str, t.Sequence[KubernetesObject]]

# shared address space of providers, which hardly a pod has; a block for each cluster
_PLACEHOLDERS = tuple(IPv4Network("100.64.0.0/10").subnets(new_prefix=16))


@dataclass(frozen=True, slots=True)
class WorkloadRef:
    """A workload by name; without a cluster the client's own is meant."""

    namespace: str
    workload: str
    cluster: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.workload}"


@dataclass(frozen=True, slots=True)
class Scaled:
    """A Deployment with another number of pods."""

    workload: WorkloadRef
    replicas: int


def scaled(objects: Objects, local: str, sizes: t.Iterable[Scaled]) -> Objects:
    """Give Deployments another number of pods. Raises NotFound for an unknown one."""
    changed = dict(objects)
    for size in sizes:
        cluster = size.workload.cluster or local
        if cluster not in changed:
            raise InvalidInput(_unknown("scaled", cluster, changed))
        if size.replicas < 0:
            raise InvalidInput(
                f"scaled: {size.workload}: {size.replicas} replicas; write 0 or more"
            )
        block = _PLACEHOLDERS[list(changed).index(cluster) % len(_PLACEHOLDERS)]
        state = ClusterState(cluster, changed[cluster])
        changed[cluster] = _scaled(state, changed[cluster], size, block)
    return changed


def _scaled(
    state: ClusterState,
    objects: t.Sequence[KubernetesObject],
    size: Scaled,
    block: IPv4Network,
) -> list[KubernetesObject]:
    key = (size.workload.namespace, size.workload.workload)
    members = [pod for pod in state.objects("Pod", key[0]) if deployment_of(pod) == key]
    # those that serve stay longest
    members.sort(key=lambda pod: pod_health(pod) != HEALTHY)
    if len(members) >= size.replicas:
        gone = {name_of(pod) for pod in members[size.replicas :]}
        return [
            obj
            for obj in objects
            if not (
                obj.get("kind") == "Pod" and namespace_of(obj) == key[0] and name_of(obj) in gone
            )
        ]
    deployment = state.get("Deployment", key[1], key[0])
    if deployment is None:
        raise NotFound(_no_workload("scaled", state, size.workload))
    more = size.replicas - len(members)
    return [*objects, *_new_pods(state, deployment, members, more, block)]


def _new_pods(
    state: ClusterState,
    deployment: KubernetesObject,
    present: t.Sequence[KubernetesObject],
    number: int,
    block: IPv4Network,
) -> t.Iterator[KubernetesObject]:
    """Make pods as the Deployment would get them."""
    template = spec_of(deployment)["template"]
    what = f"Deployment {namespace_of(deployment)}/{name_of(deployment)}"
    meta = template.get("metadata") or {}
    namespace = state.get("Namespace", namespace_of(deployment))
    proxy = injected_role(
        meta.get("labels") or {},
        meta.get("annotations") or {},
        labels_of(namespace) if namespace else {},
        what,
    )
    scheduler = Scheduler(state.objects("Node"), state.name)
    addresses = AddressAllocator(block, "pods of scaled Deployments")
    for pod in state.objects("Pod"):
        addresses.reserve((pod.get("status") or {}).get("podIP") or "")
        scheduler.count(spec_of(pod).get("nodeName") or "")
    replicas = Counter(spec_of(pod).get("nodeName") or "" for pod in present)
    source = random.Random(what)  # noqa: S311 (names, and the same ones each time)
    for _unused in range(number):
        node = scheduler.schedule(template["spec"], what, replicas)
        replicas[node] += 1
        yield pods.new_pod(
            deployment,
            pods.template_hash(template),
            pods.Placement(node, addresses.allocate(), proxy, ""),
            cluster=state.name,
            network=state.network,
            source=source,
        )


def drained(objects: Objects, local: str, workloads: t.Iterable[WorkloadRef]) -> frozenset[PodKey]:
    """Return the pods of these workloads. Raises NotFound for an unknown one."""
    found: set[PodKey] = set()
    for each in workloads:
        cluster = each.cluster or local
        if cluster not in objects:
            raise InvalidInput(_unknown("drained", cluster, objects))
        state = ClusterState(cluster, objects[cluster])
        members = [
            pod
            for pod in state.objects("Pod", each.namespace)
            if each.workload in (workload_name(pod), name_of(pod))
        ]
        if not members and state.get("Deployment", each.workload, each.namespace) is None:
            raise NotFound(_no_workload("drained", state, each))
        found.update((cluster, each.namespace, name_of(pod)) for pod in members)
    return frozenset(found)


def with_rules(
    objects: Objects, local: str, rules: t.Sequence[KubernetesObject]
) -> dict[str, t.Sequence[KubernetesObject]]:
    """Return the objects as if these were applied to the client's cluster."""
    new = {_key(rule) for rule in rules}
    kept = [obj for obj in objects[local] if _key(obj) not in new]
    return {**objects, local: [*kept, *rules]}


def _key(obj: KubernetesObject) -> tuple[str, str, str]:
    return str(obj.get("kind") or ""), namespace_of(obj), name_of(obj)


def _unknown(option: str, cluster: str, objects: Objects) -> str:
    return f"{option}: there is no cluster '{cluster}'; known clusters: {', '.join(objects)}"


def _no_workload(option: str, state: ClusterState, workload: WorkloadRef) -> str:
    known = {workload_name(pod) for pod in state.objects("Pod", workload.namespace)}
    known.update(name_of(each) for each in state.objects("Deployment", workload.namespace))
    return (
        f"{option}: cluster {state.name} has no workload '{workload}'; in namespace "
        f"'{workload.namespace}' there are: {', '.join(sorted(known)) or 'none'}"
    )
