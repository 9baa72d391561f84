# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstream clusters: traffic policies as configuration of Envoy, with istiod's defaults."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import tls
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    CLUSTER_TYPE,
    TYPE,
    Config,
    file_name,
    from_file,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
        EffectivePolicy,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
        Assignment,
    )

_UNLIMITED = 4294967295
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@dataclass(frozen=True, slots=True)
class ClusterInputs:
    """The inputs of one cluster of a proxy.

    ``policy`` is the DestinationRule's for the port and subset. ``server_name`` is the SNI of mTLS;
    without it the cluster forwards bytes unchanged, as a gateway does. ``subject_alt_names`` are the
    server's accepted identities.
    """

    name: str
    assignment: Assignment
    policy: EffectivePolicy
    http: bool = False
    server_name: str = ""
    subject_alt_names: tuple[str, ...] = ()


def endpoints_file(cluster_name: str) -> str:
    return "xds/eds/" + file_name(cluster_name)


def cluster(inputs: ClusterInputs) -> Config:
    """Return the Envoy cluster, whose endpoints are in ``endpoints_file``."""
    pool = inputs.policy.connection_pool
    tcp, http = pool.get("tcp") or {}, pool.get("http") or {}
    config: Config = {
        "@type": CLUSTER_TYPE,
        "name": inputs.name,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": from_file(endpoints_file(inputs.name))},
        "connect_timeout": durations.protobuf(inputs.policy.connect_timeout),
        "lb_policy": inputs.assignment.load_balancer,
        "circuit_breakers": {"thresholds": [_thresholds(tcp, http)]},
        "common_lb_config": _common_lb(inputs.assignment),
    }
    if inputs.policy.outlier_detection is not None:
        config["outlier_detection"] = _outlier_detection(inputs.policy.outlier_detection)
    if inputs.http:
        config["typed_extension_protocol_options"] = {_HTTP_OPTIONS: _http_options(tcp, http)}
    config.update(_transport_sockets(inputs))
    return config


def _common_lb(assignment: Assignment) -> Config:
    config: Config = {"healthy_panic_threshold": {"value": assignment.panic_threshold}}
    if assignment.locality_weighted:
        config["locality_weighted_lb_config"] = {}
    return config


def _thresholds(tcp: t.Mapping[str, t.Any], http: t.Mapping[str, t.Any]) -> Config:
    return {
        "max_connections": tcp.get("maxConnections") or _UNLIMITED,
        "max_pending_requests": http.get("http1MaxPendingRequests") or _UNLIMITED,
        "max_requests": http.get("http2MaxRequests") or _UNLIMITED,
        "max_retries": http.get("maxRetries") or _UNLIMITED,
    }


def _http_options(tcp: t.Mapping[str, t.Any], http: t.Mapping[str, t.Any]) -> Config:
    common: Config = {}
    if http.get("maxRequestsPerConnection"):
        common["max_requests_per_connection"] = http["maxRequestsPerConnection"]
    idle_timeout = http.get("idleTimeout") or tcp.get("idleTimeout")
    if idle_timeout:
        common["idle_timeout"] = durations.protobuf(str(idle_timeout))
    if tcp.get("maxConnectionDuration"):
        common["max_connection_duration"] = durations.protobuf(str(tcp["maxConnectionDuration"]))
    return {
        "@type": TYPE + _HTTP_OPTIONS,
        "common_http_protocol_options": common,
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _outlier_detection(rule: t.Mapping[str, t.Any]) -> Config:
    config: Config = {"enforcing_success_rate": 0}
    for field, counter in (
        ("consecutive5xxErrors", "consecutive_5xx"),
        ("consecutiveGatewayErrors", "consecutive_gateway_failure"),
    ):
        count = rule.get(field)
        if count is not None:
            config[counter] = count
            config["enforcing_" + counter] = 100 if count else 0
    if rule.get("interval"):
        config["interval"] = durations.protobuf(str(rule["interval"]))
    if rule.get("baseEjectionTime"):
        config["base_ejection_time"] = durations.protobuf(str(rule["baseEjectionTime"]))
    if rule.get("maxEjectionPercent"):
        config["max_ejection_percent"] = rule["maxEjectionPercent"]
    if rule.get("splitExternalLocalOriginErrors"):
        config["split_external_local_origin_errors"] = True
        config["enforcing_local_origin_success_rate"] = 0
        if rule.get("consecutiveLocalOriginFailures"):
            config["consecutive_local_origin_failure"] = rule["consecutiveLocalOriginFailures"]
            config["enforcing_consecutive_local_origin_failure"] = 100
    return config


def _transport_sockets(inputs: ClusterInputs) -> Config:
    if not inputs.server_name:
        return {}
    mode = (inputs.policy.tls or {}).get("mode")
    if mode == "DISABLE":
        return {}
    socket = tls.upstream_socket(inputs.server_name, inputs.subject_alt_names)
    if mode == "ISTIO_MUTUAL":
        return {"transport_socket": socket}
    return {
        "transport_socket_matches": [
            {"name": "tlsMode-istio", "match": {"tlsMode": "istio"}, "transport_socket": socket},
            {"name": "tlsMode-disabled", "match": {}, "transport_socket": tls.raw_socket()},
        ]
    }
