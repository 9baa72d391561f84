# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address pools of MetalLB: checks, and the manifests of the role metallb."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import overlaps
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.subnets import carve
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Object,
    is_true,
    provider,
)


def pool_overlaps(lab: Lab) -> t.Iterator[str]:
    """Describe the addresses that two pools have; pools that are carved never overlap."""
    claims = {
        name: [address for pool in pools for address in pool["addresses"]]
        for name, pools in lab.values("metallb_pools", ()).items()
    }
    try:
        found = overlaps(claims)
    except InvalidInput as exc:
        yield f"metallb_pools: {exc}"
        return
    if found:
        yield f"metallb_pools overlap: {'; '.join(found)}. Give every cluster addresses of its own"


def missing_pools(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe a cluster that exists and is to have a MetalLB without addresses: nothing tells its network."""
    host = lab.clusters[name]
    if (
        provider(host) == "existing"
        and is_true(host.get("metallb_enabled", False))
        and not (host.get("metallb_pools") or host.get("metallb_network_subnets"))
    ):
        yield (
            "metallb_enabled is set, and metallb_pools is empty: list the addresses that load"
            " balancers may have, as nobody can know those of a cluster that exists"
        )


def pool_manifests(lab: Lab, name: str) -> list[Object]:
    """Build the pools and their advertisement; without pools, carve one from the nodes' network.

    In check mode there may be no network yet, and so no pool. Raises InvalidInput.
    """
    host = lab.clusters[name]
    namespace = host["metallb_namespace"]
    pools = host["metallb_pools"]
    if not pools:
        if lab.check_mode and not host["metallb_network_subnets"]:
            return []
        pools = [_carved_pool(lab, name)]
    objects: list[Object] = [
        _object("IPAddressPool", pool["name"], namespace, {"addresses": list(pool["addresses"])})
        for pool in pools
    ]
    names = [pool["name"] for pool in pools]
    objects.append(
        _object("L2Advertisement", host["metallb_pool_name"], namespace, {"ipAddressPools": names})
    )
    if is_true(host["metallb_install"]):
        return objects
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, *objects]


def _object(kind: str, name: str, namespace: str, spec: Object) -> Object:
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def _carved_pool(lab: Lab, name: str) -> Object:
    host = lab.clusters[name]
    subnets = host["metallb_network_subnets"]
    if not subnets:
        raise InvalidInput(
            f"no address is known that load balancers of {name} could have: run the role cluster"
            " before, in the same playbook, or give metallb_pools"
        )
    position = list(lab.clusters).index(name)
    reserved = host["metallb_network_reserved"]
    return {
        "name": host["metallb_pool_name"],
        "addresses": carve(subnets, position, len(lab.clusters), reserved),
    }
