# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Allocate addresses: of a block, and the cluster addresses of Services."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)

HEADLESS = "None"


def is_host_address(address: int) -> bool:
    """Return whether the address ends in neither .0 nor .255, which people and tools take for networks."""
    return address & 0xFF not in (0, 0xFF)


class AddressAllocator:
    """Allocate addresses of ``block``, each after the highest in use.

    An address then stays unused for a while after its pod is gone, so that a proxy which still has
    the old endpoint does not send its requests to another pod.
    """

    def __init__(self, block: ipaddress.IPv4Network, purpose: str) -> None:
        self._block = block
        self._purpose = purpose
        self._first = int(block.network_address)
        self._in_use: set[int] = set()
        self._last = self._first - 1

    def __contains__(self, address: str) -> bool:
        try:
            return ipaddress.IPv4Address(address) in self._block
        except ValueError:
            return False

    def reserve(self, address: str) -> bool:
        """Mark an address as in use; return False if it was, or is not part of the block."""
        if address not in self:
            return False
        number = int(ipaddress.IPv4Address(address))
        if number in self._in_use:
            return False
        self._in_use.add(number)
        self._last = max(self._last, number)
        return True

    def allocate(self) -> str:
        size = self._block.num_addresses
        start = self._last + 1 - self._first
        for step in range(size):
            number = self._first + (start + step) % size
            if number not in self._in_use and is_host_address(number):
                self._in_use.add(number)
                self._last = number
                return str(ipaddress.IPv4Address(number))
        raise MeshError(f"no address is left for {self._purpose} in {self._block}")


def assign_cluster_addresses(
    objects: t.Sequence[KubernetesObject], subnet: ipaddress.IPv4Network
) -> list[KubernetesObject]:
    """Return the objects with a clusterIP for every Service."""
    allocator = AddressAllocator(subnet, "cluster addresses of Services")
    holders: dict[str, str] = {}
    for obj in objects:
        if obj["kind"] != "Service":
            continue
        address = spec_of(obj).get("clusterIP")
        if not address or address == HEADLESS:
            continue
        label = f"Service {namespace_of(obj)}/{name_of(obj)}"
        if address not in allocator:
            raise InvalidInput(
                f"{label}: spec.clusterIP {address} is not in the cluster's service subnet {subnet}"
            )
        if not allocator.reserve(address):
            raise InvalidInput(
                f"{label}: spec.clusterIP {address} is already that of {holders[address]}"
            )
        holders[address] = label
    return [
        _with_cluster_address(obj, allocator) if obj["kind"] == "Service" else obj
        for obj in objects
    ]


def _with_cluster_address(obj: KubernetesObject, allocator: AddressAllocator) -> KubernetesObject:
    spec = obj.get("spec") or {}
    address = spec.get("clusterIP") or allocator.allocate()
    if spec.get("clusterIPs") == [address]:
        return obj
    return {**obj, "spec": {**spec, "clusterIP": address, "clusterIPs": [address]}}
