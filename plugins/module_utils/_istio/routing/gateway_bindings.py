# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Gateways of Istio a VirtualService is bound to, and whether they are there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import host_matches
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    name_of,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateways import servers
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    MESH,
    gateway_name,
)

# in the names of those that istiod makes of the Gateway API's
_GENERATED = "~"


@dataclass(frozen=True, slots=True)
class GatewayBinding:
    """One entry of a VirtualService's ``gateways`` that is not ``mesh``."""

    virtual: KubernetesObject
    index: int
    # namespace/name, as istiod completes it
    full_name: str
    # None if it is not in the input
    gateway: KubernetesObject | None
    # full names of Gateways of the same name in other namespaces
    namesakes: tuple[str, ...] = ()
    # whether the input tells that there is none: it has Gateways, and something of the namespace
    is_decided: bool = False

    def takes(self, host: str) -> bool:
        """Has a server of the Gateway a host in common with this one, for the rule's namespace?"""
        own = namespace_of(self.virtual) or "default"
        return self.gateway is not None and any(
            host_matches(each, host) or host_matches(host, each)
            for server in servers(self.gateway)
            for each in server.hosts_for(own)
        )


def gateway_bindings(cluster: ClusterState) -> t.Iterator[GatewayBinding]:
    """Yield the bindings of all VirtualServices of a cluster, in their order."""
    gateways = {
        f"{namespace_of(each) or 'default'}/{name_of(each)}": each
        for each in cluster.objects("Gateway")
    }
    for virtual in cluster.objects("VirtualService"):
        own = namespace_of(virtual) or "default"
        for index, written in enumerate(spec_of(virtual).get("gateways") or ()):
            full_name = gateway_name(str(written), own)
            if full_name == MESH or _GENERATED in full_name:
                continue
            namespace, _slash, name = full_name.partition("/")
            yield GatewayBinding(
                virtual,
                index,
                full_name,
                gateways.get(full_name),
                tuple(sorted(each for each in gateways if each.partition("/")[2] == name)),
                bool(gateways) and _is_given(cluster, namespace),
            )


def _is_given(cluster: ClusterState, namespace: str) -> bool:
    """Whether anything of a namespace is in the input; else its Gateways may be elsewhere."""
    kinds = ("Gateway", "VirtualService", "Service", "Deployment", "Pod", "DestinationRule")
    return any(cluster.objects(kind, namespace) for kind in kinds)
