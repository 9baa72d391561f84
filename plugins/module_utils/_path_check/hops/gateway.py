# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the gateways on the path, which pass TLS on by its server name."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    is_declared,
    is_external,
    misplaced_gateways,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.endpoints import (
    quantity,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.gateway_address import (
    client_view,
    observed,
    parse_server_name,
    server_name,
    unserved_port,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    GATEWAY,
    ClusterHop,
    Endpoint,
    Gateway,
    HopResult,
    PathFacts,
    Replica,
    Server,
    UnservedPort,
    counter_growth,
)

_MOST_NAMES = 8


def evaluate(facts: PathFacts) -> list[HopResult]:
    hops = [
        hop
        for cluster_hop in facts.cluster_hops
        for endpoint in cluster_hop.endpoints
        for hop in _endpoint(facts, cluster_hop, endpoint)
    ]
    return [*hops, *_misplaced(facts)]


def _endpoint(
    facts: PathFacts, cluster_hop: ClusterHop, endpoint: Endpoint
) -> t.Iterator[HopResult]:
    if not endpoint.inspected:
        if endpoint.failed_connections:
            detail = "connections fail, and this endpoint is one of too many to be looked into"
            yield HopResult(GATEWAY, None, endpoint.address, detail, observed(facts, endpoint))
    elif isinstance(endpoint.target, UnservedPort):
        yield unserved_port(facts, endpoint, endpoint.target)
    elif endpoint.target is None:
        # No gateway leads to external servers.
        if not is_external(facts.state, facts.request.names):
            yield client_view(facts, cluster_hop, endpoint)
    elif isinstance(endpoint.target, Gateway):
        yield from _gateway(facts, cluster_hop, endpoint, endpoint.target)


def _gateway(
    facts: PathFacts, cluster_hop: ClusterHop, endpoint: Endpoint, gateway: Gateway
) -> t.Iterator[HopResult]:
    hops = [
        _replica(facts, cluster_hop, endpoint, gateway.port, replica)
        for replica in gateway.replicas
    ]
    if not hops:
        yield _no_pod(endpoint, gateway)
    elif all(hop.ok for hop in hops) and _connections_lost(endpoint, gateway):
        yield _lost_connections(facts, endpoint, gateway)
    else:
        yield from (_with_replica_count(hop, hops) for hop in hops)
    for replica in gateway.replicas:
        for each in replica.endpoints:
            if isinstance(each.target, Gateway):
                yield from _gateway(facts, cluster_hop, each, each.target)


def _with_replica_count(hop: HopResult, hops: t.Sequence[HopResult]) -> HopResult:
    """Add how many of the gateway's pods fail alike, unless all do."""
    alike = sum(each.detail == hop.detail for each in hops)
    if hop.ok is not False or alike == len(hops):
        return hop
    return dataclasses.replace(hop, detail=f"{alike} of {len(hops)} pods: {hop.detail}")


def _no_pod(endpoint: Endpoint, gateway: Gateway) -> HopResult:
    return HopResult(
        GATEWAY,
        False,
        gateway.where,
        f"no gateway pod that is ready is behind {endpoint.address}",
        (),
        "scale the gateway up, look why its pods are not ready, or compare its Service's selector"
        " with their labels",
    )


def _lost_connections(facts: PathFacts, endpoint: Endpoint, gateway: Gateway) -> HopResult:
    return HopResult(
        GATEWAY,
        False,
        gateway.where,
        f"connections to {endpoint.address} do not arrive at the gateway",
        observed(facts, endpoint),
        f"check networks, firewalls and the load balancer between here and {endpoint.address}",
    )


def _replica(
    facts: PathFacts, cluster_hop: ClusterHop, endpoint: Endpoint, port: int, replica: Replica
) -> HopResult:
    where = replica.where
    sni = server_name(cluster_hop)
    if replica.error:
        seen = client_view(facts, cluster_hop, endpoint)
        return dataclasses.replace(seen, where=where, evidence=(replica.error, *seen.evidence))
    if replica.drained:
        advice = "restart it (module sidecar)"
        return HopResult(
            GATEWAY, False, where, "the gateway is drained: it accepts nothing", (), advice
        )
    if not replica.listens:
        advice = (
            f"expose the host with a Gateway that selects these pods, port {port},"
            " AUTO_PASSTHROUGH (role gateway, gateway_exposed_hosts)"
        )
        detail = f"nothing listens at port {port}: the gateway exposes nothing there"
        return HopResult(GATEWAY, False, where, detail, observed(facts, endpoint), advice)
    if endpoint.mtls is False:
        detail = "whether the gateway would pass it on is unknown: it gets plain text"
        return HopResult(GATEWAY, None, where, detail)
    if not replica.chosen:
        return _not_exposed(facts, endpoint, replica, sni)
    return HopResult(
        GATEWAY,
        True,
        where,
        "the gateway passes the server name on",
        (f"port {port}: {sni} goes to {quantity(len(replica.endpoints), 'endpoint')}",),
    )


def _not_exposed(facts: PathFacts, endpoint: Endpoint, replica: Replica, sni: str) -> HopResult:
    port, host = parse_server_name(sni)
    same_host = sorted(
        each_port
        for each_port, each_host in map(parse_server_name, replica.server_names)
        if each_host == host
    )
    exposed = replica.server_names[:_MOST_NAMES]
    left = len(replica.server_names) - len(exposed)
    evidence = [f"asked for: {sni or 'no server name'}"]
    evidence += [f"passed on: {name}" for name in exposed]
    evidence += [f"and {left} more"] if left else []
    resets = counter_growth(replica.before, replica.after, "no_filter_chain_match")
    evidence += [f"no_filter_chain_match +{resets}"] if resets else []
    if same_host:
        ports = ", ".join(map(str, same_host))
        detail = f"the gateway does not pass on port {port} of {host}, only {ports}"
        advice = (
            f"add port {port} to the Service {host} in that cluster, or ask for port {ports}:"
            " a gateway knows the ports of the Service there"
        )
    else:
        detail = f"the gateway does not expose {host or 'what is asked for'}"
        state = facts.states.get(replica.cluster)
        advice = (
            f"add {host or 'the host'} to the hosts of its Gateway (role gateway,"
            " gateway_exposed_hosts)"
        )
        if state is None:
            advice += ", and check that the Service exists in that cluster under this very name"
        elif not is_declared(state, (host,)):
            advice = (
                f"cluster {replica.cluster} has no service {host}: create it there; then {advice}"
            )
    evidence += observed(facts, endpoint)
    return HopResult(GATEWAY, False, replica.where, detail, tuple(evidence), advice)


def _connections_lost(endpoint: Endpoint, gateway: Gateway) -> bool:
    """Return whether none of the client's connections reaches the gateway's working pods."""
    onward = [each for replica in gateway.replicas for each in replica.endpoints if each.usable]
    passed = sum(each.new_connections + each.failed_connections for each in onward)
    return (
        0 < endpoint.new_connections <= endpoint.failed_connections and bool(onward) and not passed
    )


def _misplaced(facts: PathFacts) -> t.Iterator[HopResult]:
    """Report gateways that are passed by, as their own cluster has no pod in their network."""
    direct = {
        endpoint.target.cluster
        for cluster_hop in facts.cluster_hops
        for endpoint in cluster_hop.endpoints
        if isinstance(endpoint.target, Server) and endpoint.target.cluster != facts.cluster
    }
    for cluster in sorted(direct & set(facts.states)):
        for service, network, networks in misplaced_gateways(facts.states[cluster]):
            found = ", ".join(each or "none" for each in networks)
            yield HopResult(
                GATEWAY,
                False,
                f"{cluster} {service}",
                f"the gateway leads to network {network}, in which its own cluster has no pod",
                (f"networks of the pods of cluster {cluster}: {found}",),
                f"label the namespace istio-system of cluster {cluster} with"
                f" topology.istio.io/network: {network}; until then, sidecars pass the gateway by"
                " and connect to the pods directly",
            )
