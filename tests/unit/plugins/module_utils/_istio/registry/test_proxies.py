# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    captures_dns,
    client,
    proxy_metadata,
    proxy_role,
)

VIEW = "ISTIO_META_REQUESTED_NETWORK_VIEW"
CAPTURE = "ISTIO_META_DNS_CAPTURE"


def test_a_client_has_its_locality_labels_and_network(k8s):
    state = ClusterState("east", [k8s.node("n1", "east", "zone1")])
    pod = k8s.pod("sleep", labels={"app": "sleep"}, node="n1", env={"ISTIO_META_NETWORK": "net1"})
    found = client(state, pod)
    assert (found.locality, found.network, found.cluster) == ("east/zone1/", "net1", "east")
    assert (found.node, found.network_view) == ("n1", frozenset())
    assert found.labels["topology.istio.io/network"] == "net1"
    assert found.labels["kubernetes.io/hostname"] == "n1"
    assert found.labels["topology.istio.io/cluster"] == "east"


@pytest.mark.parametrize(
    ("labels", "env", "sidecar", "expected"),
    [
        ({"topology.istio.io/network": "own"}, {"ISTIO_META_NETWORK": "net1"}, True, "own"),
        ({}, {"ISTIO_META_NETWORK": "net1"}, True, "net1"),
        # injected without a network: istiod does not make one up for a proxy
        ({}, {}, True, ""),
        ({}, {}, False, "cluster-net"),
    ],
)
def test_network_of_a_client(k8s, labels, env, sidecar, expected):
    state = ClusterState("east", [k8s.root("cluster-net")])
    pod = k8s.pod("p", labels=labels, env=env, sidecar=sidecar)
    assert client(state, pod).network == expected


def test_locality_label_of_the_pod_beats_its_node(k8s):
    state = ClusterState("east", [k8s.node("n1", "east", "zone1")])
    pod = k8s.pod("p", labels={"istio-locality": "west.zone3"}, node="n1")
    assert client(state, pod).locality == "west/zone3/"
    assert client(state, k8s.pod("q", node="gone")).locality == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("net1", {"net1"}), ("net1, net2", {"net1", "net2"}), ("", set())],
)
def test_network_view_is_read_from_any_container(k8s, value, expected):
    pod = k8s.pod("gw", env={VIEW: value})
    state = ClusterState("east", [])
    assert client(state, pod).network_view == expected
    spec = pod["spec"]
    spec["initContainers"] = [spec["containers"].pop()]
    assert client(state, pod).network_view == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [({"proxy": "router"}, "router"), ({"proxy": "sidecar"}, "sidecar"), ({"sidecar": False}, "")],
)
def test_role(k8s, options, expected):
    assert proxy_role(k8s.pod("p", **options)) == expected


def test_settings_of_a_proxy_the_closest_wins(k8s):
    mesh = f"defaultConfig: {{proxyMetadata: {{{CAPTURE}: true, A: mesh, B: mesh}}}}"
    state = ClusterState("east", [k8s.mesh_config(mesh)])
    annotation = {"proxy.istio.io/config": "proxyMetadata: {B: pod, ISTIO_META_C: pod}"}
    pod = k8s.pod("p", env={"ISTIO_META_C": "container", "OTHER": "x"}, annotations=annotation)
    assert proxy_metadata(state, pod) == {
        CAPTURE: "true",
        "A": "mesh",
        "B": "pod",
        "ISTIO_META_C": "container",
    }
    assert captures_dns(state, pod)
    assert not captures_dns(ClusterState("west", []), pod)
