# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign addresses to Services of type LoadBalancer, as MetalLB does."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.metallb_pools import (
    Pool,
    announced_pools,
)

# MetalLB still reads the older names
REQUESTED_ADDRESSES = ("metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs")
REQUESTED_POOL = ("metallb.io/address-pool", "metallb.universe.tf/address-pool")


class LoadBalancers:
    """One pass of MetalLB's controller over the Services of a cluster."""

    def __init__(self, objects: t.Sequence[KubernetesObject], cluster: str) -> None:
        self._objects = objects
        self._cluster = cluster
        self._pools, self._unannounced = announced_pools(objects)
        self._holders: dict[str, str] = {}

    def run(self) -> list[KubernetesObject]:
        """Return the objects, Services with the addresses they keep or get."""
        pending: list[KubernetesObject] = []
        status: dict[int, str] = {}
        for obj in self._objects:
            if not _is_load_balancer(obj):
                continue
            address = self._retained_address(obj)
            if address is None:
                pending.append(obj)
            else:
                status[id(obj)] = address
        # requested addresses first, so that no other Service gets them
        for obj in sorted(pending, key=lambda obj: not _requested(obj)):
            address = self._new_address(obj)
            self._holders[address] = _label(obj)
            status[id(obj)] = address
        return [
            _with_address(obj, status.get(id(obj))) if obj["kind"] == "Service" else obj
            for obj in self._objects
        ]

    def _retained_address(self, obj: KubernetesObject) -> str | None:
        address = _status_address(obj)
        requested = _requested(obj)
        if not address or address in self._holders or (requested and requested != address):
            return None
        if not any(address in pool for pool in self._allowed(obj)):
            return None
        self._holders[address] = _label(obj)
        return address

    def _new_address(self, obj: KubernetesObject) -> str:
        self._check_announced(obj)
        requested = _requested(obj)
        pools = self._allowed(obj)
        if requested:
            self._check_requested(obj, requested, pools)
            return requested
        if not pools:
            raise InvalidInput(
                f"{_label(obj)} wants an address of pool {_requested_pool(obj)}, which cluster "
                f"{self._cluster} does not have; its pools: {self._pool_list()}"
            )
        for pool in pools:
            if pool.auto_assign or _requested_pool(obj):
                address = pool.first_free(self._holders)
                if address:
                    return address
        raise InvalidInput(
            f"{_label(obj)}: no address is left in the pools of cluster {self._cluster} "
            f"({self._pool_list()}; held: "
            f"{', '.join(f'{a} by {h}' for a, h in sorted(self._holders.items())) or 'none'})"
        )

    def _check_announced(self, obj: KubernetesObject) -> None:
        if self._pools:
            return
        if self._unannounced:
            raise InvalidInput(
                f"{_label(obj)} is of type LoadBalancer, but no L2Advertisement of cluster "
                f"{self._cluster} covers a pool (IPAddressPool {', '.join(self._unannounced)}); apply an "
                "L2Advertisement whose ipAddressPools names one"
            )
        raise InvalidInput(
            f"{_label(obj)} is of type LoadBalancer, but cluster {self._cluster} has no "
            "IPAddressPool; run the role metallb before, or apply one with an L2Advertisement"
        )

    def _check_requested(self, obj: KubernetesObject, address: str, pools: list[Pool]) -> None:
        try:
            inside = any(address in pool for pool in pools)
        except ipaddress.AddressValueError as exc:
            raise InvalidInput(f"{_label(obj)} asks for '{address}': {exc}") from exc
        if not inside:
            raise InvalidInput(
                f"{_label(obj)} asks for {address}, which no announced pool of cluster "
                f"{self._cluster} holds ({self._pool_list()})"
            )
        if address in self._holders:
            raise InvalidInput(
                f"{_label(obj)} asks for {address}, which {self._holders[address]} holds"
            )

    def _allowed(self, obj: KubernetesObject) -> list[Pool]:
        name = _requested_pool(obj)
        return [pool for pool in self._pools if not name or pool.name == name]

    def _pool_list(self) -> str:
        return ", ".join(
            f"{pool.name}: "
            + " ".join(
                str(part.first) if part.first == part.last else f"{part.first}-{part.last}"
                for part in pool.ranges
            )
            for pool in self._pools
        )


def _is_load_balancer(obj: KubernetesObject) -> bool:
    return obj["kind"] == "Service" and spec_of(obj).get("type") == "LoadBalancer"


def _label(obj: KubernetesObject) -> str:
    return f"Service {namespace_of(obj)}/{name_of(obj)}"


def _status_address(obj: KubernetesObject) -> str:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return str(ingress[0].get("ip") or "") if ingress else ""


def _requested(obj: KubernetesObject) -> str:
    annotations = annotations_of(obj)
    for key in REQUESTED_ADDRESSES:
        if annotations.get(key):
            return annotations[key].strip()
    return str(spec_of(obj).get("loadBalancerIP") or "")


def _requested_pool(obj: KubernetesObject) -> str:
    annotations = annotations_of(obj)
    return next((annotations[key] for key in REQUESTED_POOL if annotations.get(key)), "")


def _with_address(obj: KubernetesObject, address: str | None) -> KubernetesObject:
    if _status_address(obj) == (address or ""):
        return obj
    rest = {key: part for key, part in (obj.get("status") or {}).items() if key != "loadBalancer"}
    if address:
        rest["loadBalancer"] = {"ingress": [{"ip": address, "ipMode": "VIP"}]}
    changed = {key: part for key, part in obj.items() if key != "status"}
    return {**changed, "status": rest} if rest else changed
