# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network an address belongs to."""

from __future__ import annotations

import ipaddress
import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
)

if t.TYPE_CHECKING:
    Subnets: t.TypeAlias = list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str]]


class Networks:
    """The registry's network lookup: labels first, then the mesh networks setting."""

    def __init__(self, mesh: IstiodClusters) -> None:
        self._mesh = mesh

    @cached_property
    def _registries(self) -> dict[str, str]:
        return {
            str(endpoints["fromRegistry"]): network
            for network, setting in self._mesh.local.mesh_networks.items()
            for endpoints in (setting or {}).get("endpoints") or ()
            if endpoints.get("fromRegistry")
        }

    @cached_property
    def _subnets(self) -> Subnets:
        return [
            (ipaddress.ip_network(str(endpoints["fromCidr"]), strict=False), network)
            for network, setting in self._mesh.local.mesh_networks.items()
            for endpoints in (setting or {}).get("endpoints") or ()
            if endpoints.get("fromCidr")
        ]

    def of(self, cluster: ClusterState, labels: t.Mapping[str, str], address: str) -> str:
        """Return the network of a workload in ``cluster``; empty when nothing names one."""
        found = labels.get(well_known.NETWORK) or cluster.network
        if found:
            return found
        if self._subnets:
            try:
                ip = ipaddress.ip_address(address)
            except ValueError:
                ip = None
            for subnet, network in self._subnets:
                if ip is not None and ip in subnet:
                    return network
        return self._registries.get(cluster.name, "")
