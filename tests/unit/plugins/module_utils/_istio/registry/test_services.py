# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import (
    is_http,
    parse,
    service_port_protocol,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Services,
    kubernetes_service,
)

HOST = "helloworld.sample.svc.cluster.local"


def services_of(objects, *, remote=()):
    clusters = [ClusterState("east", objects), ClusterState("west", list(remote))]
    return Services(IstiodClusters(clusters, "east"))


@pytest.mark.parametrize(
    ("number", "name", "transport", "app_protocol", "expected"),
    [
        (80, "http", "TCP", None, "http"),
        (80, "HTTP-web", "TCP", None, "http"),
        (80, "http2-x", "TCP", None, "http2"),
        (80, "grpc", "TCP", None, "grpc"),
        (80, "grpc-web-x", "TCP", None, "grpc-web"),
        (443, "https-x", "TCP", None, "https"),
        (80, "web", "TCP", None, "unknown"),
        (80, "", "TCP", None, "unknown"),
        (80, "httpx", "TCP", None, "unknown"),
        (3306, "db", "TCP", None, "tcp"),
        (3306, "mysql", "TCP", None, "mysql"),
        (80, "tcp-web", "TCP", "http", "http"),
        (80, "http", "TCP", "kubernetes.io/h2c", "http2"),
        (80, "http", "TCP", "example.com/own", "unknown"),
        (53, "dns", "UDP", None, "udp"),
    ],
)
def test_protocol_selection(number, name, transport, app_protocol, expected):
    assert service_port_protocol(number, name, transport, app_protocol) == expected


def test_protocol_names():
    assert [parse(n) for n in ("GRPC", "MySQL", "", "TLS")] == ["grpc", "mysql", "unknown", "tls"]
    assert is_http("grpc") and not is_http("tls") and not is_http("unknown")


def test_kubernetes_service(k8s):
    obj = k8s.service(
        "helloworld",
        ports=[
            {"name": "http", "port": 5000, "targetPort": 8080},
            {"name": "tcp-x", "port": 9, "targetPort": "nine"},
            {"name": "plain", "port": 7},
        ],
        labels={"a": "b"},
        annotations={"networking.istio.io/exportTo": "., other"},
    )
    service = kubernetes_service(ClusterState("east", []), obj)
    assert service.host == HOST
    assert service.resolution == "CLIENT_SIDE"
    assert service.addresses == ("10.255.0.1",)
    assert not service.mesh_external
    assert [(p.name, p.number, p.protocol, p.target) for p in service.ports] == [
        ("http", 5000, "http", 8080),
        ("tcp-x", 9, "tcp", "nine"),
        ("plain", 7, "unknown", 7),
    ]
    assert service.port(9).name == "tcp-x"
    assert service.port("http").number == 5000
    assert service.port(5001) is None
    assert service.visible_in("sample") and service.visible_in("other")
    assert not service.visible_in("third")


def test_headless_and_external_name(k8s):
    state = ClusterState("east", [])
    headless = kubernetes_service(state, k8s.service("h", ip="None"))
    assert (headless.resolution, headless.addresses) == ("HEADLESS", ())
    alias = k8s.service("e", spec={"type": "ExternalName"})
    assert kubernetes_service(state, alias) is None


@pytest.mark.parametrize(
    ("field", "annotation", "namespace", "expected"),
    [
        ("PreferClose", "PreferSameNode", None, "PreferClose"),
        ("preferclose", "prefersamenode", None, "PreferSameNode"),
        (None, "Bogus", "PreferClose", ""),
        (None, None, "preferclose", "PreferClose"),
        (None, None, None, ""),
    ],
)
def test_traffic_distribution(k8s, field, annotation, namespace, expected):
    key = "networking.istio.io/traffic-distribution"
    obj = k8s.service("s", spec={"trafficDistribution": field} if field else {})
    if annotation:
        obj["metadata"]["annotations"] = {key: annotation}
    space = k8s.obj("Namespace", "sample", annotations={key: namespace} if namespace else {})
    assert kubernetes_service(ClusterState("e", [space]), obj).traffic_distribution == expected


def entry(k8s, name="se", namespace="sample", status=None, created="", **spec):
    body = {
        "hosts": ["db.example.com"],
        "ports": [{"number": 3306, "name": "tcp", "protocol": "TCP"}],
        **spec,
    }
    parts = {"status": status} if status else {}
    return k8s.obj("ServiceEntry", name, namespace, spec=body, creationTimestamp=created, **parts)


