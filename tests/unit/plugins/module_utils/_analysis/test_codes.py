# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code: a lab in which it is found, and the same lab put right, in which it is not."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import (
    FINDING_TYPES,
    SUBJECTS,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    SEVERITIES,
    FindingType,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    EAST_NODES,
    EAST_PODS,
    EJECTION,
    FAILOVER,
    HOST,
    MTLS,
    NETWORK,
    REGION,
    ZONE,
    Lab,
    backend,
    entry,
    http_route,
    lab,
    mesh_config,
    node,
    obj,
    pod,
    policy,
    routes,
    rule,
    service,
    sidecar,
    to,
)

STRICT = {
    "apiVersion": "security.istio.io/v1",
    "kind": "PeerAuthentication",
    "metadata": {"name": "default", "namespace": "istio-system"},
    "spec": {"mtls": {"mode": "STRICT"}},
}


def one(setting: t.Any = None, **blocks: t.Any) -> Lab:
    """The lab with one rule."""
    return lab(rule(policy(setting, **blocks)))


def with_entry(*args: t.Any, **parts: t.Any) -> Lab:
    """The lab with its failover rule and another import."""
    return lab(rule(policy(FAILOVER)), entries=[entry(*args, **parts)])


def priorities(*labels: str) -> dict[str, t.Any]:
    return {"failoverPriority": list(labels)}


def subset(name: str, label: str = "v1", **parts: t.Any) -> dict[str, t.Any]:
    return {"name": name, "labels": {"version": label}, **parts}


def with_subsets(*subsets: t.Any) -> Lab:
    pods = [
        EAST_PODS[0],
        pod("helloworld-zone1", "east-worker", labels={"version": "v1"}),
        pod("helloworld-zone2", "east-worker2", labels={"version": "v1"}),
    ]
    return lab(rule(policy(FAILOVER), subsets=list(subsets)), pods=pods)


def with_port(number: int = 5000, **blocks: t.Any) -> Lab:
    entry_for_port = {"port": {"number": number}, **blocks}
    return one(FAILOVER, portLevelSettings=[entry_for_port])


def unspoken() -> dict[str, t.Any]:
    """A ServiceEntry whose port says nothing of its protocol."""
    spec = {
        "hosts": ["web.example"],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": 80, "name": "web"}],
        "endpoints": [{"address": "192.0.2.1", "locality": "west/zone3"}],
    }
    return obj("ServiceEntry", "web", "sample", spec=spec)


FULL = {
    "loadBalancer": {"simple": "ROUND_ROBIN", "localityLbSetting": FAILOVER},
    "connectionPool": {"http": {"maxRequestsPerConnection": 1}},
    "outlierDetection": EJECTION,
}


def service_entry(**spec: t.Any) -> dict[str, t.Any]:
    body = {
        "hosts": ["httpbin.sample.svc.cluster.local"],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": 8000, "name": "http", "protocol": "HTTP"}],
        "endpoints": [
            {
                "address": "172.18.128.1",
                "ports": {"http": 15443},
                "labels": {MTLS: "istio"},
                "network": "west-network",
                "locality": "west/zone3",
            }
        ],
        **spec,
    }
    return obj("ServiceEntry", "httpbin-west", "sample", spec=body)


def dns(*localities: str) -> Lab:
    endpoints = [
        {"address": f"host{number}.example.com", "locality": locality}
        for number, locality in enumerate(localities)
    ]
    imported = service_entry(resolution="DNS", endpoints=endpoints)
    balancing = policy(priorities(NETWORK), connectionPool=None)
    host = "httpbin.sample.svc.cluster.local"
    return lab(rule(balancing, host=host), extra=[imported])


def gateway(**env: str) -> list[dict[str, t.Any]]:
    """East's own gateway, which exposes helloworld."""
    servers = [
        {
            "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
            "tls": {"mode": "AUTO_PASSTHROUGH"},
            "hosts": [HOST],
        }
    ]
    return [
        pod(
            "istio-eastwestgateway",
            "east-worker",
            "istio-system",
            app="eastwest",
            proxy="router",
            env=env,
        ),
        obj(
            "Gateway",
            "exposed",
            "istio-system",
            spec={"selector": {"app": "eastwest"}, "servers": servers},
        ),
    ]


