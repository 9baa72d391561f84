# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils.cluster.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils.errors import MeshError, NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils.traffic.served import (
    Meter,
    Server,
    requests_in,
    servers_of,
)

ENVOY = """\
# TYPE envoy_http_downstream_rq_total counter
envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix="inbound_8080"} 7
envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix="outbound_0.0.0.0_8000"} 90
"""
ISTIO = """\
# TYPE istio_requests_total counter
istio_requests_total{reporter="destination",response_code="200"} 5
istio_requests_total{reporter="destination",response_code="503"} 1
istio_requests_total{reporter="source",response_code="200"} 80
"""


@pytest.mark.parametrize(
    ("text", "requests"), [("", 0), (ENVOY, 7), (ISTIO, 6), (ENVOY + ISTIO, 6), ("garbage\n", 0)]
)
def test_what_statistics_say(text, requests):
    assert requests_in(text) == requests


class Cluster:
    def __init__(self, name, counts):
        self.name = name
        self.left = {pod: list(values) for pod, values in counts.items()}

    def pods(self, namespace, workload):
        return [PodRef(namespace, name) for name in self.left]

    def admin(self, pod, method, path):
        assert (method, path.split("?")[0]) == ("GET", "/stats/prometheus")
        return ISTIO.splitlines()[1].replace("} 5", f"}} {self.left[pod.name].pop(0)}")


def test_only_what_is_new_counts():
    east = Cluster("east", {"a": [10, 13], "b": [0, 4]})
    west = Cluster("west", {"c": [5, 5]})
    servers = [s for cluster in (east, west) for s in servers_of(cluster, "sample", "httpbin")]
    assert Meter(servers).counts() == {
        "instance": {"a": 3, "b": 4, "c": 0},
        "cluster": {"east": 7, "west": 0},
    }


def test_a_sidecar_that_began_anew():
    east = Cluster("east", {"a": [10, 3]})
    meter = Meter([Server(east, PodRef("sample", "a"))])
    with pytest.raises(MeshError, match="pod a: its sidecar restarted"):
        meter.counts()


def test_nobody_to_ask():
    with pytest.raises(NotFound, match="cluster east: sample/httpbin has no pod"):
        servers_of(Cluster("east", {}), "sample", "httpbin")
