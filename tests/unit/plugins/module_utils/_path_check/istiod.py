# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations in the shape that istiod gives to sidecars and gateways."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._path_check.builders import (
    CLUSTER,
    HOST,
    SNI,
)

Config = dict[str, t.Any]
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
_FILTERS = "type.googleapis.com/envoy.extensions.filters.network."


def answer(field: str, *found: Config) -> str:
    """What the admin interface says; listeners are a level deeper than the rest."""
    if field == "listener":
        return json.dumps(
            {"configs": [{"name": x["name"], "active_state": {field: x}} for x in found]}
        )
    return json.dumps({"configs": [{field: each} for each in found]})


def _tcp(cluster: str) -> Config:
    config = {"@type": f"{_FILTERS}tcp_proxy.v3.TcpProxy", "cluster": cluster}
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def _http(**routes: t.Any) -> Config:
    kind = f"{_FILTERS}http_connection_manager.v3.HttpConnectionManager"
    config = {"@type": kind, **routes}
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}


def listener(name: str, address: str, port: int, *chains: Config, **more: t.Any) -> Config:
    socket = {"socket_address": {"address": address, "port_value": port}}
    return {"name": name, "address": socket, "filter_chains": list(chains), **more}


def validation(*matchers: Config) -> Config:
    return {
        "combined_validation_context": {
            "default_validation_context": {"match_subject_alt_names": list(matchers)},
            "validation_context_sds_secret_config": {"name": "ROOTCA"},
        }
    }


def outbound(*, catch_all: str = "PassthroughCluster") -> str:
    """Listeners of a sidecar: HTTP at 8000, TCP at 3306, TLS at 443, and what takes the rest."""
    plain = {"transport_protocol": "raw_buffer", "application_protocols": ["http/1.1", "h2c"]}
    routes = {"rds": {"route_config_name": "8000"}}
    return answer(
        "listener",
        listener(
            "0.0.0.0_8000",
            "0.0.0.0",
            8000,
            {"filter_chain_match": plain, "filters": [_http(**routes)]},
            traffic_direction="OUTBOUND",
            default_filter_chain={"filters": [_tcp("PassthroughCluster")]},
        ),
        listener(
            "240.240.0.2_3306",
            "240.240.0.2",
            3306,
            {"filters": [_tcp("outbound|3306||db2.example.com")]},
            traffic_direction="OUTBOUND",
        ),
        listener(
            "0.0.0.0_443",
            "0.0.0.0",
            443,
            {
                "filter_chain_match": {"server_names": ["api.example.com"]},
                "filters": [_tcp("outbound|443||api.example.com")],
            },
            traffic_direction="OUTBOUND",
            default_filter_chain={"filters": [_tcp("PassthroughCluster")]},
        ),
        listener(
            "virtualOutbound",
            "0.0.0.0",
            15001,
            {
                "filter_chain_match": {"destination_port": 15001},
                "filters": [_tcp("BlackHoleCluster")],
            },
            {"filters": [_tcp(catch_all)]},
            traffic_direction="OUTBOUND",
        ),
        inbound_listener("STRICT"),
    )


def inbound_listener(mode: str, port: int = 8080) -> Config:
    """``virtualInbound``, with a declared port of the pod."""
    tls = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TLS}DownstreamTlsContext",
            "common_tls_context": validation({"prefix": "spiffe://cluster.local/"}),
            "require_client_certificate": True,
        },
    }
    chains: list[Config] = [
        {
            "filter_chain_match": {"destination_port": 15006},
            "filters": [_tcp("BlackHoleCluster")],
        }
    ]
    for match in ({}, {"destination_port": port}):
        http = _http(route_config={"name": f"inbound|{port}||"})
        if mode != "DISABLE":
            with_tls = {**match, "transport_protocol": "tls"}
            chains.append(
                {"filter_chain_match": with_tls, "transport_socket": tls, "filters": [http]}
            )
        if mode != "STRICT":
            plain = {**match, "transport_protocol": "raw_buffer"}
            chains.append({"filter_chain_match": plain, "filters": [http]})
    return listener("virtualInbound", "0.0.0.0", 15006, *chains, traffic_direction="INBOUND")


def gateway(*server_names: str) -> str:
    chains = [
        {
            "filter_chain_match": {"server_names": [name], "application_protocols": ["istio"]},
            "filters": [_tcp(name)],
        }
        for name in server_names
    ]
    return answer("listener", listener("0.0.0.0_15443", "0.0.0.0", 15443, *chains))


def routes(unknown: str = "allow_any") -> str:
    action: Config = {"cluster": "PassthroughCluster"}
    rest: Config = (
        {"route": action} if unknown == "allow_any" else {"direct_response": {"status": 502}}
    )
    return answer(
        "route_config",
        {
            "name": "8000",
            "ignore_port_in_host_matching": True,
            "virtual_hosts": [
                {
                    "name": f"{HOST}:8000",
                    "domains": [HOST, "240.240.0.1"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": CLUSTER}}],
                },
                {"name": unknown, "domains": ["*"], "routes": [{"match": {"prefix": "/"}, **rest}]},
            ],
        },
    )


def cluster(transport: str = "matched", **more: t.Any) -> Config:
    """The client's cluster for the service."""
    names = validation({"exact": "spiffe://cluster.local/ns/sample/sa/httpbin"})
    tls = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TLS}UpstreamTlsContext",
            "sni": SNI,
            "common_tls_context": names,
        },
    }
    raw = {"name": "envoy.transport_sockets.raw_buffer", "typed_config": {"@type": "x.RawBuffer"}}
    matches = [
        {"name": "tlsMode-istio", "match": {"tlsMode": "istio"}, "transport_socket": tls},
        {"name": "tlsMode-disabled", "match": {}, "transport_socket": raw},
    ]
    sockets: dict[str, Config] = {
        "matched": {"transport_socket_matches": matches},
        "mtls": {"transport_socket": tls},
        "plain": {},
    }
    return {"name": CLUSTER, "type": "EDS", **sockets[transport], **more}


def endpoints(address: str, port: int, *, mtls: bool, name: str = CLUSTER) -> str:
    endpoint_configs = {"envoy.transport_socket_match": {"tlsMode": "istio"}} if mtls else {}
    endpoint = {
        "endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}},
        "metadata": {"filter_metadata": {"istio": {"workload": "x"}, **endpoint_configs}},
    }
    return answer(
        "endpoint_config", {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    )


def statuses(name: str, address: str, port: int, **counters: int) -> str:
    """What ``/clusters`` says of a cluster with one endpoint."""
    host = {
        "address": {"socket_address": {"address": address, "port_value": port}},
        "stats": [{"name": key, "value": str(value)} for key, value in counters.items()],
        "health_status": {"eds_health_status": "HEALTHY"},
        "locality": {"region": "west", "zone": "zone3"},
    }
    return json.dumps({"cluster_statuses": [{"name": name, "host_statuses": [host]}]})
