# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MetalLB's address pools."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import (
    AddressRange,
    overlaps,
    parse_range,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    is_host_address,
)


@dataclass(frozen=True, slots=True)
class Pool:
    name: str
    ranges: tuple[AddressRange, ...]
    auto_assign: bool = True

    def __contains__(self, address: object) -> bool:
        number = int(IPv4Address(str(address)))
        return any(int(part.first) <= number <= int(part.last) for part in self.ranges)

    def first_free(self, taken: t.Container[str]) -> str | None:
        """Return the lowest address that is not taken."""
        for part in self.ranges:
            for number in range(int(part.first), int(part.last) + 1):
                address = str(IPv4Address(number))
                if is_host_address(number) and address not in taken:
                    return address
        return None


def announced_pools(objects: t.Iterable[KubernetesObject]) -> tuple[list[Pool], list[str]]:
    """Return the pools that an L2Advertisement covers, and the names of the others."""
    pools: list[Pool] = []
    named: set[str] = set()
    everything = False
    for obj in objects:
        if obj["kind"] == "IPAddressPool":
            pools.append(_pool(obj))
        elif obj["kind"] == "L2Advertisement":
            covered = spec_of(obj).get("ipAddressPools") or ()
            named.update(covered)
            everything = everything or not covered
    pools.sort(key=lambda pool: pool.name)
    announced = [pool for pool in pools if everything or pool.name in named]
    return announced, [pool.name for pool in pools if pool not in announced]


def check_pools(
    clusters: t.Mapping[str, t.Iterable[KubernetesObject]], network: IPv4Network | None = None
) -> None:
    """Raise InvalidInput for pools of the lab that overlap, or lie outside ``network``."""
    claims: dict[str, list[str]] = {}
    for cluster, objects in clusters.items():
        for obj in objects:
            if obj["kind"] != "IPAddressPool":
                continue
            label = f"IPAddressPool {name_of(obj)} of cluster {cluster}"
            addresses = [str(text) for text in spec_of(obj).get("addresses") or ()]
            if network is not None:
                _check_inside(addresses, network, label)
            claims[label] = addresses
    overlapping = overlaps(claims)
    if overlapping:
        raise InvalidInput(f"address pools must not overlap: {'; '.join(overlapping)}")


def _check_inside(addresses: t.Iterable[str], network: IPv4Network, label: str) -> None:
    for text in addresses:
        part = parse_range(text)
        if part.first not in network or part.last not in network:
            raise InvalidInput(
                f"{label}: {text} is not within {network}, the network that the lab keeps for load "
                "balancers"
            )


def _pool(obj: KubernetesObject) -> Pool:
    spec = spec_of(obj)
    return Pool(
        name=name_of(obj),
        ranges=tuple(parse_range(str(text)) for text in spec.get("addresses") or ()),
        auto_assign=spec.get("autoAssign") is not False,
    )
