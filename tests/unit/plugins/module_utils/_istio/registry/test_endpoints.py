# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)

HOST = "helloworld.sample.svc.cluster.local"
APP = {"app": "helloworld"}
GATEWAY_PORT = 15443


def view_of(objects, remote=()):
    return PushContext.of(
        [ClusterState("east", objects), ClusterState("west", list(remote))], "east"
    )


def endpoints_of(objects, port=5000, *, remote=(), host=HOST, mutual_tls=None):
    view = view_of(objects, remote)
    service = next(s for s in view.services.all if s.host == host)
    return view.endpoints.of(service, port, mutual_tls)


def addresses(endpoints):
    return [f"{e.address}:{e.port}" for e in endpoints]


def workload_entry(k8s, name="we", namespace="sample", labels=None, spec=None, **parts):
    return k8s.obj(
        "WorkloadEntry",
        name,
        namespace,
        spec={"address": "10.9.0.1", "labels": APP if labels is None else labels, **(spec or {})},
        **parts,
    )


def test_a_pods_endpoint_carries_all_that_istiod_knows(k8s):
    objects = [
        k8s.root("net1"),
        k8s.node("n1", "east", "zone1"),
        k8s.service("helloworld"),
        k8s.pod("hello-1", labels=APP, node="n1", ip="10.0.0.7", account="hello"),
    ]
    (found,) = endpoints_of(objects)
    assert (found.address, found.port, found.weight) == ("10.0.0.7", 5000, 1)
    assert (found.locality, found.network, found.cluster) == ("east/zone1/", "net1", "east")
    assert (found.health, found.mtls, found.node) == ("HEALTHY", True, "n1")
    assert found.name == "sample/hello-1"
    assert found.service_account == "sample/hello"
    assert found.labels == {
        "app": "helloworld",
        "security.istio.io/tlsMode": "istio",
        "topology.kubernetes.io/region": "east",
        "topology.kubernetes.io/zone": "zone1",
        "topology.istio.io/cluster": "east",
        "topology.istio.io/network": "net1",
        "kubernetes.io/hostname": "n1",
    }


@pytest.mark.parametrize(
    ("pod", "publish", "health"),
    [
        ({}, False, "HEALTHY"),
        ({"ready": False}, False, "UNHEALTHY"),
        ({"ready": False}, True, "HEALTHY"),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False, "TERMINATING"),
        ({"phase": "Failed"}, False, None),
        ({"phase": "Succeeded"}, False, None),
        ({"phase": "Pending", "ip": ""}, False, None),
        ({"labels": {"app": "other"}}, False, None),
        ({"namespace": "other"}, False, None),
    ],
)
def test_which_pods_are_endpoints_and_their_health(k8s, pod, publish, health):
    spec = {"publishNotReadyAddresses": True} if publish else {}
    objects = [k8s.service("helloworld", spec=spec), k8s.pod("p", **{"labels": APP, **pod})]
    assert [e.health for e in endpoints_of(objects)] == ([health] if health else [])


def test_named_target_port_is_the_pods_own(k8s):
    port = {"name": "http", "port": 5000, "targetPort": "web"}
    objects = [
        k8s.service("helloworld", ports=[port]),
        k8s.pod("a", labels=APP, ports=[{"name": "web", "containerPort": 8080}]),
        k8s.pod("b", labels=APP, ip="10.0.0.2", ports=[{"name": "web", "containerPort": 9090}]),
        k8s.pod("c", labels=APP, ip="10.0.0.3", ports=[{"containerPort": 9090}]),
    ]
    assert addresses(endpoints_of(objects)) == ["10.0.0.1:8080", "10.0.0.2:9090"]


def test_network_label_of_the_pod_beats_the_clusters(k8s):
    labels = {**APP, "topology.istio.io/network": "own"}
    objects = [k8s.root("net1"), k8s.service("helloworld"), k8s.pod("a", labels=labels)]
    assert [e.network for e in endpoints_of(objects)] == ["own"]


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ("networks: {n: {endpoints: [{fromRegistry: east}]}}", "n"),
        ("networks: {n: {endpoints: [{fromRegistry: west}]}}", ""),
        ("networks: {n: {endpoints: [{fromCidr: 10.0.0.0/24}]}}", "n"),
        ("networks: {n: {endpoints: [{fromCidr: 10.1.0.0/24}]}}", ""),
    ],
)
def test_mesh_networks_name_a_network_where_no_label_does(k8s, networks, expected):
    objects = [k8s.service("helloworld"), k8s.pod("a", labels=APP), k8s.mesh_config("", networks)]
    assert [e.network for e in endpoints_of(objects)] == [expected]


