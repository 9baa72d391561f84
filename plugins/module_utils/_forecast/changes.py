# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that are only thought of: workloads drained or scaled, rules applied.

Private to this collection.
"""

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
    workload_name,
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

# meant for the inside of providers' networks, so hardly a pod has one of them; a part each cluster
_IMAGINED = tuple(IPv4Network("100.64.0.0/10").subnets(new_prefix=16))


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

    which: WorkloadRef
    replicas: int


def scaled(objects: Objects, local: str, wishes: t.Iterable[Scaled]) -> Objects:
    """The objects with as many pods as wished. Raises NotFound for an unknown Deployment."""
    changed = dict(objects)
    for wish in wishes:
        cluster = wish.which.cluster or local
        if cluster not in changed:
            raise InvalidInput(_unknown("scaled", cluster, changed))
        if wish.replicas < 0:
            raise InvalidInput(f"scaled: {wish.which}: {wish.replicas} replicas; write 0 or more")
        block = _IMAGINED[list(changed).index(cluster) % len(_IMAGINED)]
        state = ClusterState(cluster, changed[cluster])
        changed[cluster] = _scaled(state, changed[cluster], wish, block)
    return changed


def _scaled(
    state: ClusterState,
    objects: t.Sequence[KubernetesObject],
    wish: Scaled,
    block: IPv4Network,
) -> list[KubernetesObject]:
    key = (wish.which.namespace, wish.which.workload)
    members = [pod for pod in state.objects("Pod", key[0]) if pods.owner(pod) == key]
    # those that serve stay longest
    members.sort(key=lambda pod: pod_health(pod) != HEALTHY)
    if len(members) >= wish.replicas:
        gone = {name_of(pod) for pod in members[wish.replicas :]}
        return [
            obj
            for obj in objects
            if not (
                obj.get("kind") == "Pod" and namespace_of(obj) == key[0] and name_of(obj) in gone
            )
        ]
    deployment = state.get("Deployment", key[1], key[0])
    if deployment is None:
        raise NotFound(_no_workload("scaled", state, wish.which))
    more = wish.replicas - len(members)
    return [*objects, *_imagined(state, deployment, members, more, block)]


def _imagined(
    state: ClusterState,
    deployment: KubernetesObject,
    present: t.Sequence[KubernetesObject],
    number: int,
    block: IPv4Network,
) -> t.Iterator[KubernetesObject]:
    """Pods as the Deployment would get them."""
    template = spec_of(deployment)["template"]
    what = f"Deployment {namespace_of(deployment)}/{name_of(deployment)}"
    given = template.get("metadata") or {}
    namespace = state.get("Namespace", namespace_of(deployment))
    proxy = injected_role(
        given.get("labels") or {},
        given.get("annotations") or {},
        labels_of(namespace) if namespace else {},
        what,
    )
    scheduler = Scheduler(state.objects("Node"), state.name)
    addresses = AddressAllocator(block, "imagined pods")
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


def drained(objects: Objects, local: str, which: t.Iterable[WorkloadRef]) -> frozenset[PodKey]:
    """The pods of these workloads. Raises NotFound for a workload that nobody knows."""
    found: set[PodKey] = set()
    for each in which:
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
    """The objects as if these were applied to the client's cluster."""
    new = {_key(rule) for rule in rules}
    kept = [obj for obj in objects[local] if _key(obj) not in new]
    return {**objects, local: [*kept, *rules]}


def _key(obj: KubernetesObject) -> tuple[str, str, str]:
    return str(obj.get("kind") or ""), namespace_of(obj), name_of(obj)


def _unknown(option: str, cluster: str, objects: Objects) -> str:
    return f"{option}: there is no cluster '{cluster}'; known clusters: {', '.join(objects)}"


def _no_workload(option: str, state: ClusterState, which: WorkloadRef) -> str:
    known = {workload_name(pod) for pod in state.objects("Pod", which.namespace)}
    known.update(name_of(each) for each in state.objects("Deployment", which.namespace))
    return (
        f"{option}: cluster {state.name} has no workload '{which}'; in namespace "
        f"'{which.namespace}' there are: {', '.join(sorted(known)) or 'none'}"
    )
