# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up Istio's objects for whole manifests: rules, imports, scopes, policies."""

from __future__ import annotations

import random
import typing as t

from manifest_objects import Manifest, manifest
from random_gateway_routes import gateway_routes, gateways
from random_routes import virtual_services

CLUSTERS = ("c1", "c2")
NAMESPACES = ("shop", "web")
ROOT = "istio-system"
EXTERNAL = ("bank.example.test", "*.example.test", "api.global")
_NETWORKING = "networking.istio.io/v1"


def istio_objects(
    dice: random.Random, services: t.Sequence[str], *, several_clusters: bool, networks: bool
) -> list[Manifest]:
    """Return the objects of one cluster, each with an age of its own."""
    # the oracle knows the pods that a ServiceEntry selects in istiod's own cluster only, and it
    # depends on the order of events which gateways istiod knows for endpoints with host names
    selecting = not several_clusters
    resolutions = ("STATIC", "STATIC", "STATIC", "NONE")
    resolutions += () if networks else ("DNS", "DNS_ROUND_ROBIN")
    found = [
        *_some(dice, 3, lambda: _destination_rule(dice, services)),
        *_some(dice, 2, lambda: _service_entry(dice, services, resolutions, selecting)),
        *_some(dice, 2, lambda: _workload_entry(dice, services)),
        *_some(dice, 2, lambda: _sidecar(dice, services)),
        *_some(dice, 1, lambda: _peer_authentication(dice)),
        *virtual_services(dice, services),
        *gateway_routes(dice, services),
    ]
    dice.shuffle(found)
    for number, each in enumerate(found):
        each["metadata"]["name"] += f"-{number}"
        each["metadata"]["creationTimestamp"] = f"2026-01-02T00:00:{number:02}Z"
    return [*found, *gateways(dice)]


def mesh_config(dice: random.Random) -> Manifest:
    """Return mesh settings; most often none."""
    config: Manifest = {}
    if dice.random() < 0.15:
        config["localityLbSetting"] = _locality_setting(dice)
    if dice.random() < 0.08:
        config["outboundTrafficPolicy"] = {"mode": "REGISTRY_ONLY"}
    if dice.random() < 0.06:
        config["defaultServiceExportTo"] = [dice.choice((".", "*"))]
    if dice.random() < 0.06:
        config["defaultDestinationRuleExportTo"] = [dice.choice((".", "*"))]
    if dice.random() < 0.06:
        config["defaultVirtualServiceExportTo"] = [dice.choice((".", "*"))]
    if dice.random() < 0.05:
        config["defaultTrafficPolicy"] = {"outlierDetection": {"consecutive5xxErrors": 3}}
    return config


def _some(dice: random.Random, most: int, make: t.Callable[[], Manifest]) -> t.Iterator[Manifest]:
    for _unused in range(dice.randint(0, most)):
        yield make()


def _host(dice: random.Random, services: t.Sequence[str]) -> str:
    name, namespace = dice.choice(services), dice.choice(NAMESPACES)
    return dice.choice(
        (
            *(name, f"{name}.{namespace}.svc.cluster.local") * 4,
            *(f"*.{namespace}.svc.cluster.local", "*.local", "*", *EXTERNAL),
        )
    )


def _exports(dice: random.Random) -> Manifest:
    if dice.random() < 0.75:
        return {}
    return {"exportTo": dice.choice((["."], ["*"], ["web"], ["shop", "web"], [".", "web"]))}


