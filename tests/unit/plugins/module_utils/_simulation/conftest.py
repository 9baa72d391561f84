# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a small loopback cluster, and one pass of its controllers."""

from __future__ import annotations

import random
import typing as t
from ipaddress import IPv4Network
from types import SimpleNamespace

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.reconcile import (
    Context,
    reconcile,
)

Object = dict[str, t.Any]
API = {
    "Deployment": "apps/v1",
    "IPAddressPool": "metallb.io/v1beta1",
    "L2Advertisement": "metallb.io/v1beta1",
    "ServiceEntry": "networking.istio.io/v1",
}


def obj(kind: str, name: str, namespace: str = "", *, spec: Object | None = None, **meta) -> Object:
    metadata: Object = {"name": name, **meta}
    if namespace:
        metadata["namespace"] = namespace
    found: Object = {"apiVersion": API.get(kind, "v1"), "kind": kind, "metadata": metadata}
    if spec is not None:
        found["spec"] = spec
    return found


def node(name: str, zone: str = "", **spec: t.Any) -> Object:
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    return obj("Node", name, labels=labels, spec=spec)


def namespace(name: str, **labels: str) -> Object:
    return obj("Namespace", name, labels={key.replace("_", "-"): v for key, v in labels.items()})


def deployment(
    name: str = "hello",
    space: str = "sample",
    *,
    replicas: int | None = 1,
    labels: Object | None = None,
    annotations: Object | None = None,
    containers: list[Object] | None = None,
    **pod_spec: t.Any,
) -> Object:
    pod_labels = {"app": name, **(labels or {})}
    spec: Object = {
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": pod_labels, "annotations": annotations or {}},
            "spec": {"containers": containers or [{"name": "app"}], **pod_spec},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return obj("Deployment", name, space, spec=spec)


def service(name: str = "hello", space: str = "sample", **spec: t.Any) -> Object:
    annotations = spec.pop("annotations", {})
    body = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}], **spec}
    return obj("Service", name, space, spec=body, annotations=annotations)


def pool(name: str, *addresses: str, **spec: t.Any) -> Object:
    return obj("IPAddressPool", name, "metallb-system", spec={"addresses": list(addresses), **spec})


def advertisement(*pools: str) -> Object:
    spec = {"ipAddressPools": list(pools)} if pools else {}
    return obj("L2Advertisement", "l2", "metallb-system", spec=spec)


BASE = (
    namespace("sample", istio_injection="enabled"),
    namespace("metallb-system"),
    namespace("istio-system"),
    node("n1", "zone1"),
    node("n2", "zone2"),
)


def run(*objects: Object, base: t.Sequence[Object] = BASE, **context: t.Any) -> list[Object]:
    settings = {
        "cluster": "east",
        "pod_network": IPv4Network("127.9.0.0/24"),
        "service_network": IPv4Network("10.255.0.0/24"),
        "random": random.Random(1),
        "now": "2026-01-01T00:00:00Z",
        **context,
    }
    return reconcile([*base, *objects], Context(**settings))


def again(objects: list[Object], *changed: Object, **context: t.Any) -> list[Object]:
    """Another pass, after some objects were applied anew (their status stays)."""
    wanted = {(o["kind"], o["metadata"]["name"]): o for o in changed}
    merged = []
    for old in objects:
        new = wanted.pop((old["kind"], old["metadata"]["name"]), None)
        kept = {"status": old["status"]} if "status" in old else {}
        merged.append({**new, **kept} if new else old)
    return run(*merged, *wanted.values(), base=(), **context)


def pods(objects: list[Object]) -> list[Object]:
    return [o for o in objects if o["kind"] == "Pod"]


def find(objects: list[Object], kind: str, name: str) -> Object:
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


@pytest.fixture(scope="session")
def lab() -> SimpleNamespace:
    return SimpleNamespace(
        advertisement=advertisement,
        again=again,
        deployment=deployment,
        find=find,
        namespace=namespace,
        node=node,
        obj=obj,
        pods=pods,
        pool=pool,
        run=run,
        service=service,
    )
