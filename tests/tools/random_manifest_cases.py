# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up whole manifests of one or two clusters for istiod's oracle and for the collection's model.

    python tests/tools/random_manifest_cases.py --seed 7 --count 1000 > cases.ndjson

The same seed gives the same cases. The namespace and the name of most objects come from few, so
that rules, routes, scopes and imports often concern the same host.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import typing as t

from manifest_objects import Manifest, endpoint_slices, manifest
from random_gateway_routes import GATEWAY_NAME
from random_istio_objects import CLUSTERS, NAMESPACES, istio_objects, mesh_config

Case: t.TypeAlias = dict[str, t.Any]

SERVICES = ("cart", "stock", "pay")
ZONES = (("east", "a", ""), ("east", "b", "1"), ("west", "c", ""), ("north", "", ""), ("", "", ""))
NETWORK = "topology.istio.io/network"
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
_PORT_SETS: tuple[tuple[Manifest, ...], ...] = (
    ({"name": "http", "port": 80, "targetPort": 8080},),
    ({"name": "http", "port": 80, "targetPort": "web"}, {"name": "tcp-db", "port": 9000}),
    ({"port": 80},),
    ({"name": "grpc", "port": 7000}, {"name": "http-admin", "port": 80, "targetPort": 8080}),
    ({"name": "tcp", "port": 9000}, {"name": "tls-x", "port": 443, "targetPort": 8443}),
    (
        {"name": "x", "port": 80, "appProtocol": "http"},
        {"name": "u", "port": 53, "protocol": "UDP"},
    ),
)


def random_cases(seed: int, count: int) -> t.Iterator[Case]:
    """Yields ``count`` cases; each has a generator of its own, so that any can be made alone."""
    for number in range(count):
        yield {"name": f"{seed}/{number}", **_case(random.Random(f"{seed}/{number}"))}


def _case(dice: random.Random) -> Case:
    several = dice.random() < 0.5
    names = CLUSTERS if several else CLUSTERS[:1]
    networks = several and dice.random() < 0.6
    # either the namespaces of the control planes name the networks, or the mesh's settings do:
    # then the proxies know of none
    configured = networks and dice.random() < 0.3
    clusters = {
        name: _kubernetes(
            dice,
            index,
            f"n{index + 1}" if networks else "",
            # now and then a cluster has a gateway but no network of its own
            labelled=not configured and dice.random() < 0.85,
        )
        for index, name in enumerate(names)
    }
    local = clusters[names[0]]
    local += istio_objects(dice, SERVICES, several_clusters=several, networks=networks)
    config = mesh_config(dice)
    data = {"mesh": json.dumps(config)} if config else {}
    if configured:
        data["meshNetworks"] = json.dumps({"networks": _mesh_networks(dice, names)})
    if data:
        local.append(manifest("v1", "ConfigMap", "istio-system", "istio", data=data))
    return {
        "local": names[0],
        "clusters": clusters,
        "proxies": list(_proxies(dice, local)),
        "listeners": True,
    }


def _proxies(dice: random.Random, local: t.Sequence[Manifest]) -> t.Iterator[Case]:
    pods = [each["metadata"] for each in local if each["kind"] == "Pod"]
    gateways = any(each["kind"] == "Gateway" for each in local)
    for number in range(dice.randint(1, 2)):
        pod = dice.choice(pods)
        router = dice.random() < (0.4 if gateways else 0.15)
        if router and gateways:
            pod, *_others = (each for each in pods if each["name"].startswith("asker"))
        yield {
            "name": f"p{number}",
            "pod": f"{pod['namespace']}/{pod['name']}",
            "type": "router" if router else "sidecar",
        }


def _mesh_networks(dice: random.Random, clusters: t.Iterable[str]) -> Manifest:
    """Return the networks of clusters; now and then one has none."""
    return {
        f"n{index + 1}": {"endpoints": [{"fromRegistry": name}]}
        for index, name in enumerate(clusters)
        if dice.random() < 0.85
    }


def _kubernetes(dice: random.Random, index: int, network: str, *, labelled: bool) -> list[Manifest]:
    found = [_namespace("istio-system", network if labelled else "")]
    found += [_namespace(name, "") for name in NAMESPACES]
    nodes = [_node(f"node{number}", zone) for number, zone in enumerate(dice.sample(ZONES, 3))]
    found += nodes
    address = (f"10.{index + 1}.0.{number}" for number in range(1, 250))
    for namespace in NAMESPACES:
        for name in SERVICES:
            if dice.random() < (0.6 if index else 0.75):
                found += _service(dice, namespace, name)
            if dice.random() < 0.6:
                found += _pods(dice, namespace, name, nodes, address)
    found += _pods(dice, "web", "asker", nodes, address, least=1, labels={GATEWAY_NAME: "entry"})
    if not index:
        found.append(_entry_service())
    if network and dice.random() < 0.85:
        found.append(_gateway_service(dice, index, network))
    return [*found, *endpoint_slices(found)]