def multi_primary(*zones: str, gateways: bool = True, sidecar: bool = True, **parts: t.Any) -> Lab:
    """East watches west's API server, too; there is no import."""
    secret = obj(
        "Secret",
        "west",
        "istio-system",
        labels={"istio/multiCluster": "true"},
        data={"west": ""},
    )
    zones = zones or ("zone3",)
    rules = parts.pop("rules", [rule(policy(FAILOVER))])
    parts["west_nodes"] = [node(f"west-{zone}", "west", zone) for zone in zones]
    extra = [secret, *parts.pop("extra", ())]
    found = lab(*rules, entries=[], extra=extra, **parts)
    found.west.append(service())
    found.west += [
        pod(f"helloworld-{zone}", f"west-{zone}", network="west-network", sidecar=sidecar)
        for zone in zones
    ]
    if gateways:
        found.west.append(network_gateway("west-network", "172.18.128.1"))
    return found


def from_network(network: str) -> Lab:
    """A client whose proxy is told this network, in a cluster with a gateway of its own."""
    sleep = pod("sleep", "east-worker", "sleep", app="sleep", network=network)
    gateway_service = network_gateway("east-network", "172.18.127.1")
    return multi_primary(pods=[sleep, *EAST_PODS[1:]], extra=[gateway_service])


def weighing(imported: t.Any, simple: str) -> Lab:
    balancer = {"simple": simple}
    body = policy(loadBalancer=balancer, outlierDetection=None)
    return lab(rule(body), entries=[imported])


def unready_pod() -> dict[str, t.Any]:
    return pod("helloworld-late", "east-worker", ready=False)


def warming_up(setting: t.Any) -> Lab:
    balancer = {"simple": "ROUND_ROBIN", "warmup": {"duration": "60s"}}
    return one(loadBalancer={**balancer, "localityLbSetting": setting})


def hashing(setting: t.Any) -> Lab:
    balancer = {"consistentHash": {"httpHeaderName": "x-user"}, "localityLbSetting": setting}
    return one(loadBalancer=balancer)


def least_request(setting: t.Any, region: str) -> Lab:
    """A client in another region than the endpoints, which share a priority."""
    nodes = [*EAST_NODES, node("far", region, "zone3")]
    pods = [pod("sleep", "far", "sleep", app="sleep"), *EAST_PODS[1:]]
    ruled = rule(policy(loadBalancer={"localityLbSetting": setting}))
    return lab(ruled, nodes=nodes, pods=pods, entries=[])


def weighted_across(*zones: str) -> Lab:
    weights = {"east/zone1": 10, "east/zone2": 10, "west": 80}
    return multi_primary(*zones, rules=[rule(policy(to(weights)))])


def network_gateway(network: str, address: str) -> dict[str, t.Any]:
    return {
        **obj(
            "Service",
            "istio-eastwestgateway",
            "istio-system",
            labels={NETWORK: network},
            spec={"ports": [{"name": "tls", "port": 15443}], "clusterIP": "10.255.10.15"},
        ),
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    }


def counted(*zones: str) -> Lab:
    nodes = [node(f"c1n{number}", "east", zone) for number, zone in enumerate(zones, 1)]
    pods = [pod("sleep", "c1n1", "sleep", app="sleep"), pod("helloworld-zone1", "c1n1")]
    return lab(nodes=nodes, pods=pods)


def close(value: str = "PreferClose") -> dict[str, t.Any]:
    return service(trafficDistribution=value)


def canary(east: str, west: str = "v2") -> Lab:
    """Failover, a route to a subset, and the versions of the pods in both regions."""
    pods = [
        EAST_PODS[0],
        *(
            pod(each["metadata"]["name"], each["spec"]["nodeName"], labels={"version": east})
            for each in EAST_PODS[1:]
        ),
    ]
    imported = entry(labels={"app": "helloworld", MTLS: "istio", "version": west})
    ruled = rule(policy(FAILOVER), subsets=[subset("one", east)])
    to_subset = routes({"route": [{"destination": {"host": HOST, "subset": "one"}}]})
    return lab(ruled, pods=pods, entries=[imported], extra=[to_subset])