@pytest.mark.parametrize(
    ("spec", "resolution", "external"),
    [
        ({}, "NONE", True),
        ({"resolution": "STATIC", "location": "MESH_INTERNAL"}, "CLIENT_SIDE", False),
        ({"resolution": "DNS", "location": "MESH_EXTERNAL"}, "DNS", True),
        ({"resolution": "DNS_ROUND_ROBIN"}, "DNS_ROUND_ROBIN", True),
    ],
)
def test_service_entry_resolution_and_location(k8s, spec, resolution, external):
    (service,) = services_of([entry(k8s, **spec)]).all
    assert (service.resolution, service.mesh_external) == (resolution, external)


def test_allocated_addresses_are_only_seen_through_dns_capture(k8s):
    status = {
        "addresses": [
            {"value": "240.240.0.1", "host": "db.example.com"},
            {"value": "240.240.0.2", "host": "other.example.com"},
        ]
    }
    (service,) = services_of([entry(k8s, status=status)]).all
    assert service.addresses == ("240.240.0.1",)
    assert service.usable_addresses(dns_capture=True) == ("240.240.0.1",)
    assert service.usable_addresses(dns_capture=False) == ()
    (fixed,) = services_of([entry(k8s, status=status, addresses=["10.1.1.1"])]).all
    assert fixed.usable_addresses(dns_capture=False) == ("10.1.1.1",)


def test_one_host_in_several_namespaces(k8s):
    objects = [
        k8s.service("helloworld"),
        entry(k8s, "shadow", "own", hosts=[HOST]),
        entry(k8s, "elsewhere", "aaa", hosts=[HOST]),
    ]
    services = services_of(objects)
    assert services.visible("own")[HOST].name == "shadow"
    assert services.visible("third")[HOST].kind == "Service"
    assert services.visible("aaa")[HOST].name == "elsewhere"
    assert services.visible_to_gateway("own")[HOST].kind == "Service"


def test_entries_of_one_host_in_one_namespace_unite_their_ports(k8s):
    other = [
        {"number": 3306, "name": "later", "protocol": "HTTP"},
        {"number": 80, "name": "http", "protocol": "HTTP"},
    ]
    objects = [
        entry(k8s, "young", created="2026-02-01T00:00:00Z", ports=other),
        entry(k8s, "old", created="2026-01-01T00:00:00Z"),
    ]
    (service,) = services_of(objects).all
    assert service.name == "old"
    assert [(p.number, p.name) for p in service.ports] == [(3306, "tcp"), (80, "http")]


def test_an_entry_does_not_change_the_ports_of_a_kubernetes_service(k8s):
    objects = [k8s.service("helloworld"), entry(k8s, hosts=[HOST])]
    (service,) = services_of(objects).all
    assert service.kind == "Service"
    assert [p.number for p in service.ports] == [5000]


def test_entries_exported_to_named_namespaces_come_first_then_the_oldest(k8s):
    objects = [
        entry(k8s, "public-old", "a", created="2026-01-01T00:00:00Z"),
        entry(k8s, "public-new", "b", created="2026-01-02T00:00:00Z"),
        entry(k8s, "named", "c", created="2026-01-03T00:00:00Z", exportTo=["x"]),
        entry(k8s, "private", "d", created="2026-01-01T00:00:00Z", exportTo=["."]),
    ]
    services = services_of(objects)
    assert services.visible("x")["db.example.com"].name == "named"
    assert services.visible("y")["db.example.com"].name == "public-old"
    assert services.visible("d")["db.example.com"].name == "private"


def test_services_merge_by_host_and_the_local_cluster_lends_its_address(k8s):
    local = [k8s.remote_secret("west"), k8s.service("helloworld", ip="10.1.0.1")]
    remote = [k8s.service("helloworld", ip="10.2.0.1"), k8s.service("only-west", ip="10.2.0.2")]
    found = services_of(local, remote=remote).visible("sample")
    assert found[HOST].addresses == ("10.1.0.1",)
    assert found[HOST].cluster == "east"
    assert found["only-west.sample.svc.cluster.local"].addresses == ("10.2.0.2",)
    alone = services_of(local[1:], remote=remote).visible("sample")
    assert list(alone) == [HOST]
