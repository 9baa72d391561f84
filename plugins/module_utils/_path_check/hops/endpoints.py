# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third hop: what the client's sidecar sends to. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    evidence as signs,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ENDPOINTS,
    ClusterHop,
    Endpoint,
    Hop,
    PathFacts,
)

_MOST = 12


def judge(facts: PathFacts) -> list[Hop]:
    return [_cluster(facts, reached) for reached in facts.reached]


def _cluster(facts: PathFacts, reached: ClusterHop) -> Hop:
    name = reached.name
    if reached.upstream is None:
        return Hop(
            ENDPOINTS,
            False,
            facts.where,
            f"the route leads to {name}, which the sidecar does not have",
            (),
            "a route that names a subset needs a DestinationRule that defines it; one that names a"
            " host needs a Service",
        )
    if not reached.endpoints:
        return _none(facts, reached)
    usable = [endpoint for endpoint in reached.endpoints if endpoint.usable]
    evidence = tuple(described(endpoint) for endpoint in reached.endpoints[:_MOST])
    count = len(reached.endpoints)
    if not usable:
        why = ", ".join(sorted({endpoint.known.health for endpoint in reached.endpoints}))
        detail = f"none of {counted(count, 'endpoint')} can be used: {why}"
        return Hop(ENDPOINTS, False, facts.where, detail, evidence, _advice(reached.endpoints))
    if signs.overflow(facts):
        return Hop(
            ENDPOINTS,
            False,
            facts.where,
            "the sidecar's connection pool is full: it sends no more requests",
            (*signs.answers(facts), *signs.logged(facts), *evidence),
            "raise the limits of the DestinationRule's connectionPool, or look who keeps it busy",
        )
    detail = f"{len(usable)} of {counted(count, 'endpoint')} can be used"
    return Hop(ENDPOINTS, True, facts.where, detail, evidence)


def _none(facts: PathFacts, reached: ClusterHop) -> Hop:
    hostnames = reached.upstream.hostnames if reached.upstream else ()
    if hostnames:
        named = ", ".join(hostnames)
        return Hop(
            ENDPOINTS,
            False,
            facts.where,
            f"the sidecar cannot resolve the address of the endpoints: {named}",
            (f"{reached.name} has no endpoint",),
            "a gateway's host name must be known to the resolver that the client's node uses; look"
            " whether its load balancer exists",
        )
    return Hop(
        ENDPOINTS,
        False,
        facts.where,
        f"{reached.name} has no endpoint",
        (),
        "scale the workload up, compare the Service's selector with the pods' labels, or import the"
        " service from where it runs (role import_service)",
    )


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def described(endpoint: Endpoint) -> str:
    """One line of evidence: where, how well, and what became of the requests there."""
    known = endpoint.known
    locality = "/".join(part for part in (known.region, known.zone, known.subzone) if part)
    text = f"{endpoint.address} in {locality or 'no locality'}, priority {known.priority}"
    text += f": {known.health}"
    if endpoint.opened or endpoint.requests:
        text += f", {counted(endpoint.requests, 'request')}"
        text += f", {counted(endpoint.opened, 'new connection')}"
        text += f", {endpoint.refused} of them failed" if endpoint.refused else ""
    return text


def _advice(endpoints: t.Sequence[Endpoint]) -> str:
    states = {endpoint.known.health for endpoint in endpoints}
    if "ejected" in states:
        return (
            "outlier detection ejected them after errors, for baseEjectionTime and longer each"
            " time; find out why they fail"
        )
    return "look at the readiness of the pods, and for drained sidecars"