def granted(section: str | None = None) -> Lab:
    """A route at a Gateway of the Gateway API, to a backend of another namespace."""
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    entrance = {"gatewayClassName": "istio", "listeners": [listener]}
    labels = {"gateway.networking.k8s.io/gateway-name": "entry"}
    parent = {"name": "entry", **({"sectionName": section} if section else {})}
    spec = {"parentRefs": [parent], "rules": [backend(namespace="sample")]}
    gateway_object = obj("Gateway", "entry", "edge", spec=entrance)
    gateway_object["apiVersion"] = "gateway.networking.k8s.io/v1"
    return lab(
        pods=[
            *EAST_PODS,
            pod("entry-istio", "east-worker", "edge", app="entry", proxy="router", labels=labels),
        ],
        extra=[gateway_object, obj("HTTPRoute", "entry", "edge", spec=spec)],
    )


def bound(*gateways: str, host: str = "shop.example.com") -> Lab:
    """A VirtualService for a host, and a Gateway of another namespace that has the host."""
    server = {
        "port": {"number": 80, "name": "http", "protocol": "HTTP"},
        "hosts": ["shop.example.com"],
    }
    entrance = {"selector": {"app": "entry"}, "servers": [server]}
    virtual = {
        "hosts": [host],
        "gateways": list(gateways),
        "http": [{"route": [{"destination": {"host": HOST}}]}],
    }
    return lab(
        extra=[
            obj("Gateway", "entry", "istio-system", spec=entrance),
            obj("VirtualService", "entry", "sample", spec=virtual),
        ]
    )


EAST_OF_TWO = {"distribute": [{"from": "east/*", "to": {"east/zone1": 50, "west/*": 50}}]}
NOWHERE = [
    pod("sleep", "unlabelled", "sleep", app="sleep"),
    *EAST_PODS[1:],
]

# covers nothing of the lab
UNCOVERING = to({"west/zone9": 100}, "*")

