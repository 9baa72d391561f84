# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of service ports, merged over clusters by host."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    Endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import services
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.authentication import (
    DISABLE,
    PeerAuthentications,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.backends import (
    Backend,
    Backends,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    IstiodClusters,
)


class Endpoints:
    """Look endpoints up; every answer is computed once."""

    def __init__(
        self, mesh: IstiodClusters, authentications: PeerAuthentications | None = None
    ) -> None:
        self._backends = Backends(mesh)
        self._authentications = authentications or PeerAuthentications(mesh)
        self._answers: dict[tuple[str, str, str, bool | None], tuple[Endpoint, ...]] = {}

    def of(
        self,
        service: services.Service,
        port: services.ServicePort | int | str,
        mutual_tls: bool | None = None,
    ) -> tuple[Endpoint, ...]:
        """Return the endpoints of one port, unready and terminating ones included.

        ``mutual_tls`` is what the DestinationRule in effect for the client wants; where it wants
        something, PeerAuthentications do not count. An endpoint without a sidecar has no ``mtls``.
        """
        if not isinstance(port, services.ServicePort):
            found = service.port(port)
            if found is None:
                raise InvalidInput(
                    f"{service.host} has no port {port}; "
                    f"its ports: {', '.join(str(p.number) for p in service.ports) or 'none'}"
                )
            port = found
        key = (service.host, service.namespace, port.name, mutual_tls)
        if key not in self._answers:
            self._answers[key] = tuple(
                self._endpoint(backend, mutual_tls)
                for backend in self._backends.of(service, port.name)
            )
        return self._answers[key]

    def service_accounts(self, service: services.Service) -> tuple[str, ...]:
        """Return the accounts (``namespace/name``) behind all ports of the service."""
        return tuple(
            sorted(
                {
                    endpoint.service_account
                    for port in service.ports
                    for endpoint in self.of(service, port)
                    if endpoint.service_account
                }
            )
        )

    def _endpoint(self, backend: Backend, mutual_tls: bool | None) -> Endpoint:
        workload = backend.workload
        if mutual_tls is None:
            mode = self._authentications.mode(workload.namespace, workload.labels, backend.port)
            mutual_tls = mode != DISABLE
        return Endpoint(
            address=workload.address,
            port=backend.port,
            locality=workload.locality,
            weight=workload.weight,
            labels=workload.topology,
            network=workload.network,
            cluster=workload.cluster,
            health=HEALTHY if backend.ready_anyway else workload.health,
            mtls=workload.sidecar and mutual_tls,
            name=f"{workload.namespace}/{workload.name}",
            service_account=workload.service_account,
            node=workload.node,
        )
