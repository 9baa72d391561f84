# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners of sidecars and gateways. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import routes, tls
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    LISTENER_TYPE,
    Config,
    typed,
)

# The port to which a pod's outbound traffic is redirected.
CAPTURE_PORT = 15001
_LISTENER_FILTERS = "envoy.extensions.filters.listener."


@dataclass(frozen=True, slots=True)
class TcpDestination:
    """A TCP service port: told apart from others on the same port by its addresses.

    Without an address it takes all of the port that no other takes.
    """

    addresses: tuple[str, ...]
    port: int
    cluster: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """A port of the pod. ``mtls`` is the effective PeerAuthentication mode."""

    port: int
    mtls: str
    app_routes: list[Config]
    # what a TCP app says to whoever connects; it has no routes
    greeting: str = ""
    # limits of the connections that the sidecar takes
    http_options: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """A server name that a gateway routes by, and the cluster behind it."""

    server_name: str
    cluster: str
    alpn: tuple[str, ...] = tls.MESH_ALPN
    # after which time a connection is closed, whatever it carries; empty: never
    max_duration: str = ""


@dataclass(frozen=True, slots=True)
class Bind:
    """Where one port of a gateway listens: at the pod's own address, then load balancers'."""

    sockets: tuple[tuple[str, int], ...]
    chains: tuple[Passthrough, ...]


def outbound(
    address: str, http_ports: t.Iterable[int], tcp: t.Iterable[TcpDestination], logged: bool
) -> Config:
    """The capture listener.

    Instead of iptables, the client tells the original destination by a PROXY protocol header;
    filter chains match on that destination.
    """
    chains: list[Config] = [
        {
            "name": f"0.0.0.0_{port}",
            "filter_chain_match": {"destination_port": port},
            "filters": [routes.outbound_manager(port, logged)],
        }
        for port in sorted(set(http_ports))
    ]
    chains.extend(_tcp_chain(destination, logged) for destination in tcp)
    return {
        "@type": LISTENER_TYPE,
        "name": "virtualOutbound",
        "address": _socket(address, CAPTURE_PORT),
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
    address: str, pod_port: Inbound, trust_domains: t.Iterable[str], logged: bool
) -> Config:
    """A port of the pod: mTLS as PeerAuthentication wants it, then the app's answers."""
    manager = _greeter(pod_port) if pod_port.greeting else _app(pod_port, logged)
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
        "name": f"virtualInbound_{pod_port.port}",
        "address": _socket(address, pod_port.port),
        "enable_reuse_port": False,
        # it waits for the client's first bytes, and the servers of some protocols speak first
        "listener_filters": [] if pod_port.mtls == "DISABLE" else [_tls_inspector()],
        "filter_chains": chains.get(pod_port.mtls, [mtls_chain, plain_chain]),
    }


def gateway(bind: Bind, logged: bool) -> Config:
    """A gateway's port that forwards TLS by server name and does not look inside."""
    (address, port), *others = bind.sockets
    config: Config = {
        "@type": LISTENER_TYPE,
        "name": f"{address}_{port}",
        "address": _socket(address, port),
        # several gateway pods share a load balancer's address
        "enable_reuse_port": True,
        "listener_filters": [_tls_inspector()],
        "filter_chains": [_passthrough(chain, logged) for chain in bind.chains],
    }
    if others:
        config["additional_addresses"] = [{"address": _socket(*other)} for other in others]
    return config


def _app(pod_port: Inbound, logged: bool) -> Config:
    limits = pod_port.http_options
    return routes.connection_manager(
        f"inbound_{pod_port.port}",
        logged,
        **({"common_http_protocol_options": dict(limits)} if limits else {}),
        route_config={
            "name": f"inbound|{pod_port.port}||",
            "virtual_hosts": [
                {"name": "app", "domains": ["*"], "routes": pod_port.app_routes},
            ],
        },
    )


def _greeter(pod_port: Inbound) -> Config:
    return typed(
        "envoy.filters.network.direct_response",
        "envoy.extensions.filters.network.direct_response.v3.Config",
        response={"inline_string": pod_port.greeting},
    )


def _tcp_chain(destination: TcpDestination, logged: bool) -> Config:
    match: Config = {"destination_port": destination.port}
    if destination.addresses:
        match["prefix_ranges"] = [
            {"address_prefix": address, "prefix_len": 32} for address in destination.addresses
        ]
    return {
        "name": destination.cluster,
        "filter_chain_match": match,
        "filters": [_tcp_proxy(destination.cluster, logged)],
    }


def _passthrough(chain: Passthrough, logged: bool) -> Config:
    match: Config = {"server_names": [chain.server_name]}
    if chain.alpn:
        match["application_protocols"] = list(chain.alpn)
    return {
        "name": chain.server_name,
        "filter_chain_match": match,
        "transport_socket_connect_timeout": "15s",
        "filters": [_tcp_proxy(chain.cluster, logged, chain.max_duration)],
    }


def _tcp_proxy(cluster: str, logged: bool, max_duration: str = "") -> Config:
    limits = {"max_downstream_connection_duration": max_duration} if max_duration else {}
    return typed(
        "envoy.filters.network.tcp_proxy",
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix=cluster,
        cluster=cluster,
        access_log=routes.access_log(logged),
        **limits,
    )


def _tls_inspector() -> Config:
    return typed(
        "envoy.filters.listener.tls_inspector",
        _LISTENER_FILTERS + "tls_inspector.v3.TlsInspector",
    )


def _socket(address: str, port: int) -> Config:
    return {"socket_address": {"address": address, "port_value": port}}
