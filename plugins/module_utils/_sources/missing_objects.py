# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that must exist although they were not given, filled in one of several ways."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    SYSTEM_NAMESPACES,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    nested_texts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    full_host,
    host_matches,
    service_host,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    label_locality,
    node_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.injection import add_proxy

# where nothing names a locality
_SOMEWHERE = ("region-a/zone-a", "region-b/zone-b")
_SYSTEM = SYSTEM_NAMESPACES | {well_known.ROOT_NAMESPACE}


def nodes_unknown(state: ClusterState) -> bool:
    """Is there a pod whose locality its node would tell, but no node at all?"""
    return not state.objects("Node") and any(
        label_locality(labels_of(pod)) is None for pod in state.objects("Pod")
    )


def services_without_workloads(state: ClusterState) -> list[KubernetesObject]:
    """The Services with a selector in namespaces of which no workload of any kind was given."""
    known = {
        namespace_of(obj) for kind in ("Pod", *well_known.WORKLOADS) for obj in state.objects(kind)
    }
    return [
        service
        for service in state.objects("Service")
        if spec_of(service).get("selector") and namespace_of(service) not in known | _SYSTEM
    ]


def imagined_services(state: ClusterState) -> list[KubernetesObject]:
    """The services that rules name, and that select WorkloadEntries, where no Service was given.

    That is in namespaces of which there is none.
    """
    known = {namespace_of(obj) for obj in state.objects("Service")}
    if state.get("Service", "istiod", well_known.ROOT_NAMESPACE) is None:
        # manifests of a control plane's addons are not the control plane
        known.discard(well_known.ROOT_NAMESPACE)
    known |= {
        str(host).rpartition(".svc.")[0].rpartition(".")[2]
        for obj in state.objects("ServiceEntry")
        for host in spec_of(obj).get("hosts") or ()
    }
    found: dict[tuple[str, str], KubernetesObject] = {}
    for rule in state.objects("DestinationRule"):
        name, namespace = _meant(rule)
        present = state.get("Service", name, namespace)
        if name and namespace not in known and present is None:
            found[namespace, name] = _service(name, namespace, {"app": name}, _ports(rule))
    for entry in state.objects("WorkloadEntry"):
        labels = {**(spec_of(entry).get("labels") or {}), **labels_of(entry)}
        name, namespace = f"service-of-{name_of(entry)}", namespace_of(entry)
        if labels and namespace not in known:
            found[namespace, name] = _service(name, namespace, labels, [80])
    return list(found.values())


def _meant(rule: KubernetesObject) -> tuple[str, str]:
    """Name and namespace of a service that the rule's host covers; empty where it is none of Kubernetes."""
    host = full_host(str(spec_of(rule).get("host") or ""), namespace_of(rule))
    if host.startswith("*"):
        name = f"some-service.{namespace_of(rule)}.{well_known.SERVICE_SUFFIX}"
        host = name if host_matches(host, name) else ""
    name, _dot, namespace = host.removesuffix(f".{well_known.SERVICE_SUFFIX}").partition(".")
    if not host.endswith(well_known.SERVICE_SUFFIX) or "." in namespace:
        return "", ""
    return name, namespace


def _service(
    name: str, namespace: str, selector: t.Mapping[str, str], ports: t.Iterable[int]
) -> KubernetesObject:
    numbered = [{"name": f"http-{number}", "port": number} for number in ports]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": dict(selector), "ports": numbered},
    }


def _ports(rule: KubernetesObject) -> list[int]:
    policy = spec_of(rule).get("trafficPolicy") or {}
    numbers = [
        (each.get("port") or {}).get("number") for each in policy.get("portLevelSettings") or ()
    ]
    return [each for each in numbers if each] or [80]


def imagined_nodes(state: ClusterState, places: t.Sequence[str]) -> list[KubernetesObject]:
    """The nodes that pods run on, in these localities in turn, then one in each."""
    if state.objects("Node"):
        return []
    names = sorted({str(spec_of(pod).get("nodeName") or "") for pod in state.objects("Pod")} - {""})
    listed = [*names, *(f"node-of-zone-{index}" for index in range(len(places)))]
    return [
        _node(name, place) for name, place in zip(listed, itertools.cycle(places), strict=False)
    ]


