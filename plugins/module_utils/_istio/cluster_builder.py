# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod sends to one proxy for one service port. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    EffectivePolicy,
    Rules,
    effective_policy,
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    PASSTHROUGH,
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Endpoint,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    matches_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    DNS,
    HEADLESS,
    NONE,
    Service,
    ServicePort,
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who asks: its locality and labels, and the namespace whose rules and services it sees."""

    client: Client
    namespace: str
    # gateways balance over pods of headless Services, too; sidecars connect to the one asked for
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class OutboundCluster:
    """One Envoy cluster of a proxy: the policy in effect and the endpoints as istiod sends them."""

    service: Service
    port: ServicePort
    subset: str
    rules: Rules
    policy: EffectivePolicy
    assignment: Assignment

    @property
    def one_request_a_connection(self) -> bool:
        """Does each request make a connection of its own?"""
        http = self.policy.connection_pool.get("http") or {}
        return http.get("maxRequestsPerConnection") == 1


def rules_for(view: PushContext, proxy: Proxy, service: Service) -> Rules:
    """The DestinationRule that the proxy follows for the service, and those that it does not."""
    cluster = view.mesh.local
    return find_rules(
        cluster.objects("DestinationRule"),
        service.host,
        client_namespace=proxy.namespace,
        service_namespace=service.namespace,
        client_labels=proxy.client.labels,
        root_namespace=cluster.root_namespace,
    )


def outbound_cluster(
    view: PushContext,
    proxy: Proxy,
    service: Service,
    port: ServicePort,
    subset: str = "",
    *,
    only_mtls: bool = False,
    rules: Rules | None = None,
) -> OutboundCluster:
    """Give ``rules`` where they are known. Raises NotFound for a subset that they don't define."""
    rules = rules or rules_for(view, proxy, service)
    effective = effective_policy(
        rules,
        service.host,
        port.number,
        subset,
        mesh=view.mesh.config,
        traffic_distribution=service.traffic_distribution,
    )
    members: list[Endpoint] = []
    dropped: list[tuple[Endpoint, str]] = []
    for endpoint in view.endpoints.of(service, port, effective.mutual_tls):
        why = _why_not(endpoint, proxy, service, effective, only_mtls)
        if why:
            dropped.append((endpoint, why))
        else:
            members.append(endpoint)
    policy, note = _policy(effective.policy, service, proxy)
    assignment = build_load_assignment(proxy.client, members, policy, view.network_gateways)
    assignment = replace(
        assignment,
        dropped=(*dropped, *assignment.dropped),
        reasons=(*assignment.reasons, *note),
    )
    return OutboundCluster(service, port, subset, rules, effective, assignment)


def _why_not(
    endpoint: Endpoint,
    proxy: Proxy,
    service: Service,
    effective: EffectivePolicy,
    only_mtls: bool,
) -> str:
    if not matches_labels(effective.subset_labels, endpoint.labels):
        return "it lacks the labels of the subset"
    if only_mtls and not endpoint.mtls:
        return "it does not speak mTLS, which a passthrough gateway needs"
    node = proxy.client.node
    if service.node_local and node and endpoint.node and endpoint.node != node:
        return "internalTrafficPolicy Local keeps requests on the client's node"
    return ""


def _policy(policy: Policy, service: Service, proxy: Proxy) -> tuple[Policy, tuple[str, ...]]:
    """The policy as it works for how Envoy finds this service's endpoints."""
    if service.resolution == NONE:
        return replace(policy, load_balancer=PASSTHROUGH), ("its ServiceEntry resolves NONE",)
    if service.resolution == HEADLESS and not proxy.gateway:
        why = "a headless Service: sidecars connect to the pod that the client asked for"
        return replace(policy, load_balancer=PASSTHROUGH), (why,)
    if service.resolution == DNS and policy.outlier_detection is None:
        # for names that Envoy resolves, the mesh's default counts as the rule's own
        return replace(policy, outlier_detection=policy.mesh_outlier_detection), ()
    return policy, ()


def ports_of(service: Service, wanted: t.Any = None) -> tuple[ServicePort, ...]:
    """The port with this number or name, or all."""
    if wanted in (None, ""):
        return service.ports
    text = str(wanted)
    return tuple(port for port in service.ports if text in (str(port.number), port.name))
