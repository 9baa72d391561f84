# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Allocate addresses for ServiceEntries that declare none, as istiod does."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    AUTO_ALLOCATION,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    labels_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._simulation.addresses import (
    AddressAllocator,
)

BLOCK = ipaddress.IPv4Network("240.240.0.0/16")


def allocate_addresses(objects: t.Sequence[KubernetesObject]) -> list[KubernetesObject]:
    """Return the objects with an address for every eligible host of a ServiceEntry.

    An address that a host has is kept.
    """
    allocator = AddressAllocator(BLOCK, "hosts of ServiceEntries")
    held: dict[int, dict[str, str]] = {}
    for obj in objects:
        if obj["kind"] == "ServiceEntry":
            hosts = _hosts(obj)
            held[id(obj)] = {
                entry["host"]: entry["value"]
                for entry in _allocated(obj)
                if entry["host"] in hosts and allocator.reserve(entry["value"])
            }
    return [
        _with_addresses(obj, held[id(obj)], allocator) if obj["kind"] == "ServiceEntry" else obj
        for obj in objects
    ]


def _hosts(obj: KubernetesObject) -> list[str]:
    """Return the hosts that are eligible for an address."""
    spec = spec_of(obj)
    declared = spec.get("addresses") or spec.get("resolution", "NONE") == "NONE"
    if declared or labels_of(obj).get(AUTO_ALLOCATION) == "false":
        return []
    return [host for host in spec.get("hosts") or () if not host.startswith("*")]


def _allocated(obj: KubernetesObject) -> list[dict[str, str]]:
    return list((obj.get("status") or {}).get("addresses") or ())


def _with_addresses(
    obj: KubernetesObject, held: t.Mapping[str, str], allocator: AddressAllocator
) -> KubernetesObject:
    addresses = [
        {"value": held.get(host) or allocator.allocate(), "host": host} for host in _hosts(obj)
    ]
    if addresses == _allocated(obj):
        return obj
    status = {key: part for key, part in (obj.get("status") or {}).items() if key != "addresses"}
    if addresses:
        status["addresses"] = addresses
    rest = {key: part for key, part in obj.items() if key != "status"}
    return {**rest, "status": status} if status else rest