# code -> where it is found, where it is not
LABS: dict[str, tuple[t.Callable[[], Lab], t.Callable[[], Lab]]] = {
    "EW101": (lambda: with_entry("west/zone9x"), lambda: with_entry("west/zone3")),
    "EW102": (lambda: with_entry("us/west/zone3"), lambda: with_entry("west/zone3")),
    "EW103": (lambda: with_entry("West/zone3"), lambda: with_entry("west/zone3/")),
    "EW104": (lambda: with_entry("west/zone3/a/b"), lambda: with_entry("west/zone3/a")),
    "EW105": (lambda: with_entry(without=["locality"]), with_entry),
    "EW106": (
        lambda: lab(
            rule(policy(to({"east/zone1": 50, "east/zone2": 50}))), entries=[entry("east/zone1")]
        ),
        lambda: lab(
            rule(policy(to({"east/zone1": 50, "east/zone2": 50}))), entries=[entry("east/zone1/")]
        ),
    ),
    "EW111": (
        lambda: one(to({"east/zone1": 20, "north/zone7": 80})),
        lambda: one(to({"east/zone1": 20, "west/zone3": 80})),
    ),
    "EW112": (
        lambda: one(to({"east/zone1": 20, "us/west": 80})),
        lambda: one(to({"east": 20, "west": 80})),
    ),
    "EW113": (
        lambda: one(to({"east/Zone1": 20, "west/zone3": 80})),
        lambda: one(to({"east/zone1": 20, "west/zone3": 80})),
    ),
    "EW114": (
        lambda: one(to({"east/zone1/*/*x": 20, "east/zone1/a/b": 80})),
        lambda: one(to({"east/zone1/*": 20, "west/zone3/*": 80})),
    ),
    "EW201": (
        lambda: one(to({"east/zone1": 100, "west/zone3": 0})),
        lambda: one(to({"east/zone1": 100})),
    ),
    "EW202": (
        lambda: one(to({"east/zone1": 50, "west/zone3": 40})),
        lambda: one(to({"east/zone1": 50, "west/zone3": 50})),
    ),
    "EW203": (
        lambda: one(to({"east/*": 50, "east/zone1": 50})),
        lambda: one(to({"east/zone2": 50, "east/zone1": 50})),
    ),
    "EW204": (lambda: one({**to(), **FAILOVER}), lambda: one(to())),
    "EW205": (
        lambda: one({"distribute": [*to(source="*")["distribute"], *to()["distribute"]]}),
        lambda: one({"distribute": [*to()["distribute"], *to(source="*")["distribute"]]}),
    ),
    "EW206": (
        lambda: one(to({"east/z*1": 100})),
        lambda: one(to({"east/*": 100})),
    ),
    "EW207": (lambda: one(to({"east/": 100})), lambda: one(to({"east": 100}))),
    "EW211": (
        lambda: lab(rule(policy(to())), entries=[]),
        lambda: one(to()),
    ),
    "EW212": (
        lambda: lab(rule(policy(to())), drained=["sample/helloworld-zone2"]),
        lambda: one(to()),
    ),
    "EW213": (
        lambda: lab(rule(policy(to({"west/zone3": 100}))), entries=[]),
        lambda: one(to({"west/zone3": 100})),
    ),
    "EW214": (lambda: one(to({"east/zone1": 20, "west": 80})), lambda: one(to())),
    "EW215": (lambda: one({**to(), **priorities(NETWORK)}), lambda: one(to())),
    "EW216": (lambda: one(to(source="east/zone2")), lambda: one(to(source="east"))),
    "EW217": (
        lambda: weighted_across("zone3", "zone4"),
        lambda: weighted_across("zone3"),
    ),
    "EW218": (
        lambda: multi_primary("zone3", "zone4", rules=[rule(policy(to()))]),
        lambda: multi_primary("zone3", rules=[rule(policy(to()))]),
    ),
    "EW301": (
        lambda: one({"failover": [{"from": "east", "to": "east"}]}),
        lambda: one(FAILOVER),
    ),
    "EW302": (
        lambda: one({"failover": [{"from": "east/zone1", "to": "west"}]}),
        lambda: one(FAILOVER),
    ),
    "EW303": (
        lambda: one({"failover": [{"from": "*", "to": "west"}]}),
        lambda: one(FAILOVER),
    ),
    "EW304": (lambda: one(FAILOVER, outlierDetection=None), lambda: one(FAILOVER)),
    "EW305": (
        lambda: one({**FAILOVER, **priorities(REGION)}),
        lambda: one({**FAILOVER, **priorities(NETWORK)}),
    ),
    "EW306": (
        lambda: one(loadBalancer={"localityLbSetting": FAILOVER, "zoneAwareLbSetting": {}}),
        lambda: one(FAILOVER),
    ),
    "EW307": (
        lambda: one(loadBalancer={"zoneAwareLbSetting": priorities(ZONE)}),
        lambda: one(loadBalancer={"zoneAwareLbSetting": priorities(NETWORK)}),
    ),
    "EW308": (lambda: lab(rule(policy(FAILOVER)), entries=[]), lambda: one(FAILOVER)),
    "EW309": (
        lambda: one({"failover": [*FAILOVER["failover"], {"from": "east", "to": "north"}]}),
        lambda: one({"failover": [*FAILOVER["failover"], {"from": "west", "to": "east"}]}),
    ),
    "EW310": (lambda: one({**FAILOVER, "enabled": False}), lambda: one({"enabled": False})),
    "EW321": (lambda: one(priorities("rack")), lambda: one(priorities("app"))),
    "EW322": (
        lambda: multi_primary(rules=[rule(policy(priorities(REGION)))]),
        lambda: multi_primary(rules=[rule(policy(priorities(NETWORK)))]),
    ),
    "EW323": (lambda: dns("east/zone1", "west/zone3"), lambda: dns("west/zone3", "west/zone3")),
    "EW324": (lambda: one(priorities("app", "app")), lambda: one(priorities("app", NETWORK))),
    "EW325": (
        lambda: lab(
            rule(policy(priorities(ZONE))), west_nodes=[node("west-worker", "west", "zone1")]
        ),
        lambda: lab(
            rule(policy(priorities(REGION, ZONE))),
            west_nodes=[node("west-worker", "west", "zone1")],
        ),
    ),
    "EW401": (one, lambda: one({"enabled": False})),
    "EW402": (
        lambda: one(FAILOVER, outlierDetection={"consecutive5xxErrors": 1}),
        lambda: one(FAILOVER),
    ),
    "EW403": (
        lambda: one(FAILOVER, outlierDetection={**EJECTION, "minHealthPercent": 50}),
        lambda: one(FAILOVER, outlierDetection={**EJECTION, "minHealthPercent": 0}),
    ),
    "EW404": (
        lambda: one(FAILOVER, outlierDetection={**EJECTION, "consecutive5xxErrors": 0}),
        lambda: one(FAILOVER, outlierDetection={"maxEjectionPercent": 100}),
    ),
    "EW405": (
        lambda: lab(extra=[mesh_config("defaultTrafficPolicy: {outlierDetection: {}}")]),
        lambda: lab(
            rule(policy(FAILOVER)),
            extra=[mesh_config("defaultTrafficPolicy: {outlierDetection: {}}")],
        ),
    ),
    "EW406": (
        lambda: lab(
            rule(policy(FAILOVER, outlierDetection={"maxEjectionPercent": 34})),
            pods=[*EAST_PODS, pod("helloworld-more", "east-worker")],
        ),
        lambda: lab(
            rule(policy(FAILOVER, outlierDetection={"maxEjectionPercent": 100})),
            pods=[*EAST_PODS, pod("helloworld-more", "east-worker")],
        ),
    ),
    "EW407": (
        lambda: one(FAILOVER, outlierDetection={**EJECTION, "consecutiveErrors": 3}),
        lambda: one(FAILOVER),
    ),
    "EW501": (
        lambda: lab(rule(policy(FAILOVER), host="helloword")),
        lambda: lab(rule(policy(FAILOVER), host="helloworld")),
    ),
    "EW502": (
        lambda: lab(rule(policy(FAILOVER), host="helloworld.sample")),
        lambda: lab(rule(policy(FAILOVER), host="*.sample.svc.cluster.local")),
    ),
    "EW503": (
        lambda: lab(
            rule(policy(FAILOVER), created="2026-01-01T00:00:00Z"),
            rule(policy(to()), name="split", created="2026-01-02T00:00:00Z"),
        ),
        lambda: lab(
            rule(policy(FAILOVER), created="2026-01-01T00:00:00Z"),
            rule(name="subsets", subsets=[], created="2026-01-02T00:00:00Z"),
        ),
    ),
    "EW504": (
        lambda: lab(rule(policy(FAILOVER), namespace="elsewhere")),
        lambda: lab(rule(policy(FAILOVER), namespace="istio-system")),
    ),
    "EW505": (
        lambda: with_port(connectionPool=FULL["connectionPool"]),
        lambda: with_port(**FULL),
    ),
    "EW506": (
        lambda: with_subsets(subset("v1", trafficPolicy={"loadBalancer": {"simple": "RANDOM"}})),
        lambda: with_subsets(
            subset("v1", trafficPolicy={"connectionPool": FULL["connectionPool"]})
        ),
    ),
    "EW507": (lambda: with_subsets(subset("v9", "v9")), lambda: with_subsets(subset("v1"))),
    "EW508": (lambda: with_port(8080, **FULL), lambda: with_port(5000, **FULL)),
    "EW509": (lambda: one(FAILOVER, connectionPool={}), lambda: one(FAILOVER)),
    "EW510": (
        lambda: lab(
            rule(policy({"enabled": True})),
            extra=[mesh_config("localityLbSetting: {failover: [{from: east, to: west}]}")],
        ),
        lambda: lab(
            rule(policy()),
            extra=[mesh_config("localityLbSetting: {failover: [{from: east, to: west}]}")],
        ),
    ),
    "EW511": (
        lambda: lab(rule(policy({"enabled": False})), services=[close()]),
        lambda: lab(rule(policy()), services=[close()]),
    ),
    "EW513": (
        lambda: one(FAILOVER, outlierDetecton={"consecutive5xxErrors": 1}),
        lambda: one(FAILOVER),
    ),
    "EW601": (
        lambda: with_entry(labels={"app": "helloworld"}, without=["serviceAccount"]),
        lambda: with_entry(labels={"app": "helloworld"}),
    ),
    "EW602": (lambda: with_entry(without=["serviceAccount"]), with_entry),
    "EW603": (lambda: with_entry(without=["network"]), with_entry),
    "EW604": (
        lambda: lab(extra=[network_gateway("west-network", "172.18.128.9")]),
        lambda: lab(extra=[network_gateway("west-network", "172.18.128.1")]),
    ),
    "EW605": (
        lambda: with_entry(ports={"web": 15443}),
        lambda: with_entry(ports={"http": 15443, "web": 15443}),
    ),
    "EW606": (
        lambda: lab(services=[service(ports=[{"port": 5000}])]),
        lambda: lab(services=[service()]),
    ),
    "EW607": (
        lambda: with_entry(labels={"app": "hello-world", MTLS: "istio"}),
        with_entry,
    ),
    "EW608": (lambda: with_entry(address="gateway.example.com"), with_entry),
    "EW609": (lambda: lab(services=[service(clusterIP="None")]), lab),
    "EW610": (
        lambda: lab(extra=[service_entry(location="MESH_EXTERNAL")]),
        lambda: lab(extra=[service_entry()]),
    ),
    "EW621": (
        lambda: lab(rule(policy(FAILOVER)), drained=["sample/helloworld-zone1"]),
        lambda: one(FAILOVER),
    ),
    "EW622": (
        lambda: lab(
            rule(policy(FAILOVER)),
            pods=[*EAST_PODS, pod("helloworld-late", "east-worker", ready=False)],
        ),
        lambda: lab(
            rule(policy(FAILOVER)), pods=[*EAST_PODS, pod("helloworld-late", "east-worker")]
        ),
    ),
    "EW623": (
        lambda: lab(rule(policy(FAILOVER)), pods=[EAST_PODS[0]], entries=[], extra=[unready_pod()]),
        lambda: lab(rule(policy(FAILOVER)), pods=[EAST_PODS[0]]),
    ),
    "EW624": (
        lambda: lab(pods=[EAST_PODS[0]], entries=[]),
        lambda: lab(pods=[EAST_PODS[0]]),
    ),
    "EW512": (
        lambda: lab(rule(policy(outlierDetection={"baseEjectionTime": "1 minute"}))),
        lambda: lab(rule(policy(outlierDetection={"baseEjectionTime": "1m"}))),
    ),
    "EW625": (
        lambda: lab(extra=[routes({"route": [{"destination": {"host": "hallowelt"}}]})]),
        lambda: lab(extra=[routes({"route": [{"destination": {"host": HOST}}]})]),
    ),
    "EW626": (
        lambda: lab(
            extra=[
                routes(
                    {
                        "fault": {"abort": {"httpStatus": 503, "percentage": {"value": 20}}},
                        "route": [{"destination": {"host": HOST}}],
                    }
                )
            ]
        ),
        lambda: lab(extra=[routes({"route": [{"destination": {"host": HOST}}]})]),
    ),
    "EW627": (
        lambda: lab(
            rule(policy(FAILOVER)),
            extra=[sidecar("sleep", "istio-system/*"), sidecar("sample", "istio-system/*")],
        ),
        lambda: lab(rule(policy(FAILOVER)), extra=[sidecar("sleep", "sample/*")]),
    ),
    "EW628": (
        lambda: lab(rule(policy(tls={"mode": "DISABLE"})), extra=[STRICT]),
        lambda: lab(rule(policy(tls={"mode": "ISTIO_MUTUAL"})), extra=[STRICT]),
    ),
    "EW629": (lambda: canary("v1"), lambda: canary("v1", "v1")),
    "EW630": (
        lambda: lab(extra=[http_route({**backend(), "filters": [{"type": "ExtensionRef"}]})]),
        lambda: lab(extra=[http_route({**backend(), "filters": [{"type": "CORS"}]})]),
    ),
    "EW631": (
        lambda: lab(
            extra=[http_route(backend(), parent={"kind": "Service", "name": "helloworld"})]
        ),
        lambda: lab(extra=[http_route(backend())]),
    ),
    "EW632": (lambda: bound("entry"), lambda: bound("istio-system/entry")),
    "EW633": (
        lambda: bound("istio-system/entry", host="shop.example.org"),
        lambda: bound("istio-system/entry"),
    ),
    "EW701": (
        lambda: lab(nodes=[*EAST_NODES, node("east-worker3", "east")]),
        lambda: lab(nodes=[*EAST_NODES, node("east-worker3", "east", "zone4")]),
    ),
    "EW702": (
        lambda: counted("zone1", "zone2", "zone2"),
        lambda: counted("zone1", "zone2", "zone3"),
    ),
    "EW703": (
        lambda: lab(nodes=[*EAST_NODES, node("east-worker3", "north", "zone2")]),
        lambda: lab(nodes=[*EAST_NODES, node("east-worker3", "north", "zone4")]),
    ),
    "EW704": (
        lambda: lab(rule(policy(EAST_OF_TWO)), west_nodes=[node("west-worker", "east", "zone1")]),
        lambda: lab(rule(policy(EAST_OF_TWO))),
    ),
    "EW705": (
        lambda: lab(rule(policy(FAILOVER)), nodes=[*EAST_NODES, node("unlabelled")], pods=NOWHERE),
        lambda: one(FAILOVER),
    ),
    "EW801": (lambda: one(FAILOVER, connectionPool=None), lambda: one(FAILOVER)),
    "EW802": (lambda: multi_primary(gateways=False), multi_primary),
    "EW803": (lambda: multi_primary(sidecar=False), multi_primary),
    "EW804": (
        lambda: lab(extra=gateway()),
        lambda: lab(extra=gateway(ISTIO_META_REQUESTED_NETWORK_VIEW="east-network")),
    ),
    "EW805": (
        lambda: multi_primary(rules=[], extra=gateway()),
        lambda: multi_primary(
            rules=[], extra=gateway(ISTIO_META_REQUESTED_NETWORK_VIEW="east-network")
        ),
    ),
    "EW806": (lambda: from_network(""), lambda: from_network("east-network")),
    "EW901": (
        lambda: lab(
            rule(policy(FAILOVER)), services=[service(ports=[{"name": "web", "port": 5000}])]
        ),
        lambda: lab(
            rule(policy(FAILOVER)),
            services=[service(ports=[{"name": "web", "port": 5000, "appProtocol": "http"}])],
        ),
    ),
    "EW902": (
        lambda: one(loadBalancer={"localityLbSetting": to()}),
        lambda: one(to()),
    ),
    "EW903": (
        lambda: one(loadBalancer={"simple": "PASSTHROUGH", "localityLbSetting": FAILOVER}),
        lambda: one(FAILOVER),
    ),
    "EW904": (
        lambda: lab(rule(policy(FAILOVER)), services=[service(clusterIP="None")], entries=[]),
        lambda: one(FAILOVER),
    ),
    "EW905": (
        lambda: weighing(entry(weight=3), simple="LEAST_REQUEST"),
        lambda: weighing(entry(weight=3), simple="ROUND_ROBIN"),
    ),
    "EW906": (lambda: warming_up(to()), lambda: warming_up({"enabled": False})),
    "EW907": (lambda: hashing(FAILOVER), lambda: hashing({"enabled": False})),
    "EW908": (
        lambda: least_request({"failover": [{"from": "west", "to": "east"}]}, "west"),
        lambda: least_request({"enabled": False}, "west"),
    ),
}