def _destination_rule(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    spec: Manifest = {"host": _host(dice, services)} | _exports(dice)
    if dice.random() < 0.85:
        spec["trafficPolicy"] = _traffic_policy(dice, ports=True)
    if dice.random() < 0.5:
        spec["subsets"] = [_subset(dice, name) for name in dice.choice((("v1",), ("v1", "v2")))]
    if dice.random() < 0.06:
        spec["workloadSelector"] = {"matchLabels": {"app": dice.choice(("asker", "cart"))}}
    namespace = dice.choice((*NAMESPACES, *NAMESPACES, ROOT))
    return manifest(_NETWORKING, "DestinationRule", namespace, "rule", spec=spec)


def _subset(dice: random.Random, name: str) -> Manifest:
    subset: Manifest = {"name": name, "labels": {"version": name}}
    if dice.random() < 0.4:
        subset["trafficPolicy"] = _traffic_policy(dice, ports=dice.random() < 0.2)
    return subset


def _traffic_policy(dice: random.Random, *, ports: bool) -> Manifest:
    policy: Manifest = {}
    if dice.random() < 0.6:
        policy["outlierDetection"] = dice.choice(
            (
                {"consecutive5xxErrors": 5, "maxEjectionPercent": 100},
                {"interval": "5s"},
                {},
                {"minHealthPercent": 40, "consecutive5xxErrors": 1},
            )
        )
    if dice.random() < 0.65:
        policy["loadBalancer"] = _load_balancer(dice)
    if dice.random() < 0.15:
        policy["tls"] = {"mode": dice.choice(("ISTIO_MUTUAL", "DISABLE", "SIMPLE"))}
    if dice.random() < 0.15:
        policy["connectionPool"] = dice.choice(
            ({"http": {"maxRequestsPerConnection": 1}}, {"tcp": {"maxConnections": 7}})
        )
    if ports and dice.random() < 0.15:
        entry = _traffic_policy(dice, ports=False)
        policy["portLevelSettings"] = [{"port": {"number": dice.choice((80, 9000))}, **entry}]
    return policy or {"connectionPool": {"tcp": {"maxConnections": 9}}}


def _load_balancer(dice: random.Random) -> Manifest:
    found: Manifest = {}
    kind = dice.random()
    if kind < 0.3:
        found["simple"] = dice.choice(
            ("ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "PASSTHROUGH", "LEAST_CONN")
        )
    elif kind < 0.4:
        found["consistentHash"] = dice.choice(
            ({"httpHeaderName": "x"}, {"useSourceIp": True}, {"httpCookie": {"name": "c"}})
        )
    if dice.random() < 0.06:
        found["warmup"] = {"duration": "30s"}
    if dice.random() < 0.7 or not found:
        found["localityLbSetting"] = _locality_setting(dice)
    elif dice.random() < 0.1:
        found["zoneAwareLbSetting"] = {"enabled": dice.random() < 0.8}
    return found


def _locality_setting(dice: random.Random) -> Manifest:
    kind = dice.random()
    if kind < 0.15:
        return {"enabled": dice.random() < 0.5}
    if kind < 0.5:
        to = dice.choice(
            (
                {"east/*": 80, "west/*": 20},
                {"east/a/*": 60, "east/b/*": 30, "west/*": 10},
                {"west/*": 100},
                {"*": 100},
                {"east/a/*": 50, "east/b/*": 50},
            )
        )
        return {"distribute": [{"from": dice.choice(("east/*", "*", "east/a/*")), "to": to}]}
    if kind < 0.75:
        return {"failover": [{"from": "east", "to": dice.choice(("west", "north"))}]}
    labels = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "version=v1")
    network = ("topology.istio.io/network", "topology.istio.io/cluster")
    chosen = dice.sample((*labels, *network), dice.randint(1, 3))
    return {"failoverPriority": chosen}


def _service_entry(
    dice: random.Random,
    services: t.Sequence[str],
    resolutions: t.Sequence[str],
    selecting: bool,
) -> Manifest:
    namespace = dice.choice(NAMESPACES)
    own = [f"{dice.choice(services)}.{namespace}.svc.cluster.local"]
    hosts = dice.choice((own, [EXTERNAL[0]], [EXTERNAL[2]], ["a.global", "b.global"]))
    resolution = dice.choice(resolutions)
    spec: Manifest = {
        "hosts": hosts,
        "resolution": resolution,
        "location": dice.choice(("MESH_INTERNAL", "MESH_INTERNAL", "MESH_EXTERNAL")),
        "ports": dice.choice(
            (
                [{"number": 80, "name": "http", "protocol": "HTTP"}],
                [{"number": 80, "name": "http", "protocol": "HTTP", "targetPort": 8088}],
                [{"number": 9000, "name": "tcp-db", "protocol": "TCP"}],
                [
                    {"number": 80, "name": "http", "protocol": "HTTP"},
                    {"number": 443, "name": "tls", "protocol": "TLS"},
                ],
            )
        ),
    } | _exports(dice)
    if selecting and resolution == "STATIC" and dice.random() < 0.25:
        spec["workloadSelector"] = {"labels": {"app": dice.choice(services)}}
    elif resolution == "STATIC" or (resolution == "DNS" and dice.random() < 0.5):
        by_name = resolution == "DNS"
        spec["endpoints"] = [_endpoint(dice, n, by_name) for n in range(dice.randint(1, 3))]
    if dice.random() < 0.5 or any(port["protocol"] == "TCP" for port in spec["ports"]):
        spec["addresses"] = [f"240.0.0.{dice.randint(1, 3)}"]
    return manifest(_NETWORKING, "ServiceEntry", namespace, "entry", spec=spec)


def _endpoint(dice: random.Random, number: int, by_name: bool = False) -> Manifest:
    address = f"h{number}.example.test" if by_name else f"198.51.100.{dice.randint(1, 40)}"
    found: Manifest = {"address": address}
    if dice.random() < 0.6:
        found["locality"] = dice.choice(("east/a", "east/b/1", "west/c/", "west", "north/x"))
    if dice.random() < 0.3:
        found["weight"] = dice.choice((1, 3, 10))
    if dice.random() < 0.4:
        found["ports"] = {"http": 15443}
    if dice.random() < 0.3:
        found["network"] = dice.choice(("n1", "n2", "n3"))
    labels = {"version": "v1"} if dice.random() < 0.5 else {}
    if dice.random() < 0.5:
        labels["security.istio.io/tlsMode"] = "istio"
    if labels:
        found["labels"] = labels
    if dice.random() < 0.2:
        found["serviceAccount"] = "default"
    return found


def _workload_entry(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    spec = _endpoint(dice, 0)
    spec["labels"] = {**spec.get("labels", {}), "app": dice.choice(services)}
    return manifest(_NETWORKING, "WorkloadEntry", dice.choice(NAMESPACES), "vm", spec=spec)


def _sidecar(dice: random.Random, services: t.Sequence[str]) -> Manifest:
    spec: Manifest = {}
    hosts = (
        *("./*", "istio-system/*", "*/*", "shop/*", "web/*", "~/*"),
        *(f"*/{dice.choice(services)}.shop.svc.cluster.local", f"*/{EXTERNAL[0]}"),
    )
    if dice.random() < 0.9:
        listener: Manifest = {"hosts": dice.sample(hosts, dice.randint(1, 3))}
        if "~/*" in listener["hosts"]:
            listener["hosts"] = ["~/*"]
        spec["egress"] = [listener]
    if dice.random() < 0.2:
        spec["workloadSelector"] = {"labels": {"app": dice.choice(("asker", "cart"))}}
    if dice.random() < 0.2:
        spec["outboundTrafficPolicy"] = {"mode": dice.choice(("REGISTRY_ONLY", "ALLOW_ANY"))}
    namespace = dice.choice((*NAMESPACES, ROOT))
    if namespace == ROOT:
        spec.pop("workloadSelector", None)
    return manifest(_NETWORKING, "Sidecar", namespace, "scope", spec=spec)


def _peer_authentication(dice: random.Random) -> Manifest:
    spec: Manifest = {"mtls": {"mode": dice.choice(("STRICT", "PERMISSIVE", "DISABLE"))}}
    namespace = dice.choice((*NAMESPACES, ROOT))
    if namespace != ROOT and dice.random() < 0.4:
        spec["selector"] = {"matchLabels": {"app": "cart"}}
    return manifest("security.istio.io/v1", "PeerAuthentication", namespace, "peers", spec=spec)
