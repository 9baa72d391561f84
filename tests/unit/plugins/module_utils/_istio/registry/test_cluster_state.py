# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    name_of,
)


def test_objects_by_kind_namespace_and_labels(k8s):
    state = ClusterState(
        "east",
        [
            k8s.service("a", "one", labels={"x": "1"}),
            k8s.service("b", "one"),
            k8s.service("a", "two"),
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {}},
            {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {}},
        ],
    )
    assert [name_of(o) for o in state.objects("Service")] == ["a", "b", "a"]
    assert [name_of(o) for o in state.objects("Service", "one")] == ["a", "b"]
    assert [name_of(o) for o in state.objects("Service", labels={"x": "1"})] == ["a"]
    assert state.objects("Gateway") == []
    assert state.get("Service", "b", "two") is None
    assert state.get("Service", "b", "one") is not None


def test_mesh_settings_have_istiods_defaults(k8s):
    config = ClusterState("east", []).mesh_config
    assert config["trustDomain"] == "cluster.local"
    assert config["localityLbSetting"] == {"enabled": True}
    given = k8s.mesh_config(
        "trustDomain: east.local\nlocalityLbSetting: {enabled: false}\n"
        "defaultConfig: {meshId: east-mesh}\nrootNamespace:\n"
    )
    state = ClusterState("east", [given])
    assert state.trust_domain == "east.local"
    assert state.mesh_config["localityLbSetting"] == {"enabled": False}
    assert state.root_namespace == "istio-system"
    assert state.mesh_id == "east-mesh"
    # another cluster's settings must not have leaked into the defaults
    assert ClusterState("west", []).mesh_id == "cluster.local"


def test_settings_of_a_revision_are_found(k8s):
    given = k8s.mesh_config("trustDomain: canary.local")
    given["metadata"]["name"] = "istio-canary"
    other = k8s.obj("ConfigMap", "istio-ca-root-cert", "istio-system", data={"root": ""})
    assert ClusterState("east", [other, given]).trust_domain == "canary.local"


@pytest.mark.parametrize("text", ["- a", "a: [", "just text"])
def test_settings_that_are_no_mapping_are_refused(k8s, text):
    with pytest.raises(InvalidInput, match="key mesh of ConfigMap istio in cluster east"):
        _unused = ClusterState("east", [k8s.mesh_config(text)]).mesh_config


def test_network_is_the_control_plane_namespaces_label(k8s):
    assert ClusterState("east", [k8s.root("net1")]).network == "net1"
    assert ClusterState("east", [k8s.root()]).network == ""
    assert ClusterState("east", []).network == ""


def test_a_mesh_sees_the_clusters_that_it_has_remote_secrets_for(k8s):
    east = ClusterState("east", [k8s.remote_secret("west", "lost", "east")])
    west = ClusterState("west", [])
    north = ClusterState("north", [])
    mesh = IstiodClusters([north, west, east], "east")
    assert [c.name for c in mesh.visible] == ["east", "west"]
    assert mesh.unreachable == ("lost",)
    assert [c.name for c in IstiodClusters([north, west, east], "west").visible] == ["west"]
    assert mesh.cluster("west") is west
    with pytest.raises(InvalidInput, match="does not see a cluster north; it sees east, west"):
        mesh.cluster("north")


def test_an_unknown_local_cluster_is_named():
    with pytest.raises(InvalidInput, match="no cluster south; known clusters: east, west"):
        IstiodClusters([ClusterState("west", []), ClusterState("east", [])], "south")
