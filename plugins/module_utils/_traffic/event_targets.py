# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Deployments and pods that an event changes."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import pod_ref
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import (
    BLACKHOLE,
    HANG,
    KILL,
    PROXY_FAULTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_MTLS_PORT,
    REGION,
    ZONE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import WorkloadRef
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import controller
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    FAULTS,
    SCALE,
    Event,
    EventTargets,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        KubernetesObject,
        PodRef,
    )

_ON_LOOPBACK = "this goes with the provider loopback, not with kind and existing"
_NO_PROXY_FAULT = {
    KILL: f"{_ON_LOOPBACK}: a kubelet starts a killed sidecar again within seconds. Use restart for that"
    " short outage, or drain, which refuses connections for as long as the step takes",
    HANG: f"{_ON_LOOPBACK}: an image of a sidecar need have no shell to stop its Envoy with, and after a"
    " run that is killed nobody would let it go on. Use drain, or scale to 0",
    BLACKHOLE: f"{_ON_LOOPBACK}: a sidecar's container may not drop packets. Use drain, or a NetworkPolicy"
    " of your own and steps without an event",
}


def with_targets(
    cluster: Cluster, event: Event, clients: t.Collection[tuple[str, str]] = ()
) -> Event:
    """Return the event with what it changes in the cluster; a place has all but the clients.

    Gateways pass bytes on, so they give no faults of responses. ``clients``: namespaces and names of
    pods. Raises NotFound where there is nothing to change.
    """
    if event.action in FAULTS and not cluster.has_faults:
        raise InvalidInput(
            f"events: {event.title}: sidecars of a real cluster give no faults on their servers' side;"
            " this goes with the provider loopback, not with kind and existing. The fault of a"
            " VirtualService is no substitute: the client's own sidecar gives it, so nothing is ejected."
            " Let the application itself fail, or drain it"
        )
    if event.action in PROXY_FAULTS and event.action not in cluster.supported_proxy_faults:
        raise InvalidInput(f"events: {event.title}: {_NO_PROXY_FAULT[event.action]}")
    if event.workloads:
        return dataclasses.replace(event, targets=_named(cluster, event))
    pods = [
        pod
        for pod in cluster.objects("Pod")
        if workloads.runs_proxy(pod) and (namespace_of(pod), name_of(pod)) not in clients
    ]
    there = _placed(cluster, event, pods)
    if event.action in FAULTS:
        gateways = _gateways(cluster, there)
        there = [pod for pod in there if pod not in gateways]
    if not there:
        besides = " but clients and gateways" if event.action in FAULTS else ""
        raise NotFound(
            f"events: {event.title}: cluster {cluster.name} has no pod with a sidecar there{besides};"
            f" {_known(cluster, event)}"
        )
    deployments = dict.fromkeys(
        WorkloadRef(namespace_of(pod), controller(pod)[2], cluster.name) for pod in there
    )
    found = EventTargets(tuple(deployments), tuple(map(pod_ref, there)))
    return dataclasses.replace(event, targets=found)


def _named(cluster: Cluster, event: Event) -> EventTargets:
    for workload in event.workloads:
        # raises NotFound for a workload that does not exist
        pods = cluster.pods(event.namespace, workload)
        if not pods and event.action != SCALE:
            raise NotFound(f"events: {event.namespace}/{workload} has no pod to {event.action}")
        if event.action in FAULTS:
            _refuse_gateway(cluster, event, workload, pods)
    return EventTargets(
        tuple(WorkloadRef(event.namespace, name, cluster.name) for name in event.workloads)
    )


def _refuse_gateway(
    cluster: Cluster, event: Event, workload: str, pods: t.Iterable[PodRef]
) -> None:
    names = {(pod.namespace, pod.name) for pod in pods}
    own = [pod for pod in cluster.objects("Pod") if (namespace_of(pod), name_of(pod)) in names]
    if _gateways(cluster, own):
        raise InvalidInput(
            f"events: {event.title}: {event.namespace}/{workload} is a gateway, which passes bytes on;"
            " name its servers"
        )


def _placed(
    cluster: Cluster, event: Event, pods: t.Sequence[KubernetesObject]
) -> list[KubernetesObject]:
    if event.node:
        return [pod for pod in pods if spec_of(pod).get("nodeName") == event.node]
    if event.zone:
        nodes = {name_of(node) for node in cluster.objects("Node") if event.zone in _zones(node)}
        return [pod for pod in pods if spec_of(pod).get("nodeName") in nodes]
    if event.gateway:
        return _gateways(cluster, pods)
    return list(pods)


def _gateways(cluster: Cluster, pods: t.Sequence[KubernetesObject]) -> list[KubernetesObject]:
    """Return those of the pods that are east-west gateways."""
    selectors = [
        (namespace_of(service), spec_of(service).get("selector"))
        for service in cluster.objects("Service")
        if any(p["port"] == GATEWAY_MTLS_PORT for p in spec_of(service).get("ports") or ())
    ]
    return [
        pod
        for pod in pods
        if any(
            selector and namespace == namespace_of(pod) and matches_labels(selector, labels_of(pod))
            for namespace, selector in selectors
        )
    ]


def _zones(node: KubernetesObject) -> tuple[str, str]:
    labels = labels_of(node)
    zone = labels.get(ZONE, "")
    return zone, f"{labels.get(REGION, '')}/{zone}"


def _known(cluster: Cluster, event: Event) -> str:
    nodes = cluster.objects("Node")
    if event.zone:
        return f"its zones: {', '.join(sorted({_zones(node)[1] for node in nodes})) or 'none'}"
    return f"its nodes: {', '.join(sorted(map(name_of, nodes))) or 'none'}"
