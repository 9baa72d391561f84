# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.manifests import as_cluster
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.proxies import (
    proxy_role,
)

from .conftest import deployment, node, service

NODES = [node("n1", "east", "zone1"), node("n2", "east", "zone2")]


def pods(*manifests):
    return ClusterState("east", as_cluster("east", manifests)).objects("Pod")


def bare(**more):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bare", **more.pop("metadata", {})},
        "spec": {"containers": [{"name": "app"}], **more.pop("spec", {})},
        **more,
    }


def test_a_deployment_becomes_pods_where_its_selector_says():
    found = pods(*NODES, deployment("a", "sample", "app", "zone2", 3))
    assert [pod["spec"]["nodeName"] for pod in found] == ["n2"] * 3
    assert len({pod["status"]["podIP"] for pod in found}) == 3
    assert {proxy_role(pod) for pod in found} == {"sidecar"}


def test_an_account_that_is_not_given_is_taken_as_present():
    manifest = deployment("a", "sample", "app", "zone1")
    manifest["spec"]["template"]["spec"]["serviceAccountName"] = "someone"
    assert len(pods(*NODES, manifest)) == 1


def test_a_namespace_that_is_given_decides_about_sidecars():
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sample"}}
    found = pods(*NODES, namespace, deployment("a", "sample", "app", "zone1"))
    assert [proxy_role(pod) for pod in found] == [""]


def test_a_selector_that_no_node_fits_is_named():
    with pytest.raises(InvalidInput, match=r"zone=zone9 .*zone is zone1, zone2"):
        pods(*NODES, deployment("a", "sample", "app", "zone9"))


@pytest.mark.parametrize(
    ("pod", "place"),
    [
        (bare(spec={"nodeName": "n2"}), "n2"),
        (bare(spec={"nodeSelector": {"topology.kubernetes.io/zone": "zone2"}}), "n2"),
    ],
)
def test_pods_as_they_are_written(pod, place):
    (found,) = pods(*NODES, pod)
    assert found["spec"]["nodeName"] == place
    assert found["metadata"]["namespace"] == "default"
    assert found["status"]["podIP"]
    assert proxy_role(found) == "sidecar"


def test_pods_as_a_cluster_shows_them():
    status = {"podIP": "10.1.1.1", "conditions": [{"type": "Ready", "status": "False"}]}
    (found,) = pods(*NODES, bare(metadata={"uid": "1"}, spec={"nodeName": "n1"}, status=status))
    assert found["status"] == status
    # it would show its sidecar
    assert proxy_role(found) == ""


def test_addresses_of_pods_differ():
    taken = bare(status={"podIP": "248.0.0.1"})
    found = pods(*NODES, taken, deployment("a", "sample", "app", "zone1", 2))
    assert len({pod["status"]["podIP"] for pod in found}) == 3


def test_addresses_of_clusters_differ():
    def addresses(index):
        manifests = [*NODES, deployment("a", "sample", "app", "zone1", 2), bare()]
        state = ClusterState("c", as_cluster("c", manifests, index))
        return {pod["status"]["podIP"] for pod in state.objects("Pod")}

    assert len(addresses(0) | addresses(1) | addresses(15)) == 9


def owned(name, kind, owner):
    reference = {"kind": kind, "name": owner, "controller": True}
    labels = {"app": "app", "pod-template-hash": "abc"}
    meta = {"name": name, "namespace": "sample", "labels": labels, "ownerReferences": [reference]}
    return bare(metadata=meta, status={"podIP": "10.1.1.1"})


def test_pods_that_are_given_with_their_deployment_are_not_made_again():
    manifest = deployment("a", "sample", "app", "zone1", 3)
    (found,) = pods(*NODES, manifest, owned("a-abc-1", "ReplicaSet", "a-abc"))
    assert found["metadata"]["name"] == "a-abc-1"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet"])
def test_other_workloads_need_their_pods(kind):
    meta = {"name": "a", "namespace": "sample"}
    manifest = {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": {"replicas": 1}}
    with pytest.raises(InvalidInput, match=f"{kind} sample/a is not turned into pods"):
        pods(*NODES, manifest)
    assert len(pods(*NODES, manifest, owned("a-0", kind, "a"))) == 1
    manifest["spec"]["replicas"] = 0
    assert pods(*NODES, manifest) == []


def test_services_get_addresses_and_the_manifests_stay_as_they_are():
    manifest = service()
    objects = as_cluster("east", [manifest])
    assert next(each for each in objects if each["kind"] == "Service")["spec"]["clusterIP"]
    assert "clusterIP" not in manifest["spec"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"kind": "Service"}, "lacks apiVersion"),
        ({"apiVersion": "v1", "kind": "Service", "metadata": {}}, "lacks apiVersion"),
    ],
)
def test_what_is_refused(manifest, message):
    with pytest.raises(InvalidInput, match=message):
        as_cluster("east", [manifest])
