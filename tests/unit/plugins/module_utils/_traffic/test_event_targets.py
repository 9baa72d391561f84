# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import pod_ref
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import WorkloadRef
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.event_targets import (
    with_targets,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import Event
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.forecast_expectation import (
    drained_after,
    failing_after,
    restored_by,
    silent_after,
    sizes_after,
)

HASH = "7d4"


def pod(workload, node, namespace="shop", number=1, sidecar=True, **labels):
    containers = [{"name": "app"}, *([{"name": "istio-proxy"}] if sidecar else [])]
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"{workload}-{HASH}-{number}",
            "namespace": namespace,
            "labels": {"pod-template-hash": HASH, **labels},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{workload}-{HASH}"}],
        },
        "spec": {"nodeName": node, "containers": containers},
        "status": {"podIP": "10.0.0.1"},
    }


def node(name, zone, region="west"):
    labels = {"topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": region}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}}


GATEWAY = {
    "kind": "Service",
    "metadata": {"name": "eastwest", "namespace": "istio-system"},
    "spec": {"selector": {"istio": "eastwestgateway"}, "ports": [{"port": 15443}]},
}
PLAIN = {
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


class Cluster:
    name = "paris"
    has_faults = False
    supported_proxy_faults = ()

    def __init__(self):
        self.all = [
            node("n1", "a"),
            node("n2", "b"),
            node("n3", "a", "north"),
            pod("web", "n1", app="web"),
            pod("web", "n2", number=2, app="web"),
            pod("db", "n3", "data"),
            pod("batch", "n1", sidecar=False),
            pod("gateway", "n2", "istio-system", istio="eastwestgateway"),
            GATEWAY,
            PLAIN,
        ]

    def objects(self, kind):
        return [each for each in self.all if each["kind"] == kind]


def targets(clients=(), action="drain", **place):
    event = with_targets(Cluster(), Event(action, cluster="paris", **place), clients)
    return {f"{each.namespace}/{each.name}" for each in event.targets.pods}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"zone": "a"}, {"shop/web-7d4-1", "data/db-7d4-1"}),
        ({"zone": "west/a"}, {"shop/web-7d4-1"}),
        ({"zone": "b"}, {"shop/web-7d4-2", "istio-system/gateway-7d4-1"}),
        ({"node": "n3"}, {"data/db-7d4-1"}),
        ({"gateway": True}, {"istio-system/gateway-7d4-1"}),
        (
            {},
            {"shop/web-7d4-1", "shop/web-7d4-2", "data/db-7d4-1", "istio-system/gateway-7d4-1"},
        ),
    ],
)
def test_a_place_has_all_pods_with_a_sidecar(place, expected):
    assert targets(**place) == expected


@pytest.mark.parametrize("action", ["fail", "delay"])
@pytest.mark.parametrize("place", [{"zone": "b"}, {"node": "n2"}, {}])
def test_gateways_give_no_faults_of_responses(action, place):
    delay = {"delay_ms": 5} if action == "delay" else {}
    cluster = Cluster()
    cluster.has_faults = True
    event = with_targets(cluster, Event(action, cluster="paris", **place, **delay))
    found = {each.name for each in event.targets.pods}
    assert "web-7d4-2" in found
    assert "gateway-7d4-1" not in found
    assert "gateway" not in {each.workload for each in event.targets.deployments}


def test_a_place_with_a_gateway_alone_has_nothing_that_could_fail():
    cluster = Cluster()
    cluster.has_faults = True
    cluster.all = [each for each in cluster.all if each["metadata"]["name"] != "web-7d4-2"]
    with pytest.raises(NotFound, match="no pod with a sidecar there but clients and gateways; its"):
        with_targets(cluster, Event("fail", cluster="paris", zone="b"))


def test_a_gateway_that_is_named_cannot_fail():
    cluster = Cluster()
    cluster.has_faults = True
    cluster.pods = lambda *_name: [pod_ref(pod("gateway", "n2", "istio-system"))]
    event = Event("fail", cluster="paris", namespace="istio-system", workloads=("gateway",))
    with pytest.raises(InvalidInput, match="istio-system/gateway is a gateway, which passes bytes"):
        with_targets(cluster, event)


def test_the_clients_are_no_targets():
    assert "shop/web-7d4-1" not in targets({("shop", "web-7d4-1")})


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"zone": "c"}, "no pod with a sidecar there; its zones: north/a, west/a, west/b"),
        ({"node": "n4"}, "no pod with a sidecar there; its nodes: n1, n2, n3"),
    ],
)
def test_a_place_that_is_not_there_is_named_with_those_that_are(place, said):
    with pytest.raises(NotFound, match=said):
        targets(**place)


