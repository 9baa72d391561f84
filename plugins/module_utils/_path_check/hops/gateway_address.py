# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate an address that belongs to no inspected gateway, from the client's side."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    declared_endpoints,
    gateway_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoints import (
    describe_endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    connection_refused,
    got_through,
    log_lines,
    no_tls,
    probe_lines,
    responses,
    tls_counters,
    tls_failed,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    GATEWAY,
    ClusterHop,
    Endpoint,
    HopResult,
    PathFacts,
    UnservedPort,
)

# outcomes of a probe that no gateway gives
_NO_GATEWAY = ("refused", "timeout", "plain")


def client_view(facts: PathFacts, cluster_hop: ClusterHop, endpoint: Endpoint) -> HopResult:
    """Evaluate an address outside the inspected clusters, or a pod that cannot be inspected."""
    where = endpoint.address
    evidence = (*observed(facts, endpoint), *tls_counters(cluster_hop))
    if got_through(endpoint):
        detail = "requests come through, over a connection that existed before"
        if endpoint.new_connections:
            detail = "connections come through"
        return HopResult(GATEWAY, True, where, detail, evidence)
    refused = endpoint.probe is not None and endpoint.probe.outcome in _NO_GATEWAY
    if not endpoint.failed_connections and not refused:
        advice = "name its cluster in peers to have the gateway looked into"
        return HopResult(GATEWAY, None, where, "no request went this way", (), advice)
    if tls_failed(facts, cluster_hop):
        return HopResult(GATEWAY, True, where, "connections come through as far as TLS", evidence)
    evidence = (*probe_lines(endpoint), *evidence)
    detail, advice = _failure(facts, cluster_hop, endpoint)
    return HopResult(GATEWAY, False, where, detail, evidence, advice)


def _failure(facts: PathFacts, cluster_hop: ClusterHop, endpoint: Endpoint) -> tuple[str, str]:
    """Return why connections fail, by the probe or else by counters and texts, and the remedy."""
    outcome = endpoint.probe.outcome if endpoint.probe else ""
    if outcome == "timeout" or cluster_hop.growth("upstream_cx_connect_timeout"):
        return (
            "nobody answers at this address: connections time out",
            f"check networks, firewalls and the load balancer; {_correction(facts, endpoint)}",
        )
    if outcome == "refused" or (not outcome and connection_refused(facts)):
        return (
            "connections are refused: no gateway listens at this address",
            _correction(facts, endpoint),
        )
    if outcome == "plain" or (not outcome and no_tls(facts)):
        return (
            "the server at this address speaks no TLS, so it is no gateway",
            _correction(facts, endpoint),
        )
    host = parse_server_name(server_name(cluster_hop))[1] or facts.request.host
    if len(facts.inspected_clusters) > 1:
        return (
            "the connection ends before TLS is up, and no inspected cluster has this address",
            f"{_correction(facts, endpoint)}; if it is a gateway, it must expose {host}, and the"
            " Service must have endpoints there",
        )
    return (
        "the connection ends before TLS is up: the gateway does not expose the host or port, or"
        " nothing runs behind it",
        f"name the gateway's cluster in peers to learn which; it must expose {host} under this name"
        " and port",
    )


def _correction(facts: PathFacts, endpoint: Endpoint) -> str:
    """Advise to correct the object that has the address, and name the known gateways."""
    sources = [
        each.source
        for each in declared_endpoints(facts.state, facts.request.names)
        if each.address == endpoint.before.address
    ]
    where = f" in {', '.join(sources)}" if sources else ""
    others = [state for name, state in facts.states.items() if name != facts.cluster]
    known = [each for each in gateway_addresses(others) if each != endpoint.address]
    gateways = f"; known gateways: {', '.join(known)}" if known else ""
    return f"correct address and port of the endpoint{where}, or start the gateway{gateways}"


def unserved_port(facts: PathFacts, endpoint: Endpoint, target: UnservedPort) -> HopResult:
    where = f"{target.cluster} {target.name}"
    if got_through(endpoint):
        detail = f"connections come through to {endpoint.address}"
        return HopResult(GATEWAY, True, where, detail, observed(facts, endpoint))
    ports = ", ".join(map(str, target.ports))
    return HopResult(
        GATEWAY,
        False,
        where,
        f"{endpoint.before.address} is the address of {target.name}, which has no port"
        f" {endpoint.before.port}, only {ports}",
        observed(facts, endpoint),
        _correction(facts, endpoint),
    )


def observed(facts: PathFacts, endpoint: Endpoint) -> tuple[str, ...]:
    return (*responses(facts), *log_lines(facts), describe_endpoint(endpoint))


def server_name(cluster_hop: ClusterHop) -> str:
    return cluster_hop.upstream.server_name if cluster_hop.upstream else ""


def parse_server_name(server_name: str) -> tuple[int, str]:
    """Return port and host of Istio's server names."""
    parts = server_name.split("_.", 3)
    if len(parts) == 4 and parts[0] == "outbound" and parts[1].isdigit():
        return int(parts[1]), parts[3]
    return 0, server_name
