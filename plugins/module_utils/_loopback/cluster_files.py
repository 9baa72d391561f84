# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Envoy clusters by which a proxy reaches services."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import bootstrap, clusters
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.endpoints import load_assignment
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    CLUSTER_TYPE,
    ENDPOINT_TYPE,
    outbound_cluster,
    sni,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.protocols import is_http
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    DNS,
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import hostnames
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.xds_files import response

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

Files: t.TypeAlias = dict[str, bytes]


class ClusterInputsBuilder:
    """The Envoy clusters of one cluster's proxies, with the identities that servers may have."""

    def __init__(self, view: PushContext) -> None:
        self._view = view
        self.builder = ClusterBuilder(view)
        self.client_key = self.builder.client_key

    def of(
        self,
        service: Service,
        port: ServicePort,
        namespace: str,
        client: Client,
        *,
        look_up: hostnames.Lookup,
        dnat: bool = False,
    ) -> list[clusters.ClusterInputs]:
        """The clusters of a service port: the one without subset first."""
        proxy = Proxy(client, namespace, gateway=dnat)
        return [
            self._inputs(cluster, look_up, dnat)
            for cluster in self.builder.clusters(proxy, service, port, only_mtls=dnat)
        ]

    def _inputs(
        self, cluster: OutboundCluster, look_up: hostnames.Lookup, dnat: bool
    ) -> clusters.ClusterInputs:
        service, port, assignment = cluster.service, cluster.port, cluster.assignment
        if service.resolution == DNS:
            assignment = hostnames.resolve_assignment(assignment, look_up)
        server_name = sni(port.number, cluster.subset, service.host)
        if dnat:
            return clusters.ClusterInputs(server_name, assignment, cluster.policy)
        plain = service.mesh_external or not self._view.mesh.config["enableAutoMtls"]
        return clusters.ClusterInputs(
            name=outbound_cluster(port.number, cluster.subset, service.host),
            assignment=assignment,
            policy=cluster.policy,
            http=is_http(port.protocol),
            server_name="" if plain and not cluster.policy.mutual_tls else server_name,
            subject_alt_names=self._view.expected_identities(service),
        )


def cluster_files(inputs: t.Iterable[clusters.ClusterInputs]) -> Files:
    """The files that make clusters known, with the endpoints of each."""
    resources = []
    content: Files = {}
    for each in inputs:
        resources.append(clusters.cluster(each))
        assignment = load_assignment(each.name, each.assignment)
        content[clusters.endpoints_file(each.name)] = response(ENDPOINT_TYPE, [assignment])
    content[bootstrap.CLUSTERS_FILE] = response(CLUSTER_TYPE, resources)
    return content
