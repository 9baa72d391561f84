# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carves load balancer pools out of the network that the nodes share."""

from __future__ import annotations

import ipaddress
import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput


def carve(
    subnets: t.Sequence[str], index: int, count: int, avoid: t.Iterable[str] = ()
) -> list[str]:
    """Return the addresses of pool ``index`` of ``count``, as a subnet or, with holes, as ranges.

    The first IPv4 subnet is cut into enough equal parts to leave out the first part, where nodes
    and gateways live, and the last one, which holds the broadcast address. A part depends on
    ``index`` and ``count`` alone, so it stays the same when nodes come, go or change addresses.
    """
    if count < 1 or not 0 <= index < count:
        raise InvalidInput(f"there is no pool {index} among {count} (pools are counted from 0)")
    subnet = first_ipv4(subnets)
    bits = math.ceil(math.log2(count + 2))
    if subnet.prefixlen + bits > subnet.max_prefixlen:
        raise InvalidInput(f"{subnet} is too small to be shared by {count} clusters")
    size = subnet.num_addresses >> bits
    part = ipaddress.IPv4Network((int(subnet[0]) + (index + 1) * size, subnet.prefixlen + bits))
    taken = sorted(address for address in _ipv4_addresses(avoid) if address in part)
    if not taken:
        return [str(part)]
    ranges = _without(part, taken)
    if not ranges:
        raise InvalidInput(f"every address of {part} in {subnet} is taken already")
    return ranges


def first_ipv4(subnets: t.Sequence[str]) -> ipaddress.IPv4Network:
    """Return the first IPv4 subnet: container engines list IPv6 and IPv4 in any order."""
    for text in subnets:
        try:
            network = ipaddress.ip_network(str(text).strip(), strict=False)
        except ValueError as exc:
            raise InvalidInput(f"'{text}' is not a subnet such as 172.18.0.0/16") from exc
        if isinstance(network, ipaddress.IPv4Network):
            return network
    listed = ", ".join(str(text) for text in subnets) or "none at all"
    raise InvalidInput(f"no IPv4 subnet to take load balancer addresses from; found: {listed}")


def _ipv4_addresses(texts: t.Iterable[str]) -> set[ipaddress.IPv4Address]:
    addresses: set[ipaddress.IPv4Address] = set()
    for text in texts:
        try:
            # engines report node addresses with the prefix length of their network
            address = ipaddress.ip_interface(str(text).strip()).ip
        except ValueError as exc:
            raise InvalidInput(f"'{text}' in the addresses to avoid is not an address") from exc
        if isinstance(address, ipaddress.IPv4Address):
            addresses.add(address)
    return addresses


def _without(part: ipaddress.IPv4Network, taken: t.Sequence[ipaddress.IPv4Address]) -> list[str]:
    ranges: list[str] = []
    start = int(part[0])
    for stop in [int(address) for address in taken] + [int(part[-1]) + 1]:
        if start < stop:
            ranges.append(f"{ipaddress.IPv4Address(start)}-{ipaddress.IPv4Address(stop - 1)}")
        start = stop + 1
    return ranges
