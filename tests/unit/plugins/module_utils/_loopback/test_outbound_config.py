# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars that are alike share what is computed, and only they."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.cluster_files import (
    ClusterInputsBuilder,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.outbound_config import (
    Outbound,
    OutboundConfigCache,
)

Object = dict[str, t.Any]

ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
CAPTURE = {"proxy.istio.io/config": "proxyMetadata: {ISTIO_META_DNS_CAPTURE: 'true'}"}


def obj(kind: str, name: str, version: str = "v1", **parts: t.Any) -> Object:
    metadata = {"name": name, "namespace": parts.pop("namespace", "sample")}
    if kind in ("Namespace", "Node"):
        del metadata["namespace"]
    labels = {"labels": parts.pop("labels")} if "labels" in parts else {}
    return {"apiVersion": version, "kind": kind, "metadata": {**metadata, **labels}, **parts}


def deployment(name: str, zone: str, **how: t.Any) -> Object:
    labels = {"app": name.partition("-")[0], "version": name, **how.get("labels", {})}
    spec = {
        "nodeSelector": {ZONE: zone},
        "containers": [{"name": "app", "ports": [{"containerPort": 5000}]}],
        **how.get("spec", {}),
    }
    annotations = {"eastwest.mesh/app": "helloworld", **how.get("annotations", {})}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}
    return obj(
        "Deployment",
        name,
        "apps/v1",
        namespace=how.get("namespace", "sample"),
        spec={
            "replicas": how.get("replicas", 1),
            "selector": {"matchLabels": {"version": name}},
            "template": template,
        },
    )


def rule(policy: Object, **more: t.Any) -> Object:
    spec = {"host": "hello.sample.svc.cluster.local", "trafficPolicy": policy, **more}
    return obj("DestinationRule", "hello", "networking.istio.io/v1", spec=spec)


PRIORITY = {
    "outlierDetection": {"consecutive5xxErrors": 1},
    "loadBalancer": {"localityLbSetting": {"failoverPriority": ["version"]}},
}
FAILOVER = {
    "outlierDetection": {"consecutive5xxErrors": 1},
    "loadBalancer": {"localityLbSetting": {"enabled": True}},
}


def routes(*http: Object, **more: Object) -> Object:
    spec = {"hosts": ["hello"], "http": [*http], **more}
    return obj("VirtualService", "hello", "networking.istio.io/v1", spec=spec)


TO_ITSELF = {"route": [{"destination": {"host": "hello"}}]}
FOR_TWO = routes(
    {"match": [{"sourceLabels": {"version": "hello-two"}}], "timeout": "2s", **TO_ITSELF}
)
ONLY_FOR_TWO = obj(
    "Sidecar",
    "two",
    "networking.istio.io/v1",
    spec={
        "workloadSelector": {"labels": {"version": "hello-two"}},
        "egress": [{"hosts": ["istio-system/*"]}],
    },
)


def objects(*more: Object, distribution: str = "") -> list[Object]:
    spec: Object = {"selector": {"app": "hello"}, "ports": [{"name": "http", "port": 5000}]}
    if distribution:
        spec["trafficDistribution"] = distribution
    nodes = [
        obj("Node", f"node-{zone}", labels={REGION: "east", ZONE: zone}) for zone in ("z1", "z2")
    ]
    namespaces = [
        obj("Namespace", name, labels={"istio-injection": "enabled"})
        for name in ("sample", "elsewhere")
    ]
    return [
        *namespaces,
        *nodes,
        obj("Service", "hello", spec=spec),
        deployment("hello-one", "z1", replicas=2),
        deployment("hello-two", "z1"),
        deployment("hello-three", "z2"),
        *more,
    ]


def outbounds(given: list[Object]) -> tuple[dict[str, Outbound], dict[str, Outbound]]:
    """By the first pod of each Deployment: what it shares, and what is computed for it alone."""
    view = PushContext.of([ClusterState("east", as_cluster("east", given))], "east")
    together = OutboundConfigCache(view, ClusterInputsBuilder(view))
    shared: dict[str, Outbound] = {}
    alone: dict[str, Outbound] = {}
    for pod in view.mesh.local.objects("Pod"):
        name = pod["metadata"]["labels"]["version"]
        client = view.client(pod)
        shared[name] = together.of(pod, client)
        alone[name] = OutboundConfigCache(view, ClusterInputsBuilder(view)).of(pod, client)
    return shared, alone