# Other ways to a code, of which other words are said
MORE: dict[str, list[t.Callable[[], Lab]]] = {
    "EW625": [
        lambda: lab(extra=[http_route(backend("hallowelt"))]),
        lambda: lab(extra=[http_route({"backendRefs": []})]),
        granted,
        lambda: lab(extra=[http_route(backend(kind="Bucket", group="cloud.example"))]),
    ],
    "EW631": [
        lambda: lab(extra=[http_route(backend(), parent={"name": "entry"})]),
        lambda: granted(section="https"),
    ],
    "EW632": [lambda: bound("sample/other"), lambda: bound("./entry", "mesh")],
    "EW301": [lambda: one({"failover": [{"from": "west", "to": "west"}]})],
    "EW213": [lambda: lab(extra=[mesh_config(json.dumps({"localityLbSetting": UNCOVERING}))])],
    "EW304": [lambda: one({"enabled": True}, outlierDetection=None)],
    "EW321": [
        lambda: one(priorities("version=v9")),
        lambda: one(priorities("app=other")),
    ],
    "EW505": [
        lambda: with_port(loadBalancer=FULL["loadBalancer"], outlierDetection=EJECTION),
    ],
    "EW805": [lambda: multi_primary(extra=gateway())],
    "EW901": [
        lambda: lab(rule(policy(FAILOVER)), services=[service(ports=[{"port": 5000}])]),
        lambda: lab(rule(policy(FAILOVER), host="web.example"), extra=[unspoken()]),
    ],
}