@pytest.mark.parametrize(
    ("port", "ports", "expected"),
    [
        # a number as target: the map is read by the service port's name
        ({"name": "http"}, {"http": GATEWAY_PORT}, GATEWAY_PORT),
        ({"name": "http", "targetPort": 8080}, {"http": GATEWAY_PORT}, GATEWAY_PORT),
        ({"name": "http", "targetPort": 8080}, {"other": 1}, 8080),
        ({"name": "http"}, {}, 5000),
        # a port without a name never reads the map
        ({}, {"http": GATEWAY_PORT}, 5000),
        # a name as target: the map is read by that name, and needed
        ({"name": "http", "targetPort": "web"}, {"web": GATEWAY_PORT}, GATEWAY_PORT),
        ({"name": "http", "targetPort": "web"}, {"http": GATEWAY_PORT}, None),
        ({"name": "http", "targetPort": "web"}, {}, None),
    ],
)
def test_port_of_a_selected_workload_entry(k8s, port, ports, expected):
    objects = [
        k8s.service("helloworld", ports=[{"port": 5000, **port}]),
        workload_entry(k8s, spec={"ports": ports}),
    ]
    assert [e.port for e in endpoints_of(objects)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("entry", "headless", "selected"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"namespace": "other"}, False, False),
        ({"labels": {"app": "else"}}, False, False),
        ({"spec": {"address": "gateway.example.com"}}, False, False),
        ({"spec": {"address": "unix:///a"}}, False, False),
        ({"spec": {"address": ""}}, False, False),
        ({"spec": {"address": "", "network": "net2"}}, False, True),
    ],
)
def test_which_workload_entries_a_service_selects(k8s, entry, headless, selected):
    objects = [
        k8s.service("helloworld", ip="None" if headless else "10.255.0.1"),
        workload_entry(k8s, **entry),
    ]
    assert len(endpoints_of(objects)) == int(selected)


def test_fields_of_a_workload_entry(k8s):
    entry = workload_entry(
        k8s,
        labels={**APP, "topology.istio.io/network": "label", "over": "spec"},
        spec={"locality": "west/zone3", "network": "net2", "weight": 7, "serviceAccount": "w"},
    )
    entry["metadata"]["labels"] = {"over": "metadata"}
    (found,) = endpoints_of([k8s.root("net1"), k8s.service("helloworld"), entry])
    assert (found.locality, found.network, found.weight) == ("west/zone3", "net2", 7)
    assert found.name == "sample/we"
    assert found.service_account == "sample/w"
    assert found.labels["over"] == "metadata"
    # matching by label prefers the label, routing only knows the field
    assert found.labels["topology.istio.io/network"] == "label"
    assert "kubernetes.io/hostname" not in found.labels


def test_a_workload_entry_without_a_network_has_none_as_label_either(k8s):
    # trafficDistribution compares that label first, so the entry ranks behind pods of the network
    objects = [k8s.root("net1"), k8s.service("helloworld"), workload_entry(k8s)]
    (found,) = endpoints_of(objects)
    assert found.network == ""
    assert "topology.istio.io/network" not in found.labels


def peer_authentication(k8s, namespace, mode, labels=None, ports=None):
    spec = {"mtls": {"mode": mode}}
    if labels:
        spec["selector"] = {"matchLabels": labels}
    if ports:
        spec["portLevelMtls"] = ports
    return k8s.obj("PeerAuthentication", f"pa-{namespace}", namespace, spec=spec)


@pytest.mark.parametrize(
    ("labels", "spec", "expected"),
    [
        ({"security.istio.io/tlsMode": "istio"}, {}, True),
        ({}, {}, False),
        ({}, {"serviceAccount": "a"}, True),
        ({"security.istio.io/tlsMode": "disabled"}, {"serviceAccount": "a"}, False),
    ],
)
def test_mtls_of_a_workload_entry(k8s, labels, spec, expected):
    objects = [k8s.service("helloworld"), workload_entry(k8s, labels={**APP, **labels}, spec=spec)]
    assert [e.mtls for e in endpoints_of(objects)] == [expected]


