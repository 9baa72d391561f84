# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests as a cluster would hold them: with pods, addresses and namespaces."""

from __future__ import annotations

import copy
import random
import typing as t
from ipaddress import IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    annotations_of,
    labels_of,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import (
    deployment_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
    assign_cluster_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.deployments import (
    WorkloadController,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import (
    add_proxy,
    injected_role,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.scheduling import Scheduler

# reserved addresses, which no cluster has: they only tell pods and Services apart; a block of pods for each cluster
POD_BLOCKS = tuple(IPv4Network("248.0.0.0/6").subnets(new_prefix=14))
_SERVICES = IPv4Network("252.0.0.0/8")
_NOT_EXPANDED = ("StatefulSet", "DaemonSet", "ReplicaSet")


def as_cluster(
    name: str, manifests: t.Sequence[t.Mapping[str, t.Any]], index: int = 0
) -> list[KubernetesObject]:
    """Make of the manifests what a cluster would; Deployments become pods on the nodes that fit.

    Where pods of a workload are given, too, these are all that it has. Namespaces and service
    accounts that are not among the manifests are taken as present, with injection. ``index`` tells
    the clusters of one topology apart.
    """
    objects = [_normalised(manifest) for manifest in manifests]
    bare = [obj for obj in objects if obj["kind"] == "Pod"]
    owners = {(namespace_of(pod), *each) for pod in bare for each in _owners(pod)}
    _check_expanded(objects, owners)
    objects = [obj for obj in objects if obj["kind"] != "Pod"]
    objects += _missing(ClusterState(name, [*objects, *bare]), [*objects, *bare])
    objects = _with_cluster_addresses(objects)
    present = [obj for obj in objects if obj["kind"] == "Deployment" and _key(obj) in owners]
    keys = {_key(obj) for obj in present}
    # of pods that are given their addresses are reserved, no more
    addressed = [pod for pod in bare if (pod.get("status") or {}).get("podIP")]
    wanted = [*(obj for obj in objects if _key(obj) not in keys), *addressed]
    source = random.Random(name)  # noqa: S311 (names, and the same ones each time)
    block = POD_BLOCKS[index % len(POD_BLOCKS)]
    made = WorkloadController(wanted, name, block, source, "").run()
    return [*present, *made, *_placed(ClusterState(name, made), bare, block)]


def _with_cluster_addresses(objects: t.Sequence[KubernetesObject]) -> list[KubernetesObject]:
    """Give Services an address that have none; those of a real server are facts."""
    complete: list[KubernetesObject] = []
    others: list[KubernetesObject] = []
    for obj in objects:
        has_address = obj["kind"] == "Service" and spec_of(obj).get("clusterIP")
        (complete if has_address else others).append(obj)
    return [*complete, *assign_cluster_addresses(others, _SERVICES)]


def _key(obj: KubernetesObject) -> tuple[str, str, str]:
    return namespace_of(obj), obj["kind"], name_of(obj)


def _owners(pod: KubernetesObject) -> t.Iterator[tuple[str, str]]:
    """Return kind and name of the pod's owner, and of the owner's."""
    deployment = deployment_of(pod)
    if deployment is not None:
        yield "Deployment", deployment[1]
    for reference in metadata(pod).get("ownerReferences") or ():
        yield str(reference.get("kind")), str(reference.get("name"))


def _check_expanded(
    objects: t.Iterable[KubernetesObject], owners: t.Container[tuple[str, str, str]]
) -> None:
    for obj in objects:
        if obj["kind"] not in _NOT_EXPANDED or _key(obj) in owners:
            continue
        # one that a Deployment made, or that has no pods
        if metadata(obj).get("ownerReferences") or spec_of(obj).get("replicas") == 0:
            continue
        raise InvalidInput(
            f"manifests: {obj['kind']} {namespace_of(obj)}/{name_of(obj)} is not turned into "
            "pods; give a Deployment, or the pods"
        )


def _normalised(manifest: t.Mapping[str, t.Any]) -> KubernetesObject:
    kind, meta = manifest.get("kind"), manifest.get("metadata") or {}
    if not kind or not manifest.get("apiVersion") or not meta.get("name"):
        raise InvalidInput(
            f"manifests: {dict(manifest)!r:.100} lacks apiVersion, kind or metadata.name"
        )
    obj = copy.deepcopy(dict(manifest))
    if kind not in well_known.CLUSTER_SCOPED:
        obj["metadata"].setdefault("namespace", "default")
    return obj


def _missing(
    state: ClusterState, objects: t.Sequence[KubernetesObject]
) -> t.Iterator[KubernetesObject]:
    for namespace in sorted({namespace_of(obj) for obj in objects} - {""}):
        if state.get("Namespace", namespace) is None:
            meta = {"name": namespace, "labels": {"istio-injection": "enabled"}}
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    accounts = {
        (namespace_of(obj), spec_of(obj)["template"]["spec"].get("serviceAccountName"))
        for obj in objects
        if obj["kind"] == "Deployment"
    }
    for namespace, account in sorted((n, a) for n, a in accounts if a):
        if state.get("ServiceAccount", account, namespace) is None:
            meta = {"name": account, "namespace": namespace}
            yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


def _placed(
    state: ClusterState, bare: t.Sequence[KubernetesObject], block: IPv4Network
) -> t.Iterator[KubernetesObject]:
    """Complete pods among the manifests by node, address, readiness and proxy."""
    scheduler = Scheduler(state.objects("Node"), state.name)
    addresses = AddressAllocator(block, "pods")
    for pod in (*state.objects("Pod"), *bare):
        addresses.reserve((pod.get("status") or {}).get("podIP") or "")
    for pod in bare:
        what = f"Pod {namespace_of(pod)}/{name_of(pod)}"
        if not spec_of(pod).get("nodeName") and state.objects("Node"):
            pod.setdefault("spec", {})["nodeName"] = scheduler.schedule(spec_of(pod), what, {})
        status = pod.setdefault("status", {})
        if not status.get("podIP"):
            status["podIP"] = addresses.allocate()
        status.setdefault("conditions", [{"type": "Ready", "status": "True"}])
        namespace = state.get("Namespace", namespace_of(pod))
        pod["metadata"]["labels"] = dict(labels_of(pod))
        proxy = injected_role(
            labels_of(pod), annotations_of(pod), labels_of(namespace) if namespace else {}, what
        )
        # a pod as a cluster shows it has its proxy already
        if proxy and not metadata(pod).get("uid"):
            add_proxy(pod, proxy, workload=name_of(pod), cluster=state.name, network=state.network)
        yield pod
