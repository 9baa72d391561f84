# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proxies know of the other clusters of their mesh."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.clusters import endpoints_file
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.proxy_config import (
    ProxyConfigGenerator,
)

Object = dict[str, t.Any]
HOST = "hello.sample.svc.cluster.local"
CLUSTER = f"outbound|5000||{HOST}"
SNI = f"outbound_.5000_._.{HOST}"
NETWORK = "topology.istio.io/network"


def obj(kind: str, name: str, namespace: str = "", version: str = "v1", **parts: t.Any) -> Object:
    place = {"namespace": namespace} if namespace else {}
    labels = {"labels": parts.pop("labels")} if "labels" in parts else {}
    meta = {"name": name, **place, **labels}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **parts}


def deployment(name: str, namespace: str, app: str, **pod: t.Any) -> Object:
    labels = {"app": app, **pod.pop("labels", {})}
    template = {
        "metadata": {"labels": labels, "annotations": pod.pop("annotations", {})},
        "spec": {"containers": [{"name": app, "ports": [{"containerPort": 5000}]}], **pod},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": app}}, "template": template}
    return obj("Deployment", name, namespace, "apps/v1", spec=spec)


def service(name: str, namespace: str, number: int, **more: t.Any) -> Object:
    labels, status = more.pop("labels", {}), more.pop("status", {})
    spec = {
        "selector": {"app": name},
        "ports": [{"name": "http", "port": number}],
    }
    return obj("Service", name, namespace, labels=labels, spec=spec, status=status)


def cluster(
    name: str, knows: t.Sequence[str], zones: t.Sequence[str], hosts: t.Any
) -> list[Object]:
    """One cluster in a network of its own, with a gateway at 10.9.9.<first letter>."""
    network = f"{name}-network"
    gateway_labels = {NETWORK: network}
    address = f"10.9.9.{ord(name[0])}"
    keys = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")
    objects = [
        obj("Namespace", "istio-system", labels=gateway_labels),
        obj("Secret", "cacerts", "istio-system", stringData=dict.fromkeys(keys, "pem")),
        deployment("client", "sample", "sleep", annotations={"eastwest.mesh/app": "sleep"}),
        service("hello", "sample", 5000),
        deployment(
            "gateway",
            "istio-system",
            "gateway",
            labels={"sidecar.istio.io/inject": "true", **gateway_labels},
            annotations={"inject.istio.io/templates": "gateway"},
            containers=[
                {
                    "name": "istio-proxy",
                    "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network}],
                }
            ],
        ),
        service(
            "gateway",
            "istio-system",
            15443,
            labels=gateway_labels,
            status={"loadBalancer": {"ingress": [{"ip": address}]}},
        ),
        obj(
            "Gateway",
            "gateway",
            "istio-system",
            "networking.istio.io/v1",
            spec={
                "selector": {"app": "gateway"},
                "servers": [
                    {
                        "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
                        "tls": {"mode": "AUTO_PASSTHROUGH"},
                        "hosts": hosts,
                    }
                ],
            },
        ),
        *(
            obj(
                "Secret",
                other,
                "istio-system",
                labels={"istio/multiCluster": "true"},
                data={other: ""},
            )
            for other in knows
        ),
    ]
    for zone in zones:
        region = {
            "topology.kubernetes.io/region": name,
            "topology.kubernetes.io/zone": zone,
            "kubernetes.io/hostname": f"{name}-{zone}",
        }
        objects.append(obj("Node", f"{name}-{zone}", labels=region))
        objects.append(
            deployment(
                f"hello-{zone}",
                "sample",
                "hello",
                nodeSelector={"topology.kubernetes.io/zone": zone},
                annotations={"eastwest.mesh/app": "helloworld"},
            )
        )
    return as_cluster(name, objects)


def lab(
    west: t.Sequence[str] = ("z1", "z2"),
    hosts: t.Any = ("*.local",),
    knows: t.Sequence[str] = ("west",),
) -> dict[str, list[Object]]:
    return {
        "east": cluster("east", knows, ["z1"], list(hosts)),
        "west": cluster("west", ["east"], west, list(hosts)),
    }


def files_of(clusters: t.Mapping[str, list[Object]], name: str, pod: str) -> dict[str, t.Any]:
    view = PushContext.of([ClusterState(each, objects) for each, objects in clusters.items()], name)
    for found in ProxyConfigGenerator(view, Path).proxies():
        if found.directory.name.startswith(pod.partition("_")[2]):
            return {path: json.loads(content) for path, content in found.content.items()}
    raise LookupError(pod)


def groups_of(files: t.Mapping[str, t.Any], upstream: str = CLUSTER) -> list[t.Any]:
    """Locality, group weight and the addresses with their weights."""
    assignment = files[endpoints_file(upstream)]["resources"][0]
    return [
        (
            f"{group['locality']['region']}/{group['locality']['zone']}",
            group.get("load_balancing_weight"),
            [
                (
                    f"{each['endpoint']['address']['socket_address']['address']}"
                    f":{each['endpoint']['address']['socket_address']['port_value']}",
                    each["load_balancing_weight"],
                )
                for each in group["lb_endpoints"]
            ],
        )
        for group in assignment["endpoints"]
    ]


def pod_address(clusters: t.Mapping[str, list[Object]], name: str, pod: str) -> str:
    found = [
        each["status"]["podIP"]
        for each in clusters[name]
        if each["kind"] == "Pod" and each["metadata"]["name"].startswith(pod)
    ]
    return f"{found[0]}:5000"


def test_endpoints_of_another_network_are_its_gateway_at_their_own_locality() -> None:
    clusters = lab()
    assert groups_of(files_of(clusters, "east", "sample_client")) == [
        ("east/z1", 1, [(pod_address(clusters, "east", "hello-z1"), 1)]),
        ("west/z1", 1, [("10.9.9.119:15443", 1)]),
        ("west/z2", 1, [("10.9.9.119:15443", 1)]),
    ]


def test_without_a_remote_secret_there_is_nothing_of_the_other_cluster() -> None:
    localities = [group[0] for group in groups_of(files_of(lab(knows=()), "east", "sample_client"))]
    assert localities == ["east/z1"]


def test_a_change_in_one_cluster_reaches_the_proxies_of_the_other() -> None:
    before = files_of(lab(west=["z1"]), "east", "sample_client")
    after = files_of(lab(west=["z1", "z2"]), "east", "sample_client")
    assert len(groups_of(after)) == len(groups_of(before)) + 1


def test_a_gateway_sends_only_to_its_own_network() -> None:
    clusters = lab()
    found = groups_of(files_of(clusters, "west", "istio-system_gateway"), SNI)
    assert [address for group in found for address, _weight in group[2]] == [
        pod_address(clusters, "west", "hello-z1"),
        pod_address(clusters, "west", "hello-z2"),
    ]


@pytest.mark.parametrize(
    ("hosts", "exposed"),
    [
        (["*.local"], True),
        ([HOST], True),
        (["sample/*.local"], True),
        (["other.sample.svc.cluster.local"], False),
        (["istio-system/*.local"], False),
    ],
)
def test_a_gateway_lets_in_what_it_exposes(hosts: list[str], exposed: bool) -> None:
    listeners = files_of(lab(hosts=hosts), "west", "istio-system_gateway")["xds/lds.json"]
    names = [
        name
        for listener in listeners["resources"]
        for chain in listener["filter_chains"]
        for name in chain["filter_chain_match"]["server_names"]
    ]
    assert (SNI in names) == exposed
