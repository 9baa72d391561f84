# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the endpoints of the client's sidecar."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.declarations import (
    declared_endpoints,
    gateway_addresses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    log_lines,
    pool_overflow,
    responses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.missing_endpoints import (
    explain,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ENDPOINTS,
    ClusterHop,
    Endpoint,
    HopResult,
    PathFacts,
)

_MOST = 12


def evaluate(facts: PathFacts) -> list[HopResult]:
    return [_cluster(facts, cluster_hop) for cluster_hop in facts.cluster_hops]


def _cluster(facts: PathFacts, cluster_hop: ClusterHop) -> HopResult:
    name = cluster_hop.name
    if cluster_hop.upstream is None:
        return HopResult(
            ENDPOINTS,
            False,
            facts.where,
            f"the route leads to {name}, which the sidecar does not have",
            (),
            "a route that names a subset needs a DestinationRule that defines it; one that names a"
            " host needs a Service",
        )
    if not cluster_hop.endpoints:
        return _no_endpoint(facts, cluster_hop)
    misnamed = _misnamed_ports(facts, cluster_hop)
    if misnamed is not None:
        return misnamed
    usable = [endpoint for endpoint in cluster_hop.endpoints if endpoint.usable]
    evidence = tuple(describe_endpoint(endpoint) for endpoint in cluster_hop.endpoints[:_MOST])
    count = len(cluster_hop.endpoints)
    if not usable:
        why = ", ".join(sorted({endpoint.before.health for endpoint in cluster_hop.endpoints}))
        detail = f"none of {quantity(count, 'endpoint')} can be used: {why}"
        return HopResult(
            ENDPOINTS, False, facts.where, detail, evidence, _advice(cluster_hop.endpoints)
        )
    if pool_overflow(facts):
        return HopResult(
            ENDPOINTS,
            False,
            facts.where,
            "the sidecar's connection pool is full: it sends no more requests",
            (*responses(facts), *log_lines(facts), *evidence),
            "raise the limits of the DestinationRule's connectionPool, or find what keeps it busy",
        )
    detail = f"{len(usable)} of {quantity(count, 'endpoint')} can be used"
    return HopResult(ENDPOINTS, True, facts.where, detail, evidence)


def _no_endpoint(facts: PathFacts, cluster_hop: ClusterHop) -> HopResult:
    entries = declared_endpoints(facts.state, facts.request.names)
    resolved = cluster_hop.upstream.hostnames if cluster_hop.upstream else ()
    declared = [
        each.address for each in entries if each.address and not is_ip_address(each.address)
    ]
    names = ", ".join(dict.fromkeys(resolved or declared))
    networks = {each.network: each.source for each in entries if each.network and not each.address}
    if names:
        detail = f"the sidecar cannot resolve the address of the endpoints: {names}"
        advice = (
            "a gateway's host name must be known to the resolver of the client's node; check that"
            " its load balancer exists"
        )
    elif networks and not resolved:
        detail, advice = _no_gateway(facts, networks)
    else:
        reason = explain(facts.state, facts.request.names, facts.request.port)
        detail = f"{cluster_hop.name} has no endpoint" + (f": {reason.detail}" if reason else "")
        advice = (
            f"{reason.advice}, or" if reason else "scale the workload up, or"
        ) + " import the service from another cluster (role import_service)"
    evidence = (f"{cluster_hop.name} has no endpoint",)
    return HopResult(ENDPOINTS, False, facts.where, detail, evidence, advice)


def _no_gateway(facts: PathFacts, networks: t.Mapping[str, str]) -> tuple[str, str]:
    """Return detail and advice for endpoints that have a network but no address."""
    network, source = next(iter(networks.items()))
    elsewhere = gateway_addresses(facts.states.values(), network)
    if gateway_addresses([facts.state], network):
        return (
            f"the gateway of network {network} has no usable address here",
            f"give the endpoint of {source} the gateway's address",
        )
    advice = f"give the endpoint of {source} the address of the network's gateway"
    if elsewhere:
        advice += f" ({', '.join(elsewhere)})"
    return (
        f"network {network} has no gateway that cluster {facts.cluster} knows",
        f"{advice}, or add the gateway to meshNetworks",
    )


def _misnamed_ports(facts: PathFacts, cluster_hop: ClusterHop) -> HopResult | None:
    """Report an entry that names ports, but none that the service has."""
    addresses = {endpoint.before.address for endpoint in cluster_hop.endpoints}
    for entry in declared_endpoints(facts.state, facts.request.names):
        known = set(entry.service_ports.values())
        if (
            not entry.ports
            or not all(known)
            or set(entry.ports) & known
            or entry.address not in addresses
        ):
            continue
        ports = ", ".join(entry.ports)
        name = entry.service_ports.get(facts.request.port) or ", ".join(sorted(known))
        return HopResult(
            ENDPOINTS,
            False,
            facts.where,
            f"the ports of {entry.source} ({ports}) name no port of the service ({name})",
            tuple(describe_endpoint(endpoint) for endpoint in cluster_hop.endpoints[:_MOST]),
            f"rename the port of {entry.source} to {name}; until then its endpoint has the"
            " service's own port",
        )
    return None


def quantity(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def describe_endpoint(endpoint: Endpoint) -> str:
    """Describe an endpoint's locality, health and requests in a line."""
    known = endpoint.before
    locality = "/".join(part for part in (known.region, known.zone, known.subzone) if part)
    text = f"{endpoint.address} in {locality or 'no locality'}, priority {known.priority}"
    text += f": {known.health}"
    if endpoint.new_connections or endpoint.requests:
        text += f", {quantity(endpoint.requests, 'request')}"
        text += f", {quantity(endpoint.new_connections, 'new connection')}"
        text += (
            f", {endpoint.failed_connections} of them failed" if endpoint.failed_connections else ""
        )
    return text


def _advice(endpoints: t.Sequence[Endpoint]) -> str:
    states = {endpoint.before.health for endpoint in endpoints}
    if "ejected" in states:
        return (
            "outlier detection ejected them after errors, for baseEjectionTime and longer each"
            " time; find out why they fail"
        )
    return "look at the readiness of the pods, and for drained sidecars"