def _namespace(name: str, network: str) -> Manifest:
    labels = {"istio-injection": "enabled"} | ({NETWORK: network} if network else {})
    return manifest("v1", "Namespace", "", name, labels=labels)


def _node(name: str, place: tuple[str, str, str]) -> Manifest:
    labels = dict(zip((REGION, ZONE, SUBZONE), place, strict=True))
    labels = {key: value for key, value in labels.items() if value}
    return manifest("v1", "Node", "", name, labels=labels)


def _service(dice: random.Random, namespace: str, name: str) -> t.Iterator[Manifest]:
    spec: Manifest = {"selector": {"app": name}, "ports": list(dice.choice(_PORT_SETS))}
    annotations: dict[str, str] = {}
    kind = dice.random()
    spec["clusterIP"] = f"10.9{NAMESPACES.index(namespace)}.0.{SERVICES.index(name) + 1}"
    if kind < 0.08:
        spec["clusterIP"] = "None"
    elif kind < 0.14:
        spec["internalTrafficPolicy"] = "Local"
    elif kind < 0.24:
        spec["trafficDistribution"] = dice.choice(
            ("PreferClose", "PreferSameZone", "PreferSameNode")
        )
    elif kind < 0.3:
        spec["publishNotReadyAddresses"] = True
    if dice.random() < 0.15:
        # not ~: it depends on the order of events whether istiod keeps endpoints of such a Service
        annotations["networking.istio.io/exportTo"] = dice.choice((".", "*", "web", ".,web"))
    made = f"2026-01-01T00:00:{dice.randint(10, 59)}Z"
    yield manifest(
        "v1", "Service", namespace, name, spec=spec, annotations=annotations, created=made
    )


def _pods(
    dice: random.Random,
    namespace: str,
    app: str,
    nodes: t.Sequence[Manifest],
    addresses: t.Iterator[str],
    least: int = 0,
    labels: t.Mapping[str, str] | None = None,
) -> t.Iterator[Manifest]:
    # the addresses never end
    for number, address in zip(range(dice.randint(least, 4)), addresses, strict=False):
        found = {**(labels or {}), "app": app, "version": dice.choice(("v1", "v2"))}
        if dice.random() < 0.85:
            found["security.istio.io/tlsMode"] = "istio"
        if dice.random() < 0.05:
            found["istio-locality"] = dice.choice(("east.a", "west/c/9", "south"))
        ready = "True" if dice.random() < 0.85 else "False"
        container = {"name": "app", "image": "x"}
        if dice.random() < 0.85:
            container["ports"] = [{"name": "web", "containerPort": 8081}]
        spec = {"nodeName": dice.choice(nodes)["metadata"]["name"], "containers": [container]}
        status = {
            "podIP": address,
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": ready}],
        }
        name = f"{app}-{number}"
        # no pod is going away: the oracle takes that for unready where it hears of the Service late
        yield manifest("v1", "Pod", namespace, name, labels=found, spec=spec, status=status)


def _entry_service() -> Manifest:
    """Return the Service that istiod makes of a Gateway of the Gateway API."""
    numbers = (8080, 8081)
    ports = [{"name": f"http-{each}", "port": each, "targetPort": each} for each in numbers]
    spec = {"selector": {GATEWAY_NAME: "entry"}, "clusterIP": "10.92.0.1", "ports": ports}
    return manifest("v1", "Service", "web", "entry-istio", spec=spec)


def _gateway_service(dice: random.Random, index: int, network: str) -> Manifest:
    addresses = [{"ip": f"203.0.113.{index * 10 + number}"} for number in range(dice.randint(1, 2))]
    return manifest(
        "v1",
        "Service",
        "istio-system",
        "eastwest",
        labels={NETWORK: network, "istio": "eastwestgateway"},
        spec={
            "type": "LoadBalancer",
            "clusterIP": "10.99.0.1",
            "selector": {"istio": "eastwestgateway"},
            "ports": [{"name": "tls", "port": 15443}],
        },
        status={"loadBalancer": {"ingress": addresses}},
    )


def main() -> None:
    """Prints cases as JSON lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    for case in random_cases(options.seed, options.count):
        sys.stdout.write(json.dumps(case) + "\n")


if __name__ == "__main__":
    main()
