# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values are those that istiod 1.31 sends for the same rule."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import clusters
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
    effective_policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Assignment

HOST = "httpbin.sample.svc.cluster.local"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def made(policy: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    rule = {
        "kind": "DestinationRule",
        "apiVersion": "networking.istio.io/v1",
        "metadata": {"name": "rule", "namespace": "sample"},
        "spec": {"host": HOST, "trafficPolicy": policy},
    }
    rules = find_rules([rule], HOST, client_namespace="sleep", service_namespace="sample")
    values: dict[str, t.Any] = {
        "name": "outbound|8000||httpbin",
        "assignment": Assignment(()),
        "policy": effective_policy(rules, HOST, 8000),
        "http": True,
        "server_name": "outbound_.8000_._.httpbin",
        **more,
    }
    return clusters.cluster(clusters.ClusterInputs(**values))


def test_defaults() -> None:
    cluster = made({})
    assert cluster["connect_timeout"] == "10s"
    assert cluster["lb_policy"] == "LEAST_REQUEST"
    assert "outlier_detection" not in cluster
    assert "locality_weighted_lb_config" not in cluster["common_lb_config"]
    assert set(cluster["circuit_breakers"]["thresholds"][0].values()) == {4294967295}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, {"enforcing_success_rate": 0}),
        (
            {"consecutive5xxErrors": 1, "interval": "1s", "baseEjectionTime": "1m"},
            {
                "enforcing_success_rate": 0,
                "consecutive_5xx": 1,
                "enforcing_consecutive_5xx": 100,
                "interval": "1s",
                "base_ejection_time": "60s",
            },
        ),
        (
            {"consecutive5xxErrors": 0, "consecutiveGatewayErrors": 2, "maxEjectionPercent": 100},
            {
                "enforcing_success_rate": 0,
                "consecutive_5xx": 0,
                "enforcing_consecutive_5xx": 0,
                "consecutive_gateway_failure": 2,
                "enforcing_consecutive_gateway_failure": 100,
                "max_ejection_percent": 100,
            },
        ),
        (
            {"splitExternalLocalOriginErrors": True, "consecutiveLocalOriginFailures": 2},
            {
                "enforcing_success_rate": 0,
                "split_external_local_origin_errors": True,
                "enforcing_local_origin_success_rate": 0,
                "consecutive_local_origin_failure": 2,
                "enforcing_consecutive_local_origin_failure": 100,
            },
        ),
    ],
)
def test_outlier_detection(rule: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    assert made({"outlierDetection": rule})["outlier_detection"] == expected


def test_connection_pool() -> None:
    pool = {
        "tcp": {"maxConnections": 100, "connectTimeout": "250ms", "maxConnectionDuration": "1m"},
        "http": {
            "http1MaxPendingRequests": 4,
            "http2MaxRequests": 20,
            "maxRetries": 3,
            "maxRequestsPerConnection": 2,
            "idleTimeout": "30s",
        },
    }
    cluster = made({"connectionPool": pool})
    assert cluster["connect_timeout"] == "0.25s"
    assert cluster["circuit_breakers"]["thresholds"] == [
        {
            "max_connections": 100,
            "max_pending_requests": 4,
            "max_requests": 20,
            "max_retries": 3,
        }
    ]
    common = cluster["typed_extension_protocol_options"][OPTIONS]["common_http_protocol_options"]
    assert common == {
        "max_requests_per_connection": 2,
        "idle_timeout": "30s",
        "max_connection_duration": "60s",
    }


def test_mutual_tls_is_chosen_by_what_the_endpoint_can_do() -> None:
    istio, plain = made({})["transport_socket_matches"]
    assert istio["match"] == {"tlsMode": "istio"}
    context = istio["transport_socket"]["typed_config"]
    assert context["sni"] == "outbound_.8000_._.httpbin"
    assert context["common_tls_context"]["alpn_protocols"] == ["istio-peer-exchange", "istio"]
    assert plain["match"] == {}
    assert "raw_buffer" in plain["transport_socket"]["name"]


def test_tls_mode_of_the_rule() -> None:
    assert "transport_socket" in made({"tls": {"mode": "ISTIO_MUTUAL"}})
    assert not [key for key in made({"tls": {"mode": "DISABLE"}}) if "transport_socket" in key]


def test_a_gateway_forwards_bytes() -> None:
    assert not [key for key in made({}, server_name="", http=False) if "transport" in key]


def test_locality_weights_and_panic_threshold() -> None:
    cluster = made({}, assignment=Assignment((), locality_weighted=True, panic_threshold=50))
    assert cluster["common_lb_config"] == {
        "healthy_panic_threshold": {"value": 50},
        "locality_weighted_lb_config": {},
    }