@pytest.mark.parametrize(
    ("sidecar", "policy", "mutual_tls", "expected"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (True, ("sample", "DISABLE"), None, False),
        (True, ("istio-system", "DISABLE"), None, False),
        (True, ("sample", "DISABLE"), True, True),
        (False, None, True, False),
        (True, None, False, False),
    ],
)
def test_mtls_of_a_pod(k8s, sidecar, policy, mutual_tls, expected):
    objects = [k8s.service("helloworld"), k8s.pod("p", labels=APP, sidecar=sidecar)]
    if policy:
        objects.append(peer_authentication(k8s, *policy))
    assert [e.mtls for e in endpoints_of(objects, mutual_tls=mutual_tls)] == [expected]


def test_mtls_looks_at_the_target_port(k8s):
    ports = [
        {"name": "http", "port": 5000, "targetPort": 8080},
        {"name": "tcp", "port": 8080, "targetPort": 9},
    ]
    policy = peer_authentication(k8s, "sample", "STRICT", APP, {"8080": {"mode": "DISABLE"}})
    objects = [k8s.service("helloworld", ports=ports), k8s.pod("p", labels=APP), policy]
    assert [e.mtls for e in endpoints_of(objects, 5000)] == [False]
    assert [e.mtls for e in endpoints_of(objects, 8080)] == [True]


def service_entry(k8s, name="se", **spec):
    body = {
        "hosts": [HOST],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": 5000, "name": "http", "protocol": "HTTP"}],
        **spec,
    }
    return k8s.obj("ServiceEntry", name, "sample", spec=body)


def test_service_entry_endpoints(k8s):
    endpoints = [
        {"address": "10.9.0.1", "ports": {"http": GATEWAY_PORT}, "locality": "west/zone3"},
        {"address": "10.9.0.2", "weight": 3, "labels": {"istio-locality": "a.b"}},
    ]
    port = {"number": 5000, "name": "http", "protocol": "HTTP", "targetPort": 8080}
    entry = service_entry(k8s, ports=[port], endpoints=endpoints)
    found = endpoints_of([entry])
    assert addresses(found) == ["10.9.0.1:15443", "10.9.0.2:8080"]
    assert [(e.locality, e.weight) for e in found] == [("west/zone3", 1), ("a/b", 3)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"resolution": "DNS"}, [f"{HOST}:5000"]),
        (
            {"resolution": "DNS", "endpoints": [{"address": "gw.example.com"}]},
            ["gw.example.com:5000"],
        ),
        ({"resolution": "NONE"}, []),
        ({"resolution": "STATIC"}, []),
    ],
)
def test_service_entry_resolution(k8s, spec, expected):
    assert addresses(endpoints_of([service_entry(k8s, **spec)])) == expected


def test_service_entry_selects_pods_of_all_clusters_and_local_entries(k8s):
    entry = service_entry(k8s, workloadSelector={"labels": APP})
    named = [{"name": "http", "containerPort": 8081}]
    local = [
        entry,
        k8s.remote_secret("west"),
        k8s.pod("a", labels=APP),
        workload_entry(k8s, spec={"ports": {"http": GATEWAY_PORT}}),
        workload_entry(k8s, "by-name", spec={"address": "gw.example.com"}),
    ]
    remote = [k8s.pod("b", labels=APP, ip="10.2.0.1", ports=named), workload_entry(k8s, "far")]
    found = endpoints_of(local, remote=remote)
    assert addresses(found) == ["10.0.0.1:5000", "10.2.0.1:8081", "10.9.0.1:15443"]


def test_a_service_entry_adds_to_a_kubernetes_service_of_its_host(k8s):
    entry = service_entry(k8s, endpoints=[{"address": "10.9.0.1"}])
    other = service_entry(k8s, "other", endpoints=[{"address": "10.9.0.2"}])
    other["spec"]["ports"][0]["name"] = "http-else"
    objects = [k8s.service("helloworld"), k8s.pod("a", labels=APP), entry, other]
    assert addresses(endpoints_of(objects)) == ["10.0.0.1:5000", "10.9.0.1:5000"]


