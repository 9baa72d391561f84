# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import expectation
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import SampleSpec
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import (
    HELLOWORLD,
    identify_responses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.result import SampleResult
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import (
    ENDPOINTS,
    LISTENERS,
    RequestCounter,
    Server,
    requests_in,
    requests_to_app,
    servers_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.served import (
    ISTIO as ISTIO_TOTAL,
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


PLAIN = """\
inbound|8080||::default_priority::max_requests::4294967295
inbound|8080||::10.30.1.7:8080::rq_success::9
inbound|8080||::10.30.1.7:8080::rq_total::11
inbound|8081|http|httpbin.sample.svc.cluster.local::[fd00::7]:8081::rq_total::2
outbound|8000||httpbin.sample.svc.cluster.local::10.30.1.7:8080::rq_total::40
"""


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("", {}),
        (ENVOY, {LISTENERS: 7}),
        (ISTIO, {ISTIO_TOTAL: 6}),
        (ENVOY + ISTIO, {LISTENERS: 7, ISTIO_TOTAL: 6}),
        ("garbage\n", {}),
    ],
)
def test_what_statistics_say(text, requests):
    assert requests_in(text) == requests


def test_what_every_envoy_says():
    assert requests_to_app(PLAIN) == {ENDPOINTS: 13}
    # before the first request
    assert requests_to_app(PLAIN.splitlines()[0]) == {}


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
    meter = RequestCounter(servers)
    assert meter.counts() == {
        "instance": {"a": 3, "b": 4, "c": 0},
        "cluster": {"east": 7, "west": 0},
        "workload": {"httpbin": 7},
    }
    assert meter.counters == (ISTIO_TOTAL,)


class Said:
    """A cluster whose sidecars say one thing after the other."""

    name = "west"

    def __init__(self, *says):
        self.says = list(says)

    def admin(self, pod, method, path):
        if path.startswith("/stats/prometheus?"):
            self.now = self.says.pop(0)
            return "".join(part for part in self.now if part in (ENVOY, ISTIO))
        assert path == "/clusters"
        return "".join(part for part in self.now if part not in (ENVOY, ISTIO))


FEWER = PLAIN.replace("::11", "::1").replace("::2", "::1")


@pytest.mark.parametrize(
    ("before", "after", "taken", "counters"),
    [
        ([], [], 0, ()),
        ([], [PLAIN], 13, (ENDPOINTS,)),
        ([FEWER], [PLAIN], 11, (ENDPOINTS,)),
        ([PLAIN], [PLAIN], 0, ()),
        ([], [PLAIN, ENVOY], 7, (LISTENERS,)),
        # Istio's counter appears with the first request
        ([PLAIN], [PLAIN, ISTIO], 6, (ISTIO_TOTAL,)),
        ([ENVOY], [ENVOY, ISTIO], 6, (ISTIO_TOTAL,)),
    ],
)
def test_the_best_counter_that_there_is(before, after, taken, counters):
    meter = RequestCounter([Server(Said(before, after), PodRef("sample", "a"))])
    assert meter.counts()["instance"] == {"a": taken}
    assert meter.counters == counters


@pytest.mark.parametrize(
    ("before", "after"), [([ISTIO], [PLAIN]), ([ENVOY], []), ([PLAIN], [FEWER]), ([PLAIN], [])]
)
def test_a_counter_that_began_anew(before, after):
    meter = RequestCounter([Server(Said(before, after), PodRef("sample", "a"))])
    with pytest.raises(MeshError, match="pod a: its sidecar began to count anew"):
        meter.counts()


def test_a_sidecar_that_began_anew():
    east = Cluster("east", {"a": [10, 3]})
    meter = RequestCounter([Server(east, PodRef("sample", "a"))])
    with pytest.raises(MeshError, match="pod a: its sidecar began"):
        meter.counts()


def test_nobody_to_ask():
    with pytest.raises(NotFound, match="cluster east: sample/httpbin has no pod"):
        servers_of(Cluster("east", {}), "sample", "httpbin")


@pytest.mark.parametrize(("by", "unidentified"), [("workload", 0), ("version", 10)])
def test_answers_need_not_tell_who_gave_them_where_sidecars_count(by, unidentified):
    expect = expectation({"by": by, "shares": {"a": 1}})
    records = [Record(number, 1.0, 200, "any text") for number in range(10)]
    result = SampleResult(SampleSpec(LoadProfile("http://web", requests=10), expect), records)
    result.responses = identify_responses(records, HELLOWORLD)
    result.served = {"instance": {"a-1": 10}, "workload": {"a": 10}}
    assert result.unidentified == unidentified
