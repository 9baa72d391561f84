# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate the endpoints of the client's sidecar."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    log_lines,
    pool_overflow,
    responses,
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
        return _none(facts, cluster_hop)
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
            "raise the limits of the DestinationRule's connectionPool, or look who keeps it busy",
        )
    detail = f"{len(usable)} of {quantity(count, 'endpoint')} can be used"
    return HopResult(ENDPOINTS, True, facts.where, detail, evidence)


def _none(facts: PathFacts, cluster_hop: ClusterHop) -> HopResult:
    hostnames = cluster_hop.upstream.hostnames if cluster_hop.upstream else ()
    if hostnames:
        named = ", ".join(hostnames)
        return HopResult(
            ENDPOINTS,
            False,
            facts.where,
            f"the sidecar cannot resolve the address of the endpoints: {named}",
            (f"{cluster_hop.name} has no endpoint",),
            "a gateway's host name must be known to the resolver that the client's node uses; look"
            " whether its load balancer exists",
        )
    return HopResult(
        ENDPOINTS,
        False,
        facts.where,
        f"{cluster_hop.name} has no endpoint",
        (),
        "scale the workload up, compare the Service's selector with the pods' labels, or import the"
        " service from where it runs (role import_service)",
    )


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