def test_clusters_merge_by_host_and_port_name(k8s):
    local = [k8s.remote_secret("west"), k8s.service("helloworld"), k8s.pod("a", labels=APP)]
    remote = [
        k8s.root("net2"),
        k8s.node("w1", "west", "zone3"),
        k8s.service(
            "helloworld",
            ports=[{"name": "http", "port": 80, "targetPort": 8080}, {"name": "x", "port": 5000}],
            selector={"tier": "web"},
        ),
        k8s.pod("b", labels={"tier": "web"}, node="w1", ip="10.2.0.1"),
        workload_entry(k8s, "vm", labels={"tier": "web"}),
    ]
    found = endpoints_of(local, remote=remote)
    assert addresses(found) == ["10.0.0.1:5000", "10.2.0.1:8080", "10.9.0.1:8080"]
    assert [e.cluster for e in found] == ["east", "west", "west"]
    assert found[1].network == "net2"
    assert found[1].locality == "west/zone3/"
    assert addresses(endpoints_of(local[1:], remote=remote)) == ["10.0.0.1:5000"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", 2),
        (
            "serviceSettings: [{settings: {clusterLocal: true},"
            " hosts: ['*.sample.svc.cluster.local']}]",
            1,
        ),
        (
            "serviceSettings: [{settings: {clusterLocal: true}, hosts: ['*.svc.cluster.local']},"
            f" {{settings: {{clusterLocal: false}}, hosts: [{HOST}]}}]",
            2,
        ),
    ],
)
def test_cluster_local_hosts_stay_in_their_cluster(k8s, settings, expected):
    local = [
        k8s.mesh_config(settings),
        k8s.remote_secret("west"),
        k8s.service("helloworld"),
        k8s.pod("a", labels=APP),
    ]
    remote = [k8s.service("helloworld"), k8s.pod("b", labels=APP, ip="10.2.0.1")]
    assert len(endpoints_of(local, remote=remote)) == expected


def test_system_services_are_cluster_local_by_default(k8s):
    local = [k8s.remote_secret("west"), k8s.service("dns", "kube-system")]
    remote = [
        k8s.service("dns", "kube-system"),
        k8s.pod("b", "kube-system", labels={"app": "dns"}),
    ]
    host = "dns.kube-system.svc.cluster.local"
    assert endpoints_of(local, remote=remote, host=host) == ()


def endpoint_slice(k8s, *endpoints, port="http"):
    found = k8s.obj(
        "EndpointSlice", "s", "sample", labels={"kubernetes.io/service-name": "helloworld"}
    )
    return {**found, "ports": [{"name": port, "port": 8080}], "endpoints": list(endpoints)}


def test_a_service_without_selector_takes_its_slices(k8s):
    objects = [
        k8s.root("net1"),
        k8s.service("helloworld", selector={}),
        k8s.pod("a", labels=APP),
        endpoint_slice(
            k8s,
            {"addresses": ["10.7.0.1"]},
            {"addresses": ["10.7.0.2"], "conditions": {"ready": False, "terminating": False}},
            {"addresses": ["10.7.0.3"], "conditions": {"ready": False}},
            {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "a"}},
            {"addresses": ["10.0.0.9"], "targetRef": {"kind": "Pod", "name": "unknown"}},
        ),
    ]
    found = endpoints_of(objects)
    assert [(e.address, e.health, e.mtls) for e in found] == [
        ("10.7.0.1", "HEALTHY", False),
        ("10.7.0.2", "UNHEALTHY", False),
        ("10.7.0.3", "TERMINATING", False),
        ("10.0.0.1", "HEALTHY", True),
    ]
    assert found[0].network == "net1"
    assert (
        endpoints_of([*objects[:3], endpoint_slice(k8s, {"addresses": ["1.1.1.1"]}, port="x")])
        == ()
    )


def test_answers_are_kept(k8s):
    view = view_of([k8s.service("helloworld"), k8s.pod("a", labels=APP)])
    (service,) = view.services.all
    assert view.endpoints.of(service, 5000) is view.endpoints.of(service, "http")


def test_an_unknown_port_is_named(k8s):
    with pytest.raises(InvalidInput, match="has no port 81; its ports: 5000"):
        endpoints_of([k8s.service("helloworld")], 81)


def test_identities_of_all_endpoints_in_all_trusted_domains(k8s):
    view = view_of(
        [
            k8s.mesh_config("trustDomain: east.local\ntrustDomainAliases: [west.local]"),
            k8s.service("helloworld"),
            k8s.pod("a", labels=APP, account="one"),
            k8s.pod("b", labels=APP, account="two", ip="10.0.0.2"),
        ]
    )
    (service,) = view.services.all
    assert view.expected_identities(service) == (
        "spiffe://east.local/ns/sample/sa/one",
        "spiffe://east.local/ns/sample/sa/two",
        "spiffe://west.local/ns/sample/sa/one",
        "spiffe://west.local/ns/sample/sa/two",
    )
