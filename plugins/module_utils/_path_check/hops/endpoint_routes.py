# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow each endpoint of the client to the server behind it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ClusterHop,
    Endpoint,
    Gateway,
    PathFacts,
    Replica,
    Server,
)


@dataclass(frozen=True, slots=True)
class EndpointRoute:
    """An endpoint of the client, a pod of each gateway behind it, and its end.

    The end is a server, a gateway's pod without endpoints, or None for an unknown address.
    """

    cluster_hop: ClusterHop
    first: Endpoint
    gateways: tuple[Replica, ...]
    last: Endpoint
    end: Server | Replica | None

    @property
    def where(self) -> str:
        return self.last.address if self.end is None else self.end.where


def endpoint_routes(facts: PathFacts) -> list[EndpointRoute]:
    """Return the routes; those to the same server through the same pods count once."""
    found = [
        route
        for cluster_hop in facts.cluster_hops
        for endpoint in cluster_hop.endpoints
        if endpoint.relevant
        for route in _onward(cluster_hop, endpoint, (), endpoint)
    ]
    unique: dict[tuple[str, tuple[str, ...], bool | None], EndpointRoute] = {}
    for route in found:
        through = tuple(gateway.where for gateway in route.gateways)
        unique.setdefault((route.where, through, route.first.mtls), route)
    return list(unique.values())


def _onward(
    cluster_hop: ClusterHop, first: Endpoint, gateways: tuple[Replica, ...], last: Endpoint
) -> t.Iterator[EndpointRoute]:
    if not isinstance(last.target, Gateway):
        end = last.target if isinstance(last.target, Server) else None
        yield EndpointRoute(cluster_hop, first, gateways, last, end)
        return
    for replica in last.target.replicas or [Replica(last.target.where, last.target.cluster)]:
        through = (*gateways, replica)
        if replica.error:
            # its endpoints are as unknown as those of an unknown cluster
            yield EndpointRoute(cluster_hop, first, through, last, None)
        elif replica.endpoints:
            for endpoint in replica.endpoints:
                if endpoint.relevant:
                    yield from _onward(cluster_hop, first, through, endpoint)
        else:
            yield EndpointRoute(cluster_hop, first, through, last, replica)
