# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of two meshes, as objects, with knobs for everything that can be wrong in it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology

Object = dict[str, t.Any]

HOST = "helloworld.sample.svc.cluster.local"
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
NETWORK = "topology.istio.io/network"
MTLS = "security.istio.io/tlsMode"
_API = {
    **dict.fromkeys(
        (
            *("DestinationRule", "WorkloadEntry", "ServiceEntry"),
            *("Gateway", "VirtualService", "Sidecar"),
        ),
        "networking.istio.io/v1",
    ),
    **dict.fromkeys(("HTTPRoute", "GRPCRoute", "ReferenceGrant"), "gateway.networking.k8s.io/v1"),
}


def obj(kind: str, name: str, namespace: str = "", **parts: t.Any) -> Object:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    for key in ("labels", "annotations", "creationTimestamp"):
        if key in parts:
            metadata[key] = parts.pop(key)
    return {"apiVersion": _API.get(kind, "v1"), "kind": kind, "metadata": metadata, **parts}


def node(name: str, region: str = "", zone: str = "", **labels: str) -> Object:
    places = {REGION: region, ZONE: zone}
    return obj("Node", name, labels={**{k: v for k, v in places.items() if v}, **labels})


def control_plane(name: str) -> Object:
    return node(name, **{"node-role.kubernetes.io/control-plane": ""})


