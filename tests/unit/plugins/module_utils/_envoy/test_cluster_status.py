# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import cluster_status
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.cluster_status import (
    ClusterFilter,
    ServicePort,
)

# a sidecar's answer while zone1 is drained, and the requests of a sample went to zone2
RECORDED = (Path(__file__).parent / "recorded" / "clusters.json").read_text(encoding="utf-8")
HOST = "helloworld.sample.svc.cluster.local"


def one(**host) -> cluster_status.EndpointStatus:
    content = {"cluster_statuses": [{"name": f"outbound|80||{HOST}", "host_statuses": [host]}]}
    (endpoint,) = cluster_status.parse(json.dumps(content), ClusterFilter())
    return endpoint


def test_a_recorded_answer_is_read():
    first, second = cluster_status.parse(RECORDED, ClusterFilter((HOST,), 5000))
    assert (first.region, first.zone, first.subzone, first.priority) == ("east", "zone1", "", 0)
    assert (first.health, first.reasons) == ("ejected", ("failed_outlier_check",))
    assert (second.zone, second.priority, second.health) == ("zone2", 1, "healthy")
    assert second.port == 5000
    assert second.requests > 0
    assert second.errors == 0
    assert second.connections == second.requests
    assert first.failed_connections == 1
    assert {first.service, second.service} == {ServicePort(HOST, 5000)}


@pytest.mark.parametrize(
    "cluster_filter",
    [
        ClusterFilter(("other",)),
        ClusterFilter((HOST,), 80),
        ClusterFilter(subset="v1"),
        ClusterFilter((), 80),
    ],
)
def test_what_is_not_wanted_is_left_out(cluster_filter):
    assert cluster_status.parse(RECORDED, cluster_filter) == []


@pytest.mark.parametrize(
    "cluster_filter", [ClusterFilter(), ClusterFilter((HOST, "other")), ClusterFilter(subset="")]
)
def test_what_is_wanted_is_found(cluster_filter):
    assert len(cluster_status.parse(RECORDED, cluster_filter)) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("outbound|5000||a.b", ServicePort("a.b", 5000)),
        ("outbound|5000|v1|a.b", ServicePort("a.b", 5000, "v1")),
        ("inbound|5000||", None),
        ("xds-grpc", None),
        ("outbound_.5000_._.a.b", None),
        ("outbound|x||a.b", None),
    ],
)
def test_a_cluster_is_named_after_its_service(name, expected):
    assert ServicePort.parse(name) == expected


@pytest.mark.parametrize(
    ("status", "health", "reasons"),
    [
        ({}, "healthy", ()),
        ({"eds_health_status": "HEALTHY"}, "healthy", ()),
        ({"eds_health_status": "UNKNOWN"}, "healthy", ()),
        ({"eds_health_status": "UNHEALTHY"}, "unhealthy", ("eds_unhealthy",)),
        ({"eds_health_status": "TIMEOUT"}, "unhealthy", ("eds_timeout",)),
        ({"eds_health_status": "DRAINING"}, "draining", ("eds_draining",)),
        ({"eds_health_status": "DEGRADED"}, "degraded", ("eds_degraded",)),
        ({"failed_outlier_check": True}, "ejected", ("failed_outlier_check",)),
        ({"failed_outlier_check": False}, "healthy", ()),
        (
            {"eds_health_status": "UNHEALTHY", "failed_outlier_check": True},
            "unhealthy",
            ("eds_unhealthy", "failed_outlier_check"),
        ),
        (
            {"failed_active_health_check": True, "pending_dynamic_removal": True},
            "unhealthy",
            ("failed_active_health_check", "pending_dynamic_removal"),
        ),
    ],
)
def test_health_has_one_word_and_all_reasons(status, health, reasons):
    endpoint = one(health_status=status)
    assert (endpoint.health, endpoint.reasons) == (health, reasons)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"socket_address": {"address": "10.1.2.3", "port_value": 80}}, ("10.1.2.3", 80)),
        ({"pipe": {"path": "/run/socket"}}, ("/run/socket", 0)),
        (
            {
                "envoy_internal_address": {
                    "server_listener_name": "out",
                    "endpoint_id": "10.1.2.3:80",
                }
            },
            ("10.1.2.3:80", 0),
        ),
        ({}, ("", 0)),
    ],
)
def test_an_address_has_several_shapes(address, expected):
    endpoint = one(address=address)
    assert (endpoint.address, endpoint.port) == expected


