# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods and WorkloadEntries as istiod keeps them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    TERMINATING,
    UNHEALTHY,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    metadata,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    entry_locality,
    pod_locality,
    topology_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.networks import Networks


@dataclass(frozen=True, slots=True)
class Workload:
    """What endpoints are made of: one pod, one WorkloadEntry or one ServiceEntry endpoint."""

    name: str
    namespace: str
    address: str
    cluster: str
    # what selectors see, and the same with the labels that istiod adds
    labels: t.Mapping[str, str]
    topology: t.Mapping[str, str]
    locality: str = ""
    network: str = ""
    node: str = ""
    service_account: str = ""
    health: str = HEALTHY
    weight: int = 1
    sidecar: bool = False
    # port numbers by name: a pod's container ports, or an entry's ``ports``
    ports: t.Mapping[str, int] = field(default_factory=dict)


def containers(pod: KubernetesObject) -> list[t.Mapping[str, t.Any]]:
    """Return the pod's containers; a sidecar may be an init container that keeps running."""
    spec = spec_of(pod)
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]


def pod_health(pod: KubernetesObject) -> str:
    if metadata(pod).get("deletionTimestamp"):
        return TERMINATING
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            return HEALTHY if condition.get("status") == "True" else UNHEALTHY
    return UNHEALTHY


def has_address(pod: KubernetesObject) -> bool:
    """Tell whether the pod can be an endpoint at all: it has an address and has not ended."""
    status = pod.get("status") or {}
    return bool(status.get("podIP")) and status.get("phase") not in ("Succeeded", "Failed")


def service_account(pod: KubernetesObject) -> str:
    spec = spec_of(pod)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    return f"{namespace_of(pod)}/{account}"


def node_labels(cluster: ClusterState, node: str) -> t.Mapping[str, str] | None:
    found = cluster.get("Node", node) if node else None
    return labels_of(found) if found is not None else None


def pod_workload(cluster: ClusterState, pod: KubernetesObject, networks: Networks) -> Workload:
    labels = labels_of(pod)
    node = spec_of(pod).get("nodeName") or ""
    address = (pod.get("status") or {}).get("podIP") or ""
    locality = pod_locality(labels, node_labels(cluster, node))
    network = networks.of(cluster, labels, address)
    ports: dict[str, int] = {}
    for container in spec_of(pod).get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name") and port.get("protocol", "TCP") == "TCP":
                ports.setdefault(port["name"], port["containerPort"])
    return Workload(
        name=name_of(pod),
        namespace=namespace_of(pod),
        address=address,
        cluster=cluster.name,
        labels=labels,
        topology=topology_labels(
            labels, locality=locality, cluster=cluster.name, network=network, node=node
        ),
        locality=locality,
        network=network,
        node=node,
        service_account=service_account(pod),
        health=pod_health(pod),
        sidecar=labels.get(well_known.TLS_MODE) == well_known.TLS_MODE_ISTIO,
        ports=ports,
    )


def entry_workload(
    cluster: ClusterState,
    entry: t.Mapping[str, t.Any],
    networks: Networks,
    *,
    name: str,
    namespace: str,
    labels: t.Mapping[str, str],
    health: str = HEALTHY,
    local: bool = True,
) -> Workload:
    """Make a workload of the fields that WorkloadEntry and ServiceEntry endpoints have in common.

    Only entries of other clusters than istiod's own get their cluster's network as a label.
    """
    address = entry.get("address") or ""
    account = entry.get("serviceAccount") or ""
    locality = entry_locality(entry.get("locality"), labels)
    # the endpoint's network is only what the entry itself says; the label may say more
    network = entry.get("network") or ""
    return Workload(
        name=name,
        namespace=namespace,
        address=address,
        cluster=cluster.name,
        labels=labels,
        topology=topology_labels(
            labels,
            locality=locality,
            cluster=cluster.name,
            network=network or ("" if local else networks.of(cluster, labels, address)),
        ),
        locality=locality,
        network=network,
        service_account=f"{namespace}/{account}" if account else "",
        health=health,
        weight=entry.get("weight") or 1,
        sidecar=_entry_sidecar(labels, account),
        ports=entry.get("ports") or {},
    )


def workload_entry(
    cluster: ClusterState, obj: KubernetesObject, networks: Networks, *, local: bool
) -> Workload:
    spec = spec_of(obj)
    return entry_workload(
        cluster,
        spec,
        networks,
        name=name_of(obj),
        namespace=namespace_of(obj),
        labels={**(spec.get("labels") or {}), **labels_of(obj)},
        health=_entry_health(obj),
        local=local,
    )


def _entry_sidecar(labels: t.Mapping[str, str], account: str) -> bool:
    # an account without the label is taken as the promise of a sidecar
    mode = labels.get(well_known.TLS_MODE)
    return mode == well_known.TLS_MODE_ISTIO if mode is not None else bool(account)


def _entry_health(obj: KubernetesObject) -> str:
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Healthy" and condition.get("status") == "False":
            return UNHEALTHY
    return HEALTHY
