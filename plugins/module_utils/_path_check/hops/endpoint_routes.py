# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From each endpoint of the client to who is to answer. Private to this collection."""

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
    """One endpoint of the client, a pod of each gateway behind it, and its end.

    The end is a server, a gateway's pod behind which nobody is, or None: an address nobody knows.
    """

    reached: ClusterHop
    first: Endpoint
    gateways: tuple[Replica, ...]
    last: Endpoint
    end: Server | Replica | None

    @property
    def where(self) -> str:
        return self.last.address if self.end is None else self.end.where


def ways(facts: PathFacts) -> list[EndpointRoute]:
    """All ways. Those that end at the same server through the same pods count once."""
    found = [
        way
        for reached in facts.reached
        for endpoint in reached.endpoints
        if endpoint.concerned
        for way in _onward(reached, endpoint, (), endpoint)
    ]
    unique: dict[tuple[str, tuple[str, ...], bool | None], EndpointRoute] = {}
    for way in found:
        through = tuple(gateway.where for gateway in way.gateways)
        unique.setdefault((way.where, through, way.first.mtls), way)
    return list(unique.values())


def _onward(
    reached: ClusterHop, first: Endpoint, gateways: tuple[Replica, ...], last: Endpoint
) -> t.Iterator[EndpointRoute]:
    if not isinstance(last.beyond, Gateway):
        yield EndpointRoute(reached, first, gateways, last, last.beyond)
        return
    for replica in last.beyond.replicas or [Replica(last.beyond.where)]:
        through = (*gateways, replica)
        if replica.silent:
            # what is behind it is as unknown as if its cluster were
            yield EndpointRoute(reached, first, through, last, None)
        elif replica.endpoints:
            for endpoint in replica.endpoints:
                if endpoint.concerned:
                    yield from _onward(reached, first, through, endpoint)
        else:
            yield EndpointRoute(reached, first, through, last, replica)
