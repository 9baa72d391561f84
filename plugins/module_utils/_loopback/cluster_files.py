# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Envoy clusters by which a proxy reaches services. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import bootstrap
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import clusters as upstream
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.endpoints import load_assignment
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    CLUSTER_TYPE,
    ENDPOINT_TYPE,
    outbound_cluster,
    sni,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster as Planned,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    Proxy,
    rules_for,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    outbound_cluster as planned,
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


class Upstreams:
    """What proxies of one cluster make of its services."""

    def __init__(self, view: PushContext) -> None:
        self._view = view

    def of(
        self,
        service: Service,
        port: ServicePort,
        namespace: str,
        client: Client,
        *,
        look_up: hostnames.Lookup,
        dnat: bool = False,
    ) -> list[upstream.ClusterInputs]:
        """The clusters of a service port: the one without subset first."""
        proxy = Proxy(client, namespace, gateway=dnat)
        rules = rules_for(self._view, proxy, service)
        subsets = rules.effective.subsets if rules.effective else ()
        made = []
        for subset in ("", *(item["name"] for item in subsets)):
            plan = planned(self._view, proxy, service, port, subset, only_mtls=dnat, rules=rules)
            if service.resolution == DNS:
                found = hostnames.resolve_assignment(plan.assignment, look_up)
                plan = dataclasses.replace(plan, assignment=found)
            made.append(self._upstream(plan, dnat))
        return made

    def _upstream(self, plan: Planned, dnat: bool) -> upstream.ClusterInputs:
        service, port = plan.service, plan.port
        server_name = sni(port.number, plan.subset, service.host)
        if dnat:
            return upstream.ClusterInputs(server_name, plan.assignment, plan.policy)
        plain = service.mesh_external or not self._view.mesh.config["enableAutoMtls"]
        return upstream.ClusterInputs(
            name=outbound_cluster(port.number, plan.subset, service.host),
            assignment=plan.assignment,
            policy=plan.policy,
            http=is_http(port.protocol),
            server_name="" if plain and not plan.policy.mutual_tls else server_name,
            subject_alt_names=self._view.expected_identities(service),
        )


def cluster_files(upstreams: t.Iterable[upstream.ClusterInputs]) -> Files:
    """The files that make clusters known, with the endpoints of each."""
    clusters = []
    content: Files = {}
    for item in upstreams:
        clusters.append(upstream.cluster(item))
        assignment = load_assignment(item.name, item.assignment)
        content[upstream.endpoints_file(item.name)] = response(ENDPOINT_TYPE, [assignment])
    content[bootstrap.CLUSTERS_FILE] = response(CLUSTER_TYPE, clusters)
    return content