def pod(
    name: str,
    where: str,
    namespace: str = "sample",
    *,
    app: str = "helloworld",
    ready: bool = True,
    network: str = "east-network",
    proxy: str = "sidecar",
    sidecar: bool = True,
    env: t.Mapping[str, str] | None = None,
    labels: t.Mapping[str, str] | None = None,
) -> Object:
    variables = {"ISTIO_META_NETWORK": network, **(env or {})}
    container = {
        "name": "istio-proxy",
        "args": ["proxy", proxy],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
    }
    number = sum(map(ord, name + namespace))
    return obj(
        "Pod",
        name,
        namespace,
        labels={"app": app, **({MTLS: "istio"} if sidecar else {}), **(labels or {})},
        spec={
            "nodeName": where,
            "serviceAccountName": app,
            "containers": [{"name": app}, *([container] if sidecar else [])],
        },
        status={
            "phase": "Running",
            "podIP": f"10.10.{number // 250}.{number % 250}",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    )


def service(name: str = "helloworld", namespace: str = "sample", **spec: t.Any) -> Object:
    body = {
        "clusterIP": "10.255.10.9",
        "selector": {"app": name},
        "ports": [{"name": "http", "port": 5000, "targetPort": 5000}],
        **spec,
    }
    return obj("Service", name, namespace, spec=body)


def entry(locality: str = "west/zone3", *, without: t.Sequence[str] = (), **spec: t.Any) -> Object:
    """The import of west's helloworld."""
    body = {
        "address": "172.18.128.1",
        "ports": {"http": 15443},
        "labels": {"app": "helloworld", MTLS: "istio"},
        "network": "west-network",
        "locality": locality,
        "serviceAccount": "helloworld",
        **spec,
    }
    kept = {key: value for key, value in body.items() if key not in without}
    return obj("WorkloadEntry", "helloworld-west", "sample", spec=kept)


EJECTION: Object = {
    "consecutive5xxErrors": 1,
    "interval": "1s",
    "baseEjectionTime": "1m",
    "maxEjectionPercent": 100,
}
POOL: Object = {"http": {"maxRequestsPerConnection": 1}}


def policy(setting: t.Any = None, **blocks: t.Any) -> Object:
    """A trafficPolicy without a defect; None takes a block away."""
    balancer = {"simple": "ROUND_ROBIN"}
    found = {
        "loadBalancer": {**balancer, **({"localityLbSetting": setting} if setting else {})},
        "connectionPool": POOL,
        "outlierDetection": EJECTION,
        **blocks,
    }
    return {key: value for key, value in found.items() if value is not None}


def rule(
    traffic_policy: Object | None = None,
    name: str = "helloworld",
    namespace: str = "sample",
    host: str = HOST,
    *,
    created: str = "",
    **spec: t.Any,
) -> Object:
    body = {"host": host, **({"trafficPolicy": traffic_policy} if traffic_policy else {}), **spec}
    age = {"creationTimestamp": created} if created else {}
    return obj("DestinationRule", name, namespace, spec=body, **age)


FAILOVER: Object = {"failover": [{"from": "east", "to": "west"}]}
TO: Object = {"east/zone1": 10, "east/zone2": 10, "west/zone3": 80}


def to(weights: t.Mapping[str, t.Any] | None = None, source: str = "east/zone1") -> Object:
    return {"distribute": [{"from": source, "to": dict(TO if weights is None else weights)}]}


def routes(*http: Object) -> Object:
    """Return a VirtualService of the service."""
    return obj("VirtualService", "helloworld", "sample", spec={"hosts": [HOST], "http": [*http]})


def http_route(
    *rules: Object, parent: Object | None = None, name: str = "helloworld", **spec: t.Any
) -> Object:
    """Return an HTTPRoute of the service, or of another parent."""
    service_parent = {"group": "", "kind": "Service", "name": "helloworld"}
    body = {"parentRefs": [parent or service_parent], "rules": [*rules], **spec}
    return obj("HTTPRoute", name, "sample", spec=body)


def backend(name: str = "helloworld", **fields: t.Any) -> Object:
    """Return a rule that sends everything to one backend."""
    return {"backendRefs": [{"name": name, "port": 5000, **fields}]}


def sidecar(namespace: str, *hosts: str) -> Object:
    """Return what the workloads of a namespace import."""
    return obj("Sidecar", "default", namespace, spec={"egress": [{"hosts": [*hosts]}]})


def mesh_config(text: str) -> Object:
    return obj("ConfigMap", "istio", "istio-system", data={"mesh": text})


EAST_NODES = (
    control_plane("east-control-plane"),
    node("east-worker", "east", "zone1"),
    node("east-worker2", "east", "zone2"),
)
WEST_NODES = (control_plane("west-control-plane"), node("west-worker", "west", "zone3"))
EAST_PODS = (
    pod("sleep", "east-worker", "sleep", app="sleep"),
    pod("helloworld-zone1", "east-worker"),
    pod("helloworld-zone2", "east-worker2"),
)


def root(network: str) -> Object:
    return obj("Namespace", "istio-system", labels={NETWORK: network} if network else {})


@dataclass
class Lab:
    """Two meshes with separate control planes; the view is that of east."""

    objects: list[Object]
    west: list[Object]
    drained: tuple[str, ...] = ()
    west_is_known: bool = True

    def topology(self) -> Topology:
        objects = {"east": self.objects, **({"west": self.west} if self.west_is_known else {})}
        return Topology(objects, [("east", *name.split("/")) for name in self.drained])

    def findings(self, **options: t.Any) -> list[Finding]:
        return check(self.topology(), "east", **options)

    def codes(self) -> set[str]:
        return {each.code for each in self.findings()}

    def one(self, code: str) -> Finding:
        """The only finding of this code."""
        found = [each for each in self.findings() if each.code == code]
        assert len(found) == 1, found
        return found[0]


def lab(
    *rules: Object,
    nodes: t.Sequence[Object] = EAST_NODES,
    west_nodes: t.Sequence[Object] = WEST_NODES,
    pods: t.Sequence[Object] = EAST_PODS,
    services: t.Sequence[Object] | None = None,
    entries: t.Sequence[Object] | None = None,
    extra: t.Sequence[Object] = (),
    network: str = "east-network",
    drained: t.Sequence[str] = (),
    west_is_known: bool = True,
) -> Lab:
    """The lab before any rule has no defect; every argument replaces a part of it."""
    objects = [
        root(network),
        *nodes,
        *pods,
        *([service()] if services is None else services),
        *([entry()] if entries is None else entries),
        *rules,
        *extra,
    ]
    return Lab(objects, [root("west-network"), *west_nodes], tuple(drained), west_is_known)
