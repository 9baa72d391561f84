# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners of sidecars and gateways."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    OUTBOUND_CAPTURE_PORT,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import faults, routes, tls
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    LISTENER_TYPE,
    Config,
    typed,
)

# The port to which a pod's outbound traffic is redirected.
_LISTENER_FILTERS = "envoy.extensions.filters.listener."


@dataclass(frozen=True, slots=True)
class TcpDestination:
    """A TCP service port; without addresses it matches every address of the port."""

    addresses: tuple[str, ...]
    port: int
    cluster: str


@dataclass(frozen=True, slots=True)
class InboundPort:
    """A port of a pod. ``mtls`` is the effective PeerAuthentication mode."""

    port: int
    mtls: str
    app_routes: list[Config]
    # the first bytes of a TCP app, which has no routes
    greeting: str = ""
    # limits of the connections to the sidecar
    http_options: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """A server name by which a gateway routes, and its cluster."""

    server_name: str
    cluster: str
    alpn: tuple[str, ...] = tls.MESH_ALPN
    # the lifetime of a connection; empty: unlimited
    max_duration: str = ""


@dataclass(frozen=True, slots=True)
class GatewayListener:
    """One port of a gateway: the pod's own socket, then those of load balancers."""

    sockets: tuple[tuple[str, int], ...]
    chains: tuple[Passthrough, ...]


def outbound(
    address: str, http_ports: t.Iterable[int], tcp: t.Iterable[TcpDestination], access_logging: bool
) -> Config:
    """Return the capture listener.

    In place of iptables, the client names the original destination in a PROXY protocol header, and
    the filter chains match it.
    """
    chains: list[Config] = [
        {
            "name": f"0.0.0.0_{port}",
            "filter_chain_match": {"destination_port": port},
            "filters": [routes.outbound_manager(port, access_logging)],
        }
        for port in sorted(set(http_ports))
    ]
    chains.extend(_tcp_chain(destination, access_logging) for destination in tcp)
    return {
        "@type": LISTENER_TYPE,
        "name": "virtualOutbound",
        "address": _socket(address, OUTBOUND_CAPTURE_PORT),
        "enable_reuse_port": False,
        "listener_filters": [
            typed(
                "envoy.filters.listener.proxy_protocol",
                _LISTENER_FILTERS + "proxy_protocol.v3.ProxyProtocol",
            )
        ],
        "filter_chains": chains,
    }


def inbound(
    address: str, port: InboundPort, trust_domains: t.Iterable[str], access_logging: bool
) -> Config:
    """Return the listener of a pod's port: mTLS as PeerAuthentication sets it, then the app."""
    manager = _greeting_filter(port) if port.greeting else _app_filter(port, access_logging)
    mtls_chain: Config = {
        "name": "mtls",
        "filter_chain_match": {"transport_protocol": "tls"},
        "transport_socket": tls.downstream_socket(trust_domains),
        "filters": [manager],
    }
    plain_chain: Config = {
        "name": "plaintext",
        "filter_chain_match": {"transport_protocol": "raw_buffer"},
        "filters": [manager],
    }
    chains = {"STRICT": [mtls_chain], "DISABLE": [plain_chain]}
    return {
        "@type": LISTENER_TYPE,
        "name": f"virtualInbound_{port.port}",
        "address": _socket(address, port.port),
        "enable_reuse_port": False,
        # the inspector waits for the client's first bytes, but in some protocols the server begins
        "listener_filters": [] if port.mtls == "DISABLE" else [_tls_inspector()],
        "filter_chains": chains.get(port.mtls, [mtls_chain, plain_chain]),
    }


def gateway(listener: GatewayListener, access_logging: bool) -> Config:
    """Return the listener of a gateway's port, which forwards TLS by server name."""
    (address, port), *others = listener.sockets
    config: Config = {
        "@type": LISTENER_TYPE,
        "name": f"{address}_{port}",
        "address": _socket(address, port),
        # several gateway pods share a load balancer's address
        "enable_reuse_port": True,
        "listener_filters": [_tls_inspector()],
        "filter_chains": [_passthrough_chain(chain, access_logging) for chain in listener.chains],
    }
    if others:
        config["additional_addresses"] = [{"address": _socket(*other)} for other in others]
    return config


def _app_filter(port: InboundPort, access_logging: bool) -> Config:
    limits = port.http_options
    return routes.connection_manager(
        f"inbound_{port.port}",
        access_logging,
        [faults.fault_filter()],
        **({"common_http_protocol_options": dict(limits)} if limits else {}),
        route_config={
            "name": f"inbound|{port.port}||",
            "virtual_hosts": [
                {"name": "app", "domains": ["*"], "routes": port.app_routes},
            ],
        },
    )


def _greeting_filter(port: InboundPort) -> Config:
    return typed(
        "envoy.filters.network.direct_response",
        "envoy.extensions.filters.network.direct_response.v3.Config",
        response={"inline_string": port.greeting},
    )


def _tcp_chain(destination: TcpDestination, access_logging: bool) -> Config:
    match: Config = {"destination_port": destination.port}
    if destination.addresses:
        match["prefix_ranges"] = [
            {"address_prefix": address, "prefix_len": 32} for address in destination.addresses
        ]
    return {
        "name": destination.cluster,
        "filter_chain_match": match,
        "filters": [_tcp_proxy(destination.cluster, access_logging)],
    }


def _passthrough_chain(chain: Passthrough, access_logging: bool) -> Config:
    match: Config = {"server_names": [chain.server_name]}
    if chain.alpn:
        match["application_protocols"] = list(chain.alpn)
    return {
        "name": chain.server_name,
        "filter_chain_match": match,
        "transport_socket_connect_timeout": "15s",
        "filters": [_tcp_proxy(chain.cluster, access_logging, chain.max_duration)],
    }


def _tcp_proxy(cluster: str, access_logging: bool, max_duration: str = "") -> Config:
    limits = {"max_downstream_connection_duration": max_duration} if max_duration else {}
    return typed(
        "envoy.filters.network.tcp_proxy",
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix=cluster,
        cluster=cluster,
        access_log=routes.access_log(access_logging),
        **limits,
    )


def _tls_inspector() -> Config:
    return typed(
        "envoy.filters.listener.tls_inspector",
        _LISTENER_FILTERS + "tls_inspector.v3.TlsInspector",
    )


def _socket(address: str, port: int) -> Config:
    return {"socket_address": {"address": address, "port_value": port}}