def imagined_pods(
    state: ClusterState,
    services: t.Iterable[KubernetesObject],
    addresses: AddressAllocator,
    places: t.Sequence[str],
    copies: int,
) -> list[KubernetesObject]:
    """Pods of Services in each locality, with the labels of each subset that a rule defines.

    In every second place there are ``copies`` of them, for shares to differ.
    """
    found = []
    # rules may compare any label
    compared = {} if copies % 2 else _compared(state)
    for service in services:
        selector = spec_of(service)["selector"]
        sets = _subsets(state, service) or [{}]
        for number, (place, labels) in enumerate(itertools.product(places, sets)):
            carried = {
                **compared,
                **labels,
                **selector,
                well_known.LOCALITY: place.replace("/", "."),
            }
            for copy in range(copies if number % 2 else 1):
                pod = _pod(f"{name_of(service)}-{number}-{copy}", service, carried)
                pod["status"]["podIP"] = addresses.allocate()
                found.append(pod)
    return found


def localities(state: ClusterState) -> list[str]:
    """The localities that nodes, entries and rules name, each region and zone at least once."""
    found = {node_locality(labels_of(node)).rstrip("/") for node in state.objects("Node")}
    found |= {str(spec_of(entry).get("locality") or "") for entry in state.objects("WorkloadEntry")}
    sources = [state.mesh_config, *map(spec_of, state.objects("DestinationRule"))]
    named = {text for source in sources for text in _named(source)}
    for text in sorted(named):
        parts = [part for part in text.split("/") if part and part != "*"]
        if parts and not any(each.split("/")[: len(parts)] == parts for each in found):
            found.add("/".join(parts if len(parts) > 1 else [*parts, "zone"]))
    return sorted(found - {""}) or list(_SOMEWHERE)


def _compared(state: ClusterState) -> dict[str, str]:
    """The labels that failoverPriority of rules and mesh settings compares."""
    sources = [state.mesh_config, *map(spec_of, state.objects("DestinationRule"))]
    entries = (text for each in sources for text in nested_texts(each, "failoverPriority"))
    return dict(map(_label, entries))


def _label(entry: str) -> tuple[str, str]:
    """A label that an entry of failoverPriority compares: ``key`` or ``key=value``."""
    key, _equals, value = entry.partition("=")
    return key, value or "some"


def _named(value: t.Any) -> t.Iterator[str]:
    """The localities in every distribute and failover, however deep, in fields that nobody has checked, too."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("distribute", "failover") and isinstance(item, list):
                for entry in item:
                    yield from _ends(entry)
            else:
                yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)


def _ends(entry: t.Any) -> t.Iterator[str]:
    """The localities that an entry of distribute or failover goes from and to."""
    if isinstance(entry, dict):
        yield str(entry.get("from") or "")
        to = entry.get("to")
        yield from map(str, to if isinstance(to, (dict, list)) else [to or ""])


def _subsets(state: ClusterState, service: KubernetesObject) -> list[dict[str, str]]:
    host = service_host(name_of(service), namespace_of(service))
    return [
        dict(subset.get("labels") or {})
        for rule in state.objects("DestinationRule")
        if host_matches(full_host(str(spec_of(rule).get("host") or ""), namespace_of(rule)), host)
        for subset in spec_of(rule).get("subsets") or ()
        if matches_labels(
            spec_of(service)["selector"],
            {**(subset.get("labels") or {}), **spec_of(service)["selector"]},
        )
    ]


def _node(name: str, place: str) -> KubernetesObject:
    region, zone, subzone, *_rest = [*place.split("/"), "", ""]
    labels = dict(zip(well_known.LOCALITY_LABELS, (region, zone, subzone), strict=True))
    meta = {"name": name, "labels": {key: value for key, value in labels.items() if value}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta}


def _pod(name: str, service: KubernetesObject, labels: dict[str, str]) -> KubernetesObject:
    ports = [
        {"name": port["targetPort"], "containerPort": 8000 + number}
        for number, port in enumerate(spec_of(service).get("ports") or ())
        if isinstance(port.get("targetPort"), str)
    ]
    pod: KubernetesObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace_of(service), "labels": labels},
        "spec": {"containers": [{"name": "app", "ports": ports}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    add_proxy(pod, "sidecar", workload=name_of(service), cluster="", network="")
    return pod