def test_what_envoy_leaves_out_has_its_default():
    endpoint = one()
    assert (endpoint.priority, endpoint.weight, endpoint.requests) == (0, 1, 0)


def test_endpoints_come_in_the_order_in_which_they_are_used():
    hosts = [
        {"priority": 1, "locality": {"region": "a"}},
        {"priority": 0, "locality": {"region": "b", "zone": "2"}},
        {"priority": 0, "locality": {"region": "b", "zone": "1"}},
    ]
    content = {"cluster_statuses": [{"name": "outbound|1||h", "host_statuses": hosts}]}
    endpoints = cluster_status.parse(json.dumps(content), ClusterFilter())
    assert [(e.priority, e.region + e.zone) for e in endpoints] == [(0, "b1"), (0, "b2"), (1, "a")]


@pytest.mark.parametrize("text", ["", "no healthy upstream", "[]"])
def test_what_is_no_answer_is_refused(text):
    with pytest.raises(MeshError, match="is not readable"):
        cluster_status.parse(text, ClusterFilter())


@pytest.mark.parametrize(
    ("cluster_filter", "matching", "other"),
    [
        (ClusterFilter(), "outbound|80|v1|a.b", "inbound|80||"),
        (ClusterFilter(("a.b",), 80), "outbound|80|v1|a.b", "outbound|80||axb"),
        (ClusterFilter(("a.b", "c"), 80), "outbound|80||c", "outbound|80||cc"),
        (ClusterFilter(port=80), "outbound|80||x", "outbound|8080||x"),
        (ClusterFilter(subset=""), "outbound|80||x", "outbound|80|v1|x"),
    ],
)
def test_the_path_asks_for_no_more_than_is_wanted(cluster_filter, matching, other):
    parts = urlsplit(cluster_status.admin_path(cluster_filter))
    query = parse_qs(parts.query, strict_parsing=True)
    assert (parts.path, query["format"]) == ("/clusters", ["json"])
    assert re.search(query["filter"][0], matching)
    assert not re.search(query["filter"][0], other)


def test_short_names_are_completed_as_a_resolver_would():
    assert cluster_status.full_names("helloworld.sample", "sleep")[2] == HOST
    assert cluster_status.full_names("helloworld", "sample")[1] == HOST
    assert cluster_status.full_names(HOST, "sleep")[0] == HOST


def test_one_cluster_of_a_gateway_is_read():
    sni = f"outbound_.80_._.{HOST}"
    address = {"socket_address": {"address": "10.0.0.1", "port_value": 8080}}
    stats = [{"name": "cx_total", "value": "3"}]
    hosts = [{"address": address, "stats": stats}]
    text = json.dumps(
        {
            "cluster_statuses": [
                {"name": sni, "host_statuses": hosts},
                {"name": sni + ".other", "host_statuses": hosts},
                {"name": "empty"},
            ]
        }
    )
    (endpoint,) = cluster_status.parse_cluster(text, sni)
    assert (endpoint.cluster, endpoint.address, endpoint.connections) == (sni, "10.0.0.1", 3)
    assert (
        cluster_status.parse_cluster(text, "empty")
        == cluster_status.parse_cluster(text, "unknown")
        == []
    )
    with pytest.raises(MeshError, match="not readable"):
        cluster_status.parse_cluster("oops", sni)
