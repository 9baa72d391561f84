# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints of Services without a selector: listed by hand in slices."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    TERMINATING,
    UNHEALTHY,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    topology_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    Workload,
)

PodsIn: t.TypeAlias = t.Callable[[ClusterState, str], list[Workload]]


def slice_endpoints(
    cluster: ClusterState,
    service: KubernetesObject,
    port: t.Mapping[str, t.Any],
    pods_in: PodsIn,
) -> t.Iterator[tuple[Workload, int]]:
    """Return the workloads and port numbers that EndpointSlices give for one port of the service."""
    namespace = namespace_of(service)
    label = {well_known.SLICE_SERVICE: name_of(service)}
    for item in cluster.objects("EndpointSlice", namespace, label):
        numbers = [
            entry["port"]
            for entry in item.get("ports") or ()
            if (entry.get("name") or "") == (port.get("name") or "") and entry.get("port")
        ]
        for endpoint in item.get("endpoints") or ():
            for workload in _workloads(cluster, namespace, endpoint, pods_in):
                for number in numbers:
                    yield workload, number


def _workloads(
    cluster: ClusterState, namespace: str, endpoint: t.Mapping[str, t.Any], pods_in: PodsIn
) -> t.Iterator[Workload]:
    reference = endpoint.get("targetRef") or {}
    if reference.get("kind") == "Pod":
        for pod in pods_in(cluster, reference.get("namespace") or namespace):
            if pod.name == reference.get("name"):
                yield pod
        return
    for address in endpoint.get("addresses") or ():
        # nothing is known of a bare address: no locality, no labels of its own, no sidecar
        yield Workload(
            name=address,
            namespace=namespace,
            address=address,
            cluster=cluster.name,
            labels={},
            topology=topology_labels(
                {}, locality="", cluster=cluster.name, network=cluster.network
            ),
            network=cluster.network,
            health=_health(endpoint.get("conditions") or {}),
        )


def _health(conditions: t.Mapping[str, t.Any]) -> str:
    if conditions.get("ready") is not False:
        return HEALTHY
    # an unready address that does not say that it stays counts as going away
    return UNHEALTHY if conditions.get("terminating") is False else TERMINATING
