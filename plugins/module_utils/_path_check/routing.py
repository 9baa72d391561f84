# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a sidecar's listeners and routes for a request."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.config_dump import (
    Chain,
    Config,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    is_declared,
    is_redirected,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import Request, Route

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
        ClusterState,
    )

_BLACK_HOLES = ("BlackHoleCluster", "block_all")
_PASSTHROUGH = ("PassthroughCluster", "PassthroughClusterIpv4", "allow_any")


def find_route(
    chains: t.Sequence[Chain],
    tables: t.Mapping[str, Config],
    request: Request,
    addresses: t.Sequence[str],
    state: ClusterState | None = None,
) -> Route:
    """Return the route that the sidecar takes for the request."""
    outbound = [chain for chain in chains if not chain.inbound]
    ports = _ports(outbound, tables, request)
    chain = _find_chain(outbound, request, addresses)
    if chain is None:
        return Route("missing", ports=ports)
    table = chain.inline_routes or tables.get(chain.routes)
    if chain.cluster:
        return Route(
            _tcp_kind(chain, request, state),
            (chain.cluster,),
            chain.listener,
            ports=ports,
            evidence=(f"listener {chain.listener} forwards TCP to {chain.cluster}",),
        )
    if table is None:
        return Route(
            "missing",
            listener=chain.listener,
            ports=ports,
            evidence=(f"listener {chain.listener} has no routes yet ({chain.routes})",),
        )
    return _in_table(chain, table, request, ports)


def _tcp_kind(chain: Chain, request: Request, state: ClusterState | None) -> str:
    """Return the kind of a TCP route: without a host name, the first service of a port gets all."""
    kind = _kind(chain.cluster)
    host = chain.cluster.rpartition("|")[2]
    if kind != "cluster" or "|" not in chain.cluster or sni_matches(host, request.names):
        return kind
    if is_ip_address(request.host) or (state and is_redirected(state, request.names)):
        return kind
    # a name may resolve to the address of a service with another name
    known = state is not None and is_declared(state, request.names)
    return "other_host" if known or not chain.addresses else kind


def _in_table(chain: Chain, table: Config, request: Request, ports: tuple[int, ...]) -> Route:
    host = virtual_host(table, request)
    name = str(table.get("name", ""))
    if host is None:
        evidence = (f"no virtual host of route {name} has {request.authority}",)
        return Route("missing", listener=chain.listener, ports=ports, evidence=evidence)
    clusters, status = _destinations(host, request.path)
    label = str(host.get("name", ""))
    evidence = (f"listener {chain.listener}, route {name}, virtual host {label}",)
    if label in _BLACK_HOLES:
        return Route("blocked", (), chain.listener, label, ports, evidence)
    if not clusters:
        said = f"the sidecar answers {status} itself" if status else "no route has this path"
        kind = "answered" if status else "missing"
        return Route(kind, (), chain.listener, label, ports, (*evidence, said))
    kind = "passthrough" if label in _PASSTHROUGH else _kind(clusters[0])
    return Route(kind, clusters, chain.listener, label, ports, evidence)


def _find_chain(
    chains: t.Sequence[Chain], request: Request, addresses: t.Sequence[str]
) -> Chain | None:
    """Choose the filter chain: by port, then the closest address, then server name or protocol."""
    at_port = [chain for chain in chains if chain.port == request.port]
    exact = [chain for chain in at_port if set(chain.addresses) & set(addresses)]
    found = exact or [chain for chain in at_port if not chain.addresses]
    # requests for no known service take the catch-all chain, if there is one
    found = found or [chain for chain in chains if not chain.port and chain.cluster]
    if request.scheme == "https":
        named = [c for c in found if any(sni_matches(n, request.names) for n in c.server_names)]
        return next(iter(named or [c for c in found if not c.server_names]), None)
    plain = [c for c in found if not c.server_names and c.transport != "tls"]
    http = [c for c in plain if c.routes or c.inline_routes]
    return next(iter(http or plain), None)


def sni_matches(pattern: str, names: t.Iterable[str]) -> bool:
    """Return whether a filter chain's server name, or its wildcard, matches one of the names."""
    return any(host_matches(pattern, name) for name in names)


def virtual_host(table: Config, request: Request) -> Config | None:
    """Choose the virtual host as Envoy does: by exact name, then by the longest wildcard."""
    authorities = (
        (request.authority, request.host)
        if request.port != 80
        else (request.host, request.authority)
    )
    best: tuple[int, Config] | None = None
    for host in table.get("virtual_hosts") or []:
        for domain in host.get("domains") or []:
            rank = max(_rank(str(domain), name.lower()) for name in authorities)
            if rank and (best is None or rank > best[0]):
                best = rank, host
    return best[1] if best else None


def _rank(domain: str, name: str) -> int:
    if domain.lower() == name:
        return 10_000
    if domain == "*":
        return 1
    if domain.startswith("*") and name.endswith(domain[1:].lower()) and name != domain[1:]:
        return 5_000 + len(domain)
    if domain.endswith("*") and name.startswith(domain[:-1].lower()):
        return 1_000 + len(domain)
    return 0


def _destinations(host: Config, path: str) -> tuple[tuple[str, ...], int]:
    """Return the clusters of the possible routes, or the status of a direct response."""
    found: list[str] = []
    plain = path.partition("?")[0]
    for route in host.get("routes") or []:
        match = route.get("match") or {}
        if not _path_matches(match, plain):
            continue
        action = route.get("route") or {}
        weighted = (action.get("weighted_clusters") or {}).get("clusters") or []
        found += [str(each["name"]) for each in weighted if each.get("weight", 1)]
        found += [str(action["cluster"])] if action.get("cluster") else []
        if not match.get("headers") and not match.get("query_parameters"):
            answer = (route.get("direct_response") or {}).get("status", 0)
            if not found and not answer and route.get("redirect"):
                answer = 301
            return tuple(dict.fromkeys(found)), int(answer)
    return tuple(dict.fromkeys(found)), 0


def _path_matches(match: Config, path: str) -> bool:
    if "path" in match:
        return bool(path == match["path"])
    if "path_separated_prefix" in match:
        prefix = str(match["path_separated_prefix"])
        return path == prefix or path.startswith(prefix + "/")
    # regular expressions are left to Envoy
    return path.startswith(str(match.get("prefix", "")))


def _kind(cluster: str) -> str:
    if cluster in _BLACK_HOLES:
        return "blocked"
    return "passthrough" if cluster in _PASSTHROUGH else "cluster"


def _ports(
    chains: t.Iterable[Chain], tables: t.Mapping[str, Config], request: Request
) -> tuple[int, ...]:
    """Return the ports at which the sidecar knows the host."""
    found = set()
    for chain in chains:
        table = chain.inline_routes or tables.get(chain.routes) or {}
        for host in table.get("virtual_hosts") or []:
            domains = {str(domain).partition(":")[0] for domain in host.get("domains") or []}
            if domains & set(request.names):
                found.add(chain.port)
        service = chain.cluster.split("|")
        if len(service) == 4 and service[3] in request.names:
            found.add(chain.port)
    return tuple(sorted(found - {0}))
