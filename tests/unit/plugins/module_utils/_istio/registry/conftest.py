# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builders of Kubernetes objects as an API server returns them."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest

API = {
    "Deployment": "apps/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Gateway": "networking.istio.io/v1",
    "DestinationRule": "networking.istio.io/v1",
    "ServiceEntry": "networking.istio.io/v1",
    "Sidecar": "networking.istio.io/v1",
    "VirtualService": "networking.istio.io/v1",
    "WorkloadEntry": "networking.istio.io/v1",
    "PeerAuthentication": "security.istio.io/v1",
}
Object = dict[str, t.Any]


def obj(kind: str, name: str, namespace: str = "", **parts: t.Any) -> Object:
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    for key in ("labels", "annotations", "creationTimestamp", "deletionTimestamp"):
        if key in parts:
            metadata[key] = parts.pop(key)
    return {"apiVersion": API.get(kind, "v1"), "kind": kind, "metadata": metadata, **parts}


def node(name: str, region: str = "", zone: str = "", subzone: str = "", **labels: str) -> Object:
    pairs = {
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": zone,
        "topology.istio.io/subzone": subzone,
    }
    return obj("Node", name, labels={**{k: v for k, v in pairs.items() if v}, **labels})


def pod(
    name: str,
    namespace: str = "sample",
    *,
    labels: Object | None = None,
    node: str = "",
    ip: str = "10.0.0.1",
    ready: bool = True,
    sidecar: bool = True,
    account: str = "default",
    ports: t.Sequence[Object] = (),
    proxy: str = "sidecar",
    env: Object | None = None,
    phase: str = "Running",
    **metadata: t.Any,
) -> Object:
    found = dict(labels or {})
    app: Object = {"name": "app", "ports": list(ports)}
    spec: Object = {"containers": [app], "serviceAccountName": account, "nodeName": node}
    if sidecar:
        found["security.istio.io/tlsMode"] = "istio"
        variables = [{"name": k, "value": v} for k, v in (env or {}).items()]
        container = {"name": "istio-proxy", "args": ["proxy", proxy], "env": variables}
        spec["containers"].append(container)
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    status = {"phase": phase, "podIP": ip, "conditions": [condition]}
    return obj("Pod", name, namespace, labels=found, spec=spec, status=status, **metadata)


def service(
    name: str,
    namespace: str = "sample",
    *,
    ports: t.Sequence[Object] = ({"name": "http", "port": 5000},),
    selector: Object | None = None,
    ip: str = "10.255.0.1",
    spec: Object | None = None,
    **parts: t.Any,
) -> Object:
    body = {"ports": list(ports), "selector": {"app": name} if selector is None else selector}
    return obj("Service", name, namespace, spec={**body, "clusterIP": ip, **(spec or {})}, **parts)


def mesh_config(text: str, networks: str = "") -> Object:
    data = {"mesh": text, **({"meshNetworks": networks} if networks else {})}
    return obj("ConfigMap", "istio", "istio-system", data=data)


def remote_secret(*clusters: str) -> Object:
    return obj(
        "Secret",
        "istio-remote-secret",
        "istio-system",
        labels={"istio/multiCluster": "true"},
        data=dict.fromkeys(clusters, ""),
    )


def root(network: str = "") -> Object:
    labels = {"topology.istio.io/network": network} if network else {}
    return obj("Namespace", "istio-system", labels=labels)


@pytest.fixture(scope="session")
def k8s() -> SimpleNamespace:
    return SimpleNamespace(
        obj=obj,
        node=node,
        pod=pod,
        service=service,
        mesh_config=mesh_config,
        remote_secret=remote_secret,
        root=root,
    )
