# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the istiod of one cluster knows, computed when asked for."""

from __future__ import annotations

import typing as t
from functools import cached_property, partial

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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.gateway_listeners import (
    route_parents,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    Services,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.sidecar_scope import (
    SidecarScopes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.gateway_api_routes import (
    RouteProblem,
    read_gateway_api_routes,
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
        """The VirtualServices of the local cluster, and those made of Gateway API routes."""
        default = self.mesh.config.get("defaultVirtualServiceExportTo")
        written = read_virtual_services(self.mesh.local.objects("VirtualService"), default)
        converted, _problems = self._gateway_api
        return tuple(sorted((*written, *converted), key=lambda each: each.age_key))

    @property
    def ignored_routes(self) -> tuple[RouteProblem, ...]:
        """What of HTTPRoutes and GRPCRoutes counts for nobody, and why."""
        return self._gateway_api[1]

    @cached_property
    def _gateway_api(self) -> tuple[tuple[VirtualService, ...], tuple[RouteProblem, ...]]:
        default = self.mesh.config.get("defaultVirtualServiceExportTo")
        parents = partial(route_parents, self.mesh.local)
        return read_gateway_api_routes(self.mesh.local, parents, default)

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