def test_pods_of_one_zone_share() -> None:
    shared, _alone = outbounds(objects(rule(FAILOVER)))
    assert shared["hello-one"] is shared["hello-two"]
    assert shared["hello-one"].files != shared["hello-three"].files


@pytest.mark.parametrize(
    "given",
    [
        objects(),
        objects(rule(FAILOVER)),
        objects(rule(PRIORITY)),
        objects(rule({}, workloadSelector={"matchLabels": {"version": "hello-two"}})),
        objects(
            deployment("hello-four", "z1", labels={"topology.istio.io/subzone": "s"}),
            distribution="PreferSameNode",
        ),
        objects(FOR_TWO),
        objects(ONLY_FOR_TWO),
    ],
    ids=[
        *("no rule", "failover", "failoverPriority", "workloadSelector", "trafficDistribution"),
        *("sourceLabels", "Sidecar"),
    ],
)
def test_what_is_shared_is_what_each_would_get(given: list[Object]) -> None:
    shared, alone = outbounds(given)
    assert shared == alone


@pytest.mark.parametrize(
    "given",
    [
        objects(rule(PRIORITY)),
        objects(rule(PRIORITY, exportTo=["*"])),
        objects(
            rule(
                {"connectionPool": {"http": {"maxRequestsPerConnection": 1}}},
                workloadSelector={"matchLabels": {"version": "hello-two"}},
            )
        ),
        objects(FOR_TWO),
        objects(ONLY_FOR_TWO),
    ],
)
def test_labels_keep_apart_where_a_rule_looks_at_them(given: list[Object]) -> None:
    shared, _alone = outbounds(given)
    assert shared["hello-one"].files != shared["hello-two"].files


@pytest.mark.parametrize(
    "how",
    [
        {"namespace": "elsewhere"},
        {"annotations": CAPTURE},
        {"spec": {"hostAliases": [{"ip": "10.0.0.9", "hostnames": ["db.example"]}]}},
    ],
    ids=["namespace", "DNS capture", "hosts file"],
)
def test_pods_that_see_other_names_are_not_alike(how: Object) -> None:
    entry = obj(
        "ServiceEntry",
        "db",
        "networking.istio.io/v1",
        spec={
            "hosts": ["db.example"],
            "ports": [{"number": 3306, "name": "tcp", "protocol": "TCP"}],
            "resolution": "DNS",
            "endpoints": [{"address": "db.example"}],
        },
        status={"addresses": [{"value": "240.240.0.1", "host": "db.example"}]},
    )
    shared, alone = outbounds(objects(entry, deployment("other", "z1", **how)))
    assert shared == alone
    assert shared["other"] != shared["hello-one"]


def test_routes_of_a_virtual_service_are_the_virtual_hosts() -> None:
    weights = [
        {"destination": {"host": "hello", "subset": name}, "weight": weight}
        for name, weight in (("one", 90), ("two", 10))
    ]
    subsets = [{"name": name, "labels": {"version": f"hello-{name}"}} for name in ("one", "two")]
    first = {"match": [{"uri": {"prefix": "/new"}}], "directResponse": {"status": 418}}
    shared, _alone = outbounds(
        objects(rule({}, subsets=subsets), routes(first, {"route": weights}))
    )
    (host,) = shared["hello-three"].hosts[5000]
    direct, weighted = host.routes
    assert (direct["match"]["prefix"], direct["direct_response"]) == ("/new", {"status": 418})
    name = "outbound|5000|{}|hello.sample.svc.cluster.local".format
    assert weighted["route"]["weighted_clusters"]["clusters"] == [
        {"name": name("one"), "weight": 90},
        {"name": name("two"), "weight": 10},
    ]


def test_a_sidecar_hides_hosts() -> None:
    shared, _alone = outbounds(objects(ONLY_FOR_TWO))
    assert 5000 in shared["hello-one"].hosts
    assert not shared["hello-two"].hosts
