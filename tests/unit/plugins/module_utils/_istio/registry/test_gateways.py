# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    NetworkGateway,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import (
    gateway_servers,
    network_gateways,
    passthrough_servers,
)

NETWORK = "topology.istio.io/network"
HOST = "helloworld.sample.svc.cluster.local"


def gateway_service(k8s, *addresses, labels=None, port=15443, spec=None, name="gw", **parts):
    ingress = [{"ip": a} if a[0].isdigit() else {"hostname": a} for a in addresses]
    return k8s.service(
        name,
        "istio-system",
        labels={NETWORK: "net2", **(labels or {})},
        ports=[{"name": "status-port", "port": 15021}, {"name": "tls", "port": port}],
        spec={"type": "LoadBalancer", **(spec or {})},
        status={"loadBalancer": {"ingress": ingress}},
        **parts,
    )


def found(*objects, remote=()):
    clusters = [ClusterState("east", objects), ClusterState("west", list(remote))]
    return network_gateways(IstiodClusters(clusters, "east"))


def test_gateways_of_all_visible_clusters_sorted_by_address(k8s):
    local = [k8s.remote_secret("west"), gateway_service(k8s, "9.0.0.1", labels={NETWORK: "net1"})]
    remote = [gateway_service(k8s, "8.0.0.2", "gw.example.com", spec={"externalIPs": ["8.0.0.1"]})]
    assert found(*local, remote=remote) == (
        NetworkGateway("net2", "8.0.0.1", 15443, "west"),
        NetworkGateway("net2", "8.0.0.2", 15443, "west"),
        NetworkGateway("net1", "9.0.0.1", 15443, "east"),
        NetworkGateway("net2", "gw.example.com", 15443, "west"),
    )
    assert len(found(*local[1:], remote=remote)) == 1


def test_port_label_and_missing_port(k8s):
    label = {"networking.istio.io/gatewayPort": "443"}
    (gateway,) = found(gateway_service(k8s, "8.0.0.1", labels=label, port=443))
    assert gateway.port == 443
    assert found(gateway_service(k8s, "8.0.0.1", port=443)) == ()
    assert found(gateway_service(k8s)) == ()


def test_node_port_gateways_are_at_their_nodes(k8s):
    service = gateway_service(
        k8s, annotations={"traffic.istio.io/nodeSelector": '{"gateway": "yes"}'}
    )
    service["spec"] |= {"type": "NodePort"}
    service["spec"]["ports"][1]["nodePort"] = 31443
    nodes = [k8s.node("n1", gateway="yes"), k8s.node("n2", gateway="yes"), k8s.node("n3")]
    for number, node in enumerate(nodes):
        addresses = [{"type": "InternalIP", "address": f"10.0.0.{number}"}]
        node["status"] = {"addresses": addresses}
    nodes[1]["status"]["addresses"].append({"type": "ExternalIP", "address": "7.0.0.1"})
    assert [(g.address, g.port) for g in found(service, *nodes)] == [
        ("10.0.0.0", 31443),
        ("7.0.0.1", 31443),
    ]


def test_gateways_of_the_mesh_networks_setting(k8s):
    networks = (
        "networks: {net9: {gateways: [{address: 1.1.1.1, port: 443},"
        " {registryServiceName: gw.istio-system.svc.cluster.local, port: 15443}]}}"
    )
    service = gateway_service(k8s, "2.2.2.2")
    del service["metadata"]["labels"][NETWORK]
    assert found(service, k8s.mesh_config("", networks)) == (
        NetworkGateway("net9", "1.1.1.1", 443),
        NetworkGateway("net9", "2.2.2.2", 15443, "east"),
    )


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("*", HOST, True),
        ("*.local", HOST, True),
        ("*.sample.svc.cluster.local", HOST, True),
        ("*.other.svc.cluster.local", HOST, False),
        (HOST, HOST, True),
        ("sample.svc.cluster.local", HOST, False),
        ("*.local", ".local", False),
        ("*.local", "*.cluster.local", True),
        ("*.cluster.local", "*.local", False),
    ],
)
def test_host_patterns(pattern, host, expected):
    assert host_matches(pattern, host) is expected


def gateway(k8s, hosts, mode="AUTO_PASSTHROUGH", namespace="sample", selector=None, name="g"):
    server = {
        "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
        "tls": {"mode": mode},
        "hosts": hosts,
    }
    selector = {"istio": "eastwestgateway"} if selector is None else selector
    return k8s.obj("Gateway", name, namespace, spec={"selector": selector, "servers": [server]})


@pytest.mark.parametrize(
    ("hosts", "namespace", "expected"),
    [
        (["*.local"], "sample", True),
        ([HOST], "sample", True),
        (["other.sample.svc.cluster.local"], "sample", False),
        (["other.sample.svc.cluster.local", HOST], "sample", True),
        (["sample/*.local"], "sample", True),
        (["other/*.local"], "sample", False),
        (["./*.local"], "sample", True),
        (["./*.local"], "elsewhere", False),
        (["*/*.local"], "elsewhere", True),
        ([], "sample", False),
    ],
)
def test_exposed_hosts(k8s, hosts, namespace, expected):
    state = ClusterState("west", [gateway(k8s, hosts)])
    pod = k8s.pod("gw", "istio-system", labels={"istio": "eastwestgateway"})
    (server,) = passthrough_servers(state, pod)
    assert server.exposes(HOST, namespace) is expected
    assert (server.port, server.protocol, server.gateway) == (15443, "TLS", "g")


def test_which_gateways_select_a_pod(k8s):
    state = ClusterState(
        "west",
        [
            gateway(k8s, ["*"], name="a"),
            gateway(k8s, ["*"], name="b", selector={"istio": "ingress"}),
            gateway(k8s, ["*"], name="c", mode="PASSTHROUGH"),
            gateway(k8s, ["*"], name="d", selector={}),
        ],
    )
    pod = k8s.pod("gw", "istio-system", labels={"istio": "eastwestgateway"})
    assert [s.gateway for s in gateway_servers(state, pod)] == ["a", "c", "d"]
    assert [s.gateway for s in passthrough_servers(state, pod)] == ["a", "d"]
