# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies of pods, as istiod knows them."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    annotations_of,
    labels_of,
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.localities import (
    pod_locality,
    proxy_locality,
    topology_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.workloads import (
    containers,
    node_labels,
)

SIDECAR = "sidecar"
ROUTER = "router"


def proxy_role(pod: KubernetesObject) -> str:
    """``sidecar``, ``router`` (a gateway), or nothing for a pod without a proxy."""
    container = _proxy_container(pod)
    if container is None:
        return ""
    arguments = [*(container.get("command") or ()), *(container.get("args") or ())]
    return ROUTER if ROUTER in arguments else SIDECAR


def proxy_metadata(cluster: ClusterState, pod: KubernetesObject) -> dict[str, str]:
    """Return the proxy's settings: the mesh's, then the pod annotation's, then its container's."""
    found: dict[str, t.Any] = dict(cluster.mesh_config["defaultConfig"].get("proxyMetadata") or {})
    annotation = annotations_of(pod).get(well_known.PROXY_CONFIG)
    if annotation:
        what = f"annotation {well_known.PROXY_CONFIG} of pod {name_of(pod)}"
        found.update(load_mapping(annotation, what).get("proxyMetadata") or {})
    for container in containers(pod):
        for variable in container.get("env") or ():
            name = variable.get("name") or ""
            if name.startswith("ISTIO_META_") and "value" in variable:
                found[name] = variable["value"]
    return {name: _text(value) for name, value in found.items()}


def captures_dns(cluster: ClusterState, pod: KubernetesObject) -> bool:
    return proxy_metadata(cluster, pod).get("ISTIO_META_DNS_CAPTURE", "").lower() == "true"


def client(cluster: ClusterState, pod: KubernetesObject) -> Client:
    """Return the pod's proxy with its locality, labels, network and network view."""
    labels = labels_of(pod)
    node = spec_of(pod).get("nodeName") or ""
    environment = proxy_metadata(cluster, pod)
    network = labels.get(well_known.NETWORK) or environment.get(well_known.NETWORK_VARIABLE) or ""
    if not network and _proxy_container(pod) is None:
        network = cluster.network
    found = pod_locality(labels, node_labels(cluster, node))
    # the registry's locality reaches the proxy as labels, which then tell its locality
    located = topology_labels(
        labels, locality=found, cluster=cluster.name, network=network, node=node
    )
    view = environment.get(well_known.NETWORK_VIEW_VARIABLE, "")
    return Client(
        locality=proxy_locality(located),
        labels=located,
        network=network,
        cluster=cluster.name,
        network_view=frozenset(part.strip() for part in view.split(",") if part.strip()),
        node=node,
    )


def _proxy_container(pod: KubernetesObject) -> t.Mapping[str, t.Any] | None:
    for container in containers(pod):
        if container.get("name") == well_known.PROXY_CONTAINER:
            return container
    return None


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
