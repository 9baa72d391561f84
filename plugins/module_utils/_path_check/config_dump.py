# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the parts of Envoy's configuration that a path depends on.

Sidecars of istiod and of loopback labs divide their listeners differently, in the same fields.
"""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    EnvoyCluster,
    Identity,
    Inbound,
    Matcher,
)

Config: t.TypeAlias = t.Mapping[str, t.Any]

LISTENERS = "/config_dump?resource=dynamic_listeners"
ROUTES = "/config_dump?resource=dynamic_route_configs"
CLUSTERS = "/config_dump?resource=dynamic_active_clusters"
SECRETS = "/config_dump?resource=dynamic_active_secrets"
ENDPOINTS = "/config_dump?include_eds&resource=dynamic_endpoint_configs"

_CAPTURE = {
    "virtualOutbound": well_known.OUTBOUND_CAPTURE_PORT,
    "virtualInbound": well_known.INBOUND_CAPTURE_PORT,
}
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  read, not bound to


@dataclass(frozen=True, slots=True)
class Chain:
    """A filter chain and what it matches."""

    listener: str
    inbound: bool
    # 0 matches any
    port: int
    # empty matches any
    addresses: tuple[str, ...]
    server_names: tuple[str, ...]
    # tls, raw_buffer or empty
    transport: str
    # the route configuration of HTTP; TCP has a cluster
    routes: str
    inline_routes: Config | None
    cluster: str
    socket: Config


def resources(text: str, field: str) -> list[Config]:
    """Return the resources of a response, which each item holds in ``field``."""
    try:
        items = json.loads(text).get("configs") or []
    except (ValueError, AttributeError) as exc:
        raise MeshError(f"the proxy's configuration is not readable: {text[:200]!r}") from exc
    found = []
    for item in items:
        held = (item.get("active_state") or {}) if field == "listener" else item
        if field in held:
            found.append(held[field])
    return found


def chains(text: str) -> list[Chain]:
    """Return all filter chains of a response to ``LISTENERS``."""
    return [
        _chain(listener, chain)
        for listener in resources(text, "listener")
        for chain in (
            *(listener.get("filter_chains") or ()),
            *([listener["default_filter_chain"]] if "default_filter_chain" in listener else ()),
        )
    ]


def _chain(listener: Config, chain: Config) -> Chain:
    name = str(listener.get("name", ""))
    match = chain.get("filter_chain_match") or {}
    socket = (listener.get("address") or {}).get("socket_address") or {}
    port = int(match.get("destination_port") or 0)
    if not port and name not in _CAPTURE:
        port = int(socket.get("port_value") or 0)
    addresses = tuple(
        each.get("address_prefix", "")
        for each in match.get("prefix_ranges") or []
        if each.get("address_prefix") not in _ANYWHERE
    )
    if not addresses and name not in _CAPTURE and socket.get("address") not in _ANYWHERE:
        addresses = _sockets(listener)
    manager, proxy = _filter(chain, "http_connection_manager"), _filter(chain, "tcp_proxy")
    return Chain(
        listener=name,
        inbound=listener.get("traffic_direction") == "INBOUND" or name.startswith("virtualInbound"),
        port=port,
        addresses=addresses,
        server_names=tuple(match.get("server_names") or ()),
        transport=str(match.get("transport_protocol") or ""),
        routes=str((manager.get("rds") or {}).get("route_config_name") or ""),
        inline_routes=manager.get("route_config"),
        cluster=_tcp_cluster(proxy),
        socket=(chain.get("transport_socket") or {}).get("typed_config") or {},
    )


def _sockets(listener: Config) -> tuple[str, ...]:
    others = [each.get("address") or {} for each in listener.get("additional_addresses") or []]
    return tuple(
        str((each.get("socket_address") or {}).get("address", ""))
        for each in (listener.get("address") or {}, *others)
    )


def _filter(chain: Config, kind: str) -> Config:
    for each in chain.get("filters") or []:
        config = each.get("typed_config") or {}
        if kind in str(each.get("name")) or _camel(kind) in str(config.get("@type")):
            return t.cast(Config, config)
    return {}


def _camel(kind: str) -> str:
    return "." + "".join(part.capitalize() for part in kind.split("_"))


def _tcp_cluster(proxy: Config) -> str:
    weighted = (proxy.get("weighted_clusters") or {}).get("clusters") or [{}]
    return str(proxy.get("cluster") or weighted[0].get("name") or "")


def route_tables(text: str) -> dict[str, Config]:
    """Return the route configurations of a response to ``ROUTES``, by name."""
    return {str(each.get("name")): each for each in resources(text, "route_config")}


def upstreams(text: str) -> dict[str, EnvoyCluster]:
    """Return the clusters of a response to ``CLUSTERS``, by name."""
    return {str(each.get("name")): _upstream(each) for each in resources(text, "cluster")}


def _upstream(cluster: Config) -> EnvoyCluster:
    matches = cluster.get("transport_socket_matches") or []
    sockets = [
        (each.get("transport_socket") or {}).get("typed_config") or {}
        for each in (*matches, cluster)
    ]
    tls = next((each for each in sockets if "sni" in each or "common_tls_context" in each), {})
    transport = "plain" if not tls else "matched" if matches else "mtls"
    assignment = cluster.get("load_assignment") or {}
    return EnvoyCluster(
        name=str(cluster.get("name")),
        kind=str(cluster.get("type") or cluster.get("cluster_type", {}).get("name") or "STATIC"),
        transport=transport,
        server_name=str(tls.get("sni") or ""),
        identities=_matchers(tls),
        hostnames=tuple(
            dict.fromkeys(
                str(_endpoint_address(each)[0])
                for locality in assignment.get("endpoints") or []
                for each in locality.get("lb_endpoints") or []
            )
        ),
    )


def _endpoint_address(endpoint: Config) -> tuple[str, int]:
    address = (endpoint.get("endpoint") or {}).get("address") or {}
    socket = address.get("socket_address") or {}
    return str(socket.get("address", "")), int(socket.get("port_value") or 0)


def _matchers(socket: Config) -> tuple[Matcher, ...]:
    common = socket.get("common_tls_context") or {}
    context = (common.get("combined_validation_context") or {}).get(
        "default_validation_context"
    ) or common.get("validation_context")
    matchers = []
    for each in (context or {}).get("match_typed_subject_alt_names") or []:
        matchers += list((each.get("matcher") or {}).items())
    for each in (context or {}).get("match_subject_alt_names") or []:
        matchers += list(each.items())
    return tuple(
        Matcher(str(kind), str(value)) for kind, value in matchers if isinstance(value, str)
    )


def mtls_endpoints(text: str, cluster: str) -> dict[tuple[str, int], bool]:
    """Return which endpoints of a cluster have mTLS metadata, from a response to ``ENDPOINTS``."""
    found = {}
    for assignment in resources(text, "endpoint_config"):
        if assignment.get("cluster_name") != cluster:
            continue
        for locality in assignment.get("endpoints") or []:
            for endpoint in locality.get("lb_endpoints") or []:
                metadata = (endpoint.get("metadata") or {}).get("filter_metadata") or {}
                criteria = metadata.get("envoy.transport_socket_match") or {}
                found[_endpoint_address(endpoint)] = criteria.get("tlsMode") == "istio"
    return found


def identity(text: str) -> Identity:
    """Return the certificate and the roots of a response to ``SECRETS``."""
    chain = roots = ""
    for secret in resources(text, "secret"):
        certificate = secret.get("tls_certificate") or {}
        if secret.get("name") == "default" and certificate:
            chain = _pem(certificate.get("certificate_chain") or {})
        if secret.get("name") == "ROOTCA":
            roots = _pem((secret.get("validation_context") or {}).get("trusted_ca") or {})
    return Identity(chain, roots)


def _pem(source: Config) -> str:
    if "inline_bytes" in source:
        return base64.b64decode(source["inline_bytes"]).decode(errors="replace")
    return str(source.get("inline_string") or "")


def inbound(found: t.Iterable[Chain], port: int) -> Inbound | None:
    """Return what a server's sidecar accepts at a port of the pod; None without a listener."""
    mine = [chain for chain in found if chain.inbound and chain.port == port]
    # istiod's sidecars accept undeclared ports, too
    mine = mine or [chain for chain in found if chain.inbound and chain.port == 0]
    if not mine:
        return None
    tls = [chain for chain in mine if "common_tls_context" in chain.socket]
    return Inbound(
        mtls=bool(tls),
        plain=len(tls) < len(mine),
        identities=_matchers(tls[0].socket) if tls else (),
    )