def test_a_zone_is_drained_pod_by_pod_and_a_cluster_scaled_as_a_whole():
    zone = with_targets(Cluster(), Event("drain", cluster="paris", zone="b"))
    assert drained_after("berlin", (), [zone]) == [
        WorkloadRef("shop", "web-7d4-2", "paris"),
        WorkloadRef("istio-system", "gateway-7d4-1", "paris"),
    ]
    gone = with_targets(Cluster(), Event("scale", cluster="paris", replicas=0))
    sizes = {str(each.workload): each.replicas for each in sizes_after("berlin", [gone])}
    assert sizes == {"shop/web": 0, "data/db": 0, "istio-system/gateway": 0}
    assert set(restored_by("berlin", [gone])) == {
        each.workload for each in sizes_after("b", [gone])
    }


def test_what_is_taken_back_in_time_is_not_forecast():
    event = with_targets(Cluster(), Event("drain", cluster="paris", gateway=True, for_ms=500))
    assert drained_after("berlin", (), [event]) == []
    scaled = with_targets(Cluster(), Event("scale", cluster="paris", replicas=0, for_ms=500))
    assert sizes_after("berlin", [scaled]) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"action": "drain"}, "drain names no workloads, and no place"),
        ({"action": "drain", "zone": "a", "node": "n1"}, "give one of zone, node"),
        ({"action": "drain", "workloads": ("a",)}, "drain a needs the namespace"),
        (
            {"action": "scale", "zone": "a", "replicas": 0},
            "scale zone a to 0: a Deployment may have",
        ),
        ({"action": "restart", "zone": "a", "for_ms": 5}, "for_ms 5 must be more than 0 and goes"),
        ({"action": "fail", "zone": "a", "percent": 0}, "percent 0 must be 1 to 100"),
        (
            {"action": "fail", "zone": "a", "status": 404},
            "and status 404 must|status 404 must|status 404",
        ),
        ({"action": "delay", "zone": "a"}, "delay_ms 0 must be more than 0 with action delay"),
        ({"action": "drain", "zone": "a", "delay_ms": 5}, "delay_ms 5 must be"),
        ({"action": "fail", "gateway": True}, "fail the gateway: a gateway passes bytes on"),
        ({"action": "drain", "zone": "a", "for_ms": 0}, "for_ms 0 must be more than 0"),
    ],
)
def test_events_that_cannot_be(options, said):
    with pytest.raises(InvalidInput, match=said):
        Event(**options)


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({"cluster": "paris"}, "drain cluster paris"),
        ({"cluster": "paris", "gateway": True}, "drain the gateway of paris"),
        ({"zone": "a"}, "drain zone a"),
        ({"node": "n1", "cluster": "paris"}, "drain node n1 of paris"),
        ({"zone": "a", "name": "fire"}, "fire"),
    ],
)
def test_titles(options, title):
    assert Event("drain", **options).title == title


def test_real_clusters_have_no_faults():
    with pytest.raises(InvalidInput, match="fail zone a of paris: sidecars of a real cluster"):
        targets(action="fail", zone="a")
    cluster = Cluster()
    cluster.has_faults = True
    event = with_targets(cluster, Event("fail", cluster="paris", zone="west/a"))
    assert failing_after("berlin", [event]) == [WorkloadRef("shop", "web-7d4-1", "paris")]
    assert drained_after("berlin", [WorkloadRef("shop", "web-7d4-1", "paris")], [event])


@pytest.mark.parametrize(
    ("fault", "cure"),
    [("kill", "Use restart"), ("hang", "Use drain, or scale to 0"), ("blackhole", "NetworkPolicy")],
)
def test_proxies_of_real_clusters_go_on(fault, cure):
    with pytest.raises(InvalidInput, match=f"{fault} zone a of paris: .* loopback, .*{cure}"):
        targets(action=fault, zone="a")
    cluster = Cluster()
    cluster.supported_proxy_faults = (fault,)
    event = with_targets(cluster, Event(fault, cluster="paris", zone="west/a"))
    gone = [WorkloadRef("shop", "web-7d4-1", "paris")]
    assert drained_after("berlin", (), [event]) == gone
    assert restored_by("berlin", [event]) == []
    assert silent_after("berlin", [event]) == ([] if fault == "kill" else gone)
