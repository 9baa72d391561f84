# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests of small meshes, as text."""

from __future__ import annotations

import typing as t

import yaml

Objects: t.TypeAlias = list[dict[str, t.Any]]
REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
EJECTION = {"consecutive5xxErrors": 1, "maxEjectionPercent": 100}
FAILOVER = {"failover": [{"from": "east", "to": "west"}]}


def obj(kind: str, name: str, namespace: str = "shop", **parts: t.Any) -> dict[str, t.Any]:
    group = {
        "Deployment": "apps/v1",
        "StatefulSet": "apps/v1",
        "DestinationRule": "networking.istio.io/v1",
    }
    meta = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        **parts.pop("meta", {}),
    }
    return {"apiVersion": group.get(kind, "v1"), "kind": kind, "metadata": meta, **parts}


def node(name: str, region: str, zone: str) -> dict[str, t.Any]:
    return obj("Node", name, "", meta={"labels": {REGION: region, ZONE: zone}})


def service(name: str) -> dict[str, t.Any]:
    return obj(
        "Service", name, spec={"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    )


def deployment(name: str, replicas: int = 2, kind: str = "Deployment") -> dict[str, t.Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    }
    selector = {"matchLabels": {"app": name}}
    return obj(kind, name, spec={"replicas": replicas, "selector": selector, "template": template})


def rule(name: str, setting: t.Any = None, **policy: t.Any) -> dict[str, t.Any]:
    blocks = {"loadBalancer": {"simple": "ROUND_ROBIN"}}
    if setting is not None:
        blocks["loadBalancer"]["localityLbSetting"] = setting
    return obj("DestinationRule", name, spec={"host": name, "trafficPolicy": {**blocks, **policy}})


def text(*objects: t.Any) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False)


NAMESPACE = obj("Namespace", "shop", "", meta={"labels": {"istio-injection": "enabled"}})
NODES = [node("n1", "east", "east-a"), node("n2", "west", "west-a")]
# two services, and a client of both in each zone
MESH: Objects = [
    NAMESPACE,
    *NODES,
    *(service(name) for name in ("cart", "orders")),
    *(deployment(name) for name in ("cart", "orders", "web")),
]