@pytest.mark.parametrize("code", MORE)
def test_it_is_found_in_other_labs(code):
    for defective in MORE[code]:
        assert code in defective().codes()


def test_every_code_has_a_lab_and_every_lab_a_code():
    assert LABS.keys() == FINDING_TYPES.keys()


def test_every_code_is_defined_once():
    codes = [
        value.code
        for subject in SUBJECTS
        for value in vars(subject).values()
        if isinstance(value, FindingType)
    ]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", LABS)
def test_it_is_found(code):
    assert code in LABS[code][0]().codes()


@pytest.mark.parametrize("code", LABS)
def test_what_is_right_is_left_alone(code):
    assert code not in LABS[code][1]().codes()


@pytest.mark.parametrize("code", LABS)
def test_every_finding_is_complete(code):
    for found in LABS[code][0]().findings():
        assert found.severity == FINDING_TYPES[found.code].severity
        assert found.object and found.field and found.message and found.effect
        # a remark, or a mapping to paste
        assert isinstance(yaml.safe_load(found.instead), dict | None), found.instead
        assert found.instead.strip()


@pytest.mark.parametrize("code", LABS)
def test_nothing_is_said_twice(code):
    found = [(each.code, each.object, each.field) for each in LABS[code][0]().findings()]
    assert len(found) == len(set(found))


