# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints of other networks, replaced by those networks' gateways."""

from __future__ import annotations

import math
import typing as t
from collections import Counter
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
    LocalityGroup,
    NetworkGateway,
    summarize,
)

# what a protobuf uint32 holds
MAX_WEIGHT = 2**32 - 1

Dropped: t.TypeAlias = tuple[Endpoint, str]


def in_view(client: Client, endpoint: Endpoint) -> bool:
    """Tell whether the client sees the endpoint's network; one without a network is always seen."""
    return not client.network_view or endpoint.network in ("", *client.network_view)


class SplitHorizon:
    """The gateways that one client knows, and what it reaches through them."""

    def __init__(self, client: Client, gateways: t.Sequence[NetworkGateway]) -> None:
        self._client = client
        self._of_cluster: dict[tuple[str, str], list[NetworkGateway]] = {}
        self._of_network: dict[str, list[NetworkGateway]] = {}
        for gateway in sorted(gateways, key=lambda each: (each.address, each.port)):
            self._of_network.setdefault(gateway.network, []).append(gateway)
            key = (gateway.network, gateway.cluster)
            self._of_cluster.setdefault(key, []).append(gateway)
        # every weight is multiplied by it, so that any set of gateways divides it evenly
        self.scale = math.lcm(
            *map(len, self._of_network.values()), *map(len, self._of_cluster.values())
        )

    def apply(self, group: LocalityGroup) -> tuple[LocalityGroup, list[Dropped]]:
        """Rewrite one group as the client is to see it; it may come out empty."""
        kept: list[Endpoint] = []
        dropped: list[Dropped] = []
        behind: Counter[NetworkGateway] = Counter()
        for endpoint in group.endpoints:
            weight = min(max(1, endpoint.weight) * self.scale, MAX_WEIGHT)
            candidates = self._candidates(endpoint)
            if self._is_direct(endpoint, candidates):
                if endpoint.address:
                    kept.append(
                        endpoint if weight == endpoint.weight else replace(endpoint, weight=weight)
                    )
                else:
                    dropped.append((endpoint, "it has no address, and no gateway leads to it"))
                continue
            reachable = [gateway for gateway in candidates if self._reachable(gateway)]
            why = _unreachable_reason(endpoint, reachable)
            if why:
                dropped.append((endpoint, why))
                continue
            for gateway in reachable:
                behind[gateway] += weight // len(reachable)
        kept.extend(
            _gateway_endpoint(gateway, group.locality, weight)
            for gateway, weight in sorted(
                behind.items(), key=lambda item: (item[0].address, item[0].port)
            )
        )
        return _regrouped(group, kept), dropped

    def _candidates(self, endpoint: Endpoint) -> list[NetworkGateway]:
        key = (endpoint.network, endpoint.cluster)
        return self._of_cluster.get(key) or self._of_network.get(endpoint.network, [])

    def _is_direct(self, endpoint: Endpoint, candidates: t.Sequence[NetworkGateway]) -> bool:
        if not candidates or not endpoint.network:
            return True
        return self._client.network == endpoint.network

    def _reachable(self, gateway: NetworkGateway) -> bool:
        families = self._client.ip_families
        return not families or (6 if ":" in gateway.address else 4) in families


def _unreachable_reason(endpoint: Endpoint, reachable: t.Sequence[NetworkGateway]) -> str:
    if not reachable:
        return f"no gateway of network {endpoint.network} has an address the client can use"
    if not endpoint.mtls:
        return f"it does not speak mTLS, so the gateway of network {endpoint.network} can't pass it"
    return ""


def _gateway_endpoint(gateway: NetworkGateway, locality: str, weight: int) -> Endpoint:
    return Endpoint(
        address=gateway.address,
        port=gateway.port,
        locality=locality,
        weight=min(max(1, weight), MAX_WEIGHT),
        network=gateway.network,
        cluster=gateway.cluster,
        name=f"gateway of {gateway.network}",
        gateway=True,
    )


def _regrouped(group: LocalityGroup, endpoints: t.Sequence[Endpoint]) -> LocalityGroup:
    summary = summarize(endpoints)
    return replace(
        group,
        endpoints=tuple(endpoints),
        weight=min(summary.weight, MAX_WEIGHT) if endpoints else None,
        summary=summary,
    )
