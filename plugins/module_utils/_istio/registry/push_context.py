# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the istiod of one cluster knows, computed when asked for."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    NetworkGateway,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    PeerAuthentications,
    expected_identities,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    IstiodClusters,
    KubernetesObject,
    age_key,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.endpoints import (
    Endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    Services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    SidecarScopes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.virtual_services import (
    VirtualService,
    read_virtual_services,
)


class PushContext:
    """One istiod's view. Make a new one when objects changed."""

    def __init__(self, mesh: IstiodClusters) -> None:
        self.mesh = mesh
        self.services = Services(mesh)
        self.authentications = PeerAuthentications(mesh)
        self.endpoints = Endpoints(mesh, self.authentications)

    @classmethod
    def of(cls, clusters: t.Iterable[ClusterState], local: str) -> PushContext:
        return cls(IstiodClusters(clusters, local))

    @cached_property
    def network_gateways(self) -> tuple[NetworkGateway, ...]:
        return gateways.network_gateways(self.mesh)

    @cached_property
    def virtual_services(self) -> tuple[VirtualService, ...]:
        """The VirtualServices of the local cluster."""
        default = self.mesh.config.get("defaultVirtualServiceExportTo")
        return read_virtual_services(self.mesh.local.objects("VirtualService"), default)

    @cached_property
    def scopes(self) -> SidecarScopes:
        """What each proxy is shown of the mesh."""
        sidecars = sorted(self.mesh.local.objects("Sidecar"), key=age_key)
        return SidecarScopes(self.services, self.virtual_services, sidecars, self.mesh.config)

    def client(self, pod: KubernetesObject) -> Client:
        """Return the proxy of a pod of the local cluster."""
        return proxies.client(self.mesh.local, pod)

    def expected_identities(self, service: Service) -> tuple[str, ...]:
        """Return the SANs that clients accept from the service's endpoints."""
        return expected_identities(
            self.mesh.config, self.endpoints.service_accounts(service), service.subject_alt_names
        )