def test_severities_are_known():
    assert {code.severity for code in FINDING_TYPES.values()} == set(SEVERITIES)


def test_nobody_in_the_mesh_calls_a_gateways_own_service():
    router = pod(
        "istio-eastwestgateway",
        "west-zone3",
        "istio-system",
        app="eastwest",
        network="west-network",
        proxy="router",
    )
    del router["metadata"]["labels"][MTLS]
    found = multi_primary()
    found.objects.append(
        service("istio-eastwestgateway", "istio-system", selector={"app": "eastwest"})
    )
    found.west.append(router)
    found.west[-2]["spec"]["selector"] = {"app": "eastwest"}
    found.west[-2]["spec"]["ports"] += service()["spec"]["ports"]
    assert "EW803" not in found.codes()
    router["spec"]["containers"][1]["args"] = ["proxy", "sidecar"]
    assert "EW803" in found.codes()


@pytest.mark.parametrize("extra", [(), ("mesh",)])
@pytest.mark.parametrize("gateway", ["istio-system/entry", "entry.istio-system.svc.cluster.local"])
def test_a_gateway_is_found_however_it_is_named(gateway, extra):
    assert not bound(gateway, *extra).codes() & {"EW632", "EW633"}
    assert not bound(gateway, *extra, host="*.example.com").codes() & {"EW632", "EW633"}


def test_a_gateway_of_a_namespace_that_was_not_given_is_no_defect():
    assert "EW632" not in bound("elsewhere/door").codes()
    found = bound("entry")
    found.objects = [each for each in found.objects if each["kind"] != "Gateway"]
    assert "EW632" not in found.codes()
