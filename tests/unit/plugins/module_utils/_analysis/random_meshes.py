# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random meshes of two clusters: nodes, pods, Services, entries, rules and mesh settings."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
    default_targets,
    forecast_clients,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    MTLS,
    NETWORK,
    REGION,
    ZONE,
    mesh_config,
    node,
    obj,
    pod,
    root,
)
from hypothesis import strategies as st

Objects: t.TypeAlias = list[KubernetesObject]

ZONES = ("east/zone1", "east/zone2", "west/zone3", "north/zone4")
LOCALITIES = (*ZONES, "west/zone9", "")
NAMESPACES = ("shop", "bank")
APPS = ("cart", "orders")
KEYS = (*ZONES, "east/*", "west", "*")


@st.composite
def weights(draw: st.DrawFn) -> dict[str, int]:
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
    first = draw(st.integers(10, 90)) if len(keys) > 1 else 100
    rest = 100 - first
    shares = {1: [100], 2: [first, rest], 3: [first, rest // 2, rest - rest // 2]}[len(keys)]
    return dict(zip(keys, shares, strict=True))


regions = st.sampled_from(["east", "west", "north"])
settings = st.one_of(
    st.just({"enabled": True}),
    st.just({"enabled": False}),
    st.builds(
        lambda source, to: {"distribute": [{"from": source, "to": to}]},
        st.sampled_from(["*", "east/*", *ZONES]),
        weights(),
    ),
    st.builds(
        lambda pairs: {"failover": [{"from": a, "to": b} for a, b in pairs]},
        st.lists(
            st.tuples(regions, regions).filter(lambda p: p[0] != p[1]), min_size=1, max_size=2
        ),
    ),
    st.builds(
        lambda labels: {"failoverPriority": labels},
        st.lists(
            st.sampled_from([REGION, ZONE, NETWORK, "version", "version=v1"]),
            min_size=1,
            max_size=2,
            unique=True,
        ),
    ),
)
outlier_detections = st.sampled_from(
    [{}, {"maxEjectionPercent": 100}, {"maxEjectionPercent": 100, "minHealthPercent": 50}]
)


@st.composite
def traffic_policies(draw: st.DrawFn) -> dict[str, t.Any]:
    balancer: dict[str, t.Any] = {}
    if draw(st.booleans()):
        balancer["simple"] = draw(st.sampled_from(["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM"]))
    setting = draw(st.one_of(st.none(), settings))
    if setting is not None:
        balancer["localityLbSetting"] = setting
    found: dict[str, t.Any] = {"loadBalancer": balancer} if balancer else {}
    if draw(st.booleans()):
        found["outlierDetection"] = draw(outlier_detections)
    if draw(st.booleans()):
        found["connectionPool"] = {"http": {"maxRequestsPerConnection": 1}}
    return found


@st.composite
def rules(draw: st.DrawFn, name: str) -> KubernetesObject:
    app, home = draw(st.sampled_from(APPS)), draw(st.sampled_from(NAMESPACES))
    full = f"{app}.{home}.svc.cluster.local"
    spec: dict[str, t.Any] = {
        "host": draw(st.sampled_from([full, full, "*.local", "bank.example.test"]))
    }
    policy = draw(traffic_policies())
    if policy:
        spec["trafficPolicy"] = policy
    if draw(st.integers(0, 3)) == 0:
        spec["subsets"] = [{"name": "v1", "labels": {"version": "v1"}}]
    if draw(st.integers(0, 3)) == 0:
        spec["workloadSelector"] = {"matchLabels": {"version": "v1"}}
    namespace = draw(st.sampled_from([home, home, home, "istio-system"]))
    return obj("DestinationRule", name, namespace, spec=spec)


@st.composite
def services(draw: st.DrawFn, namespace: str, app: str) -> KubernetesObject:
    ports = [{"name": draw(st.sampled_from(["http", "tcp", "web"])), "port": 80}]
    if draw(st.integers(0, 3)) == 0:
        ports.append({"name": "http-admin", "port": 81})
    spec: dict[str, t.Any] = {"selector": {"app": app}, "ports": ports, "clusterIP": "10.255.0.1"}
    spec |= draw(
        st.sampled_from(
            [
                *[{}] * 3,
                {"internalTrafficPolicy": "Local"},
                {"trafficDistribution": "PreferClose"},
                {"clusterIP": "None"},
            ]
        )
    )
    return obj("Service", app, namespace, spec=spec)


@st.composite
def endpoints(draw: st.DrawFn, number: int, *, names: bool) -> dict[str, t.Any]:
    address = f"host{number}.example.test" if names else f"203.0.113.{number}"
    found: dict[str, t.Any] = {"address": address}
    locality = draw(st.sampled_from(LOCALITIES))
    if locality:
        found["locality"] = locality
    return found


@st.composite
def service_entries(draw: st.DrawFn) -> KubernetesObject:
    resolution = draw(st.sampled_from(["STATIC", "DNS"]))
    names = resolution == "DNS"
    spec = {
        "hosts": ["bank.example.test"],
        "location": draw(st.sampled_from(["MESH_EXTERNAL", "MESH_INTERNAL"])),
        "resolution": resolution,
        "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
        "endpoints": [
            draw(endpoints(number, names=names)) for number in range(draw(st.integers(0, 3)))
        ],
    }
    return obj("ServiceEntry", "bank", draw(st.sampled_from(NAMESPACES)), spec=spec)


@st.composite
def workload_entries(draw: st.DrawFn, name: str) -> KubernetesObject:
    spec = {
        **draw(endpoints(100, names=False)),
        "labels": {"app": draw(st.sampled_from(APPS)), MTLS: "istio"},
        "ports": {"http": 15443},
        "serviceAccount": "default",
    }
    if draw(st.booleans()):
        spec["network"] = "west-network"
    return obj("WorkloadEntry", name, draw(st.sampled_from(NAMESPACES)), spec=spec)


@st.composite
def pods(draw: st.DrawFn, name: str, address: str, nodes: t.Sequence[str]) -> KubernetesObject:
    found = pod(
        name,
        draw(st.sampled_from(nodes)),
        draw(st.sampled_from(NAMESPACES)),
        app=draw(st.sampled_from([*APPS, "client"])),
        ready=draw(st.sampled_from([True, True, True, False])),
        sidecar=draw(st.sampled_from([True, True, True, False])),
        labels=draw(st.sampled_from([{}, {"version": "v1"}, {"version": "v2"}])),
    )
    found["status"]["podIP"] = address
    return found


@st.composite
def meshes(draw: st.DrawFn) -> dict[str, Objects]:
    """The objects of cluster east and, sometimes, of a cluster west that east's istiod watches."""
    places = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
    nodes = [node(f"node{n}", *place.split("/")) for n, place in enumerate(places)]
    names = [each["metadata"]["name"] for each in nodes]
    east = [
        root(draw(st.sampled_from(["", "east-network"]))),
        *nodes,
        *(
            draw(pods(f"pod{number}", f"10.0.0.{number}", names))
            for number in range(draw(st.integers(1, 6)))
        ),
        *(draw(services(space, app)) for space in NAMESPACES for app in APPS),
        *(draw(rules(f"rule{number}")) for number in range(draw(st.integers(0, 3)))),
    ]
    if draw(st.booleans()):
        east.append(draw(service_entries()))
    if draw(st.booleans()):
        east.append(draw(workload_entries("imported")))
    settings_of_mesh = draw(
        st.sampled_from(
            [
                "",
                "",
                "defaultTrafficPolicy: {outlierDetection: {maxEjectionPercent: 100}}",
                "localityLbSetting: {failover: [{from: east, to: west}]}",
                'localityLbSetting: {distribute: [{from: "east/*", to: {"east/*": 100}}]}',
            ]
        )
    )
    if settings_of_mesh:
        east.append(mesh_config(settings_of_mesh))
    if not draw(st.booleans()):
        return {"east": east}
    secret = obj(
        "Secret", "west", "istio-system", labels={"istio/multiCluster": "true"}, data={"west": ""}
    )
    place = draw(st.sampled_from(ZONES))
    west = [
        root(draw(st.sampled_from(["", "east-network", "west-network"]))),
        node("far", *place.split("/")),
        *(
            draw(pods(f"far{number}", f"10.1.0.{number}", ["far"]))
            for number in range(draw(st.integers(1, 3)))
        ),
        *(each for each in east if each["kind"] == "Service" and each["spec"].get("selector")),
    ]
    return {"east": [*east, secret], "west": west}


def default_questions(topology: Topology) -> list[tuple[ForecastClient, ServiceTarget]]:
    """The clients and services of a forecast that names none."""
    return [
        (client, target)
        for client in forecast_clients(topology, "east", None)
        for target in default_targets(topology.view("east"), client.proxy)
    ]
