# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which workloads are behind a service port, and where they listen."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import HEALTHY
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import (
    endpoint_slices,
    services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    age_key,
    matches_labels,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workload_index import (
    WorkloadIndex,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    Workload,
    entry_workload,
)

_CLUSTER_LOCAL_HOSTS = (
    f"*.kube-system.{well_known.SERVICE_SUFFIX}",
    f"kubernetes.default.{well_known.SERVICE_SUFFIX}",
)


class ClusterLocalHosts:
    """The mesh settings' ``serviceSettings`` over Istio's defaults; the longest pattern decides."""

    def __init__(self, config: t.Mapping[str, t.Any]) -> None:
        self._patterns: dict[str, bool] = dict.fromkeys(_CLUSTER_LOCAL_HOSTS, True)
        for setting in config.get("serviceSettings") or ():
            local = bool((setting.get("settings") or {}).get("clusterLocal"))
            for host in setting.get("hosts") or ():
                self._patterns[host] = local

    def contains(self, host: str) -> bool:
        matching = [pattern for pattern in self._patterns if host_matches(pattern, host)]
        return bool(matching) and self._patterns[max(matching, key=len)]


@dataclass(frozen=True, slots=True)
class Backend:
    """A workload that backs a service port, and the port number that it listens on."""

    workload: Workload
    port: int
    # the Service publishes addresses that are not ready
    ready_anyway: bool = False


class Backends:
    """Find the backends of service ports in all clusters that the local istiod watches.

    Endpoints belong to a service port by its *name*: one host's ports may have other numbers in
    another cluster.
    """

    def __init__(self, mesh: IstiodClusters) -> None:
        self._mesh = mesh
        self._index = WorkloadIndex(mesh)
        self._cluster_local = ClusterLocalHosts(mesh.config)

    def of(self, service: services.Service, port_name: str) -> t.Iterator[Backend]:
        yield from self._kubernetes(service, port_name)
        found = False
        for entry in self._service_entries.get((service.host, service.namespace), ()):
            # Envoy takes one name only for this resolution, so istiod keeps the first
            if found and spec_of(entry).get("resolution") == "DNS_ROUND_ROBIN":
                continue
            for backend in self._service_entry(entry, service.host, port_name):
                found = True
                yield backend

    def _kubernetes(self, service: services.Service, port_name: str) -> t.Iterator[Backend]:
        suffix = f".{service.namespace}.{well_known.SERVICE_SUFFIX}"
        if not service.host.endswith(suffix):
            return
        name = service.host.removesuffix(suffix)
        local_only = self._cluster_local.contains(service.host)
        for cluster in self._mesh.visible[:1] if local_only else self._mesh.visible:
            obj = cluster.get("Service", name, service.namespace)
            if obj is None:
                continue
            for port in spec_of(obj).get("ports") or ():
                if (port.get("name") or "") == port_name:
                    yield from self._service_port(cluster, obj, port)

    def _service_port(
        self, cluster: ClusterState, obj: KubernetesObject, port: t.Mapping[str, t.Any]
    ) -> t.Iterator[Backend]:
        spec, namespace = spec_of(obj), namespace_of(obj)
        if not spec.get("selector"):
            for workload, number in endpoint_slices.slice_endpoints(
                cluster, obj, port, self._index.pods
            ):
                yield Backend(workload, number)
            return
        target = port.get("targetPort") or port["port"]
        ready_anyway = bool(spec.get("publishNotReadyAddresses"))
        for pod in self._index.selected(cluster, obj):
            listens = pod.ports.get(target) if isinstance(target, str) else target
            if listens:
                yield Backend(pod, listens, ready_anyway)
        if spec.get("clusterIP") == "None":
            return
        for entry in self._index.entries(cluster, namespace):
            if matches_labels(spec["selector"], entry.labels) and _usable(entry):
                listens = _entry_port(entry, port.get("name") or "", target)
                if listens:
                    yield Backend(entry, listens)

    @cached_property
    def _service_entries(self) -> dict[tuple[str, str], list[KubernetesObject]]:
        found: dict[tuple[str, str], list[KubernetesObject]] = {}
        for obj in sorted(self._mesh.local.objects("ServiceEntry"), key=age_key):
            for host in spec_of(obj).get("hosts") or ():
                found.setdefault((host, namespace_of(obj)), []).append(obj)
        return found

    def _service_entry(
        self, obj: KubernetesObject, host: str, port_name: str
    ) -> t.Iterator[Backend]:
        spec = spec_of(obj)
        resolution = spec.get("resolution") or "NONE"
        for port in spec.get("ports") or ():
            if (port.get("name") or "") != port_name or resolution == "NONE":
                continue
            target = port.get("targetPort") or port["number"]
            for workload in self._behind(obj, host):
                number = workload.ports.get(port_name) or target
                yield Backend(workload, number)

    def _behind(self, obj: KubernetesObject, host: str) -> t.Iterator[Workload]:
        spec, namespace = spec_of(obj), namespace_of(obj)
        by_name = (spec.get("resolution") or "NONE").startswith("DNS")
        selector = (spec.get("workloadSelector") or {}).get("labels")
        if selector:
            for cluster in self._mesh.visible:
                for pod in self._index.pods(cluster, namespace):
                    # istiod tells ServiceEntries of pods only while these are ready
                    if pod.health == HEALTHY and matches_labels(selector, pod.labels):
                        yield pod
            for entry in self._index.entries(self._mesh.local, namespace):
                if matches_labels(selector, entry.labels) and (by_name or _usable(entry)):
                    yield entry
            return
        inline = spec.get("endpoints") or ()
        if not inline and by_name:
            inline = ({"address": host},)
        for index, endpoint in enumerate(inline):
            yield entry_workload(
                self._mesh.local,
                endpoint,
                self._index.networks,
                name=f"{name_of(obj)}#{index}",
                namespace=namespace,
                labels=endpoint.get("labels") or {},
            )


def _usable(entry: Workload) -> bool:
    """Tell whether EDS carries it: an IP address, or none in a network behind a gateway."""
    if not entry.address:
        return bool(entry.network)
    return is_ip_address(entry.address)


def _entry_port(entry: Workload, port_name: str, target: int | str) -> int | None:
    """Return where an entry listens that a Kubernetes Service selects; None leaves it out."""
    if isinstance(target, str):
        return entry.ports.get(target)
    return entry.ports.get(port_name, target) if port_name else target
