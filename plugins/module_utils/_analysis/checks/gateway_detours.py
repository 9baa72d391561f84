# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for detours: gateways that send on to gateways, and clients that need one to reach their own cluster."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import first_where
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    percent,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    name_of,
    namespace_of,
)

GATEWAY_IN_TRANSIT = FindingType(
    "EW805",
    WARNING,
    "an east-west gateway sends what comes in on to other networks",
    explanation=(
        "The gateway is not limited to its own network, so istiod gives it the gateways of the "
        "other networks as endpoints, too: of what comes in for a service, it sends a part, or "
        "in a failover all, out again. Where the other gateways are not limited either, "
        "connections go back and forth between them."
    ),
    cure=(
        "`ISTIO_META_REQUESTED_NETWORK_VIEW: <own network>` in the gateway's environment, as "
        "Istio's own east-west gateways have it."
    ),
    # the cure is for a gateway's Deployment
    testable=False,
)


def gateways_in_transit(context: AnalysisContext) -> t.Iterator[Finding]:
    """Pods that pass connections on by their server name, and know other networks' gateways."""
    if not context.view.network_gateways:
        return
    for pod in context.local.objects("Pod"):
        if proxies.proxy_role(pod) != proxies.ROUTER:
            continue
        client = context.view.client(pod)
        if client.network_view:
            continue
        found = _passed_on(context, pod)
        if found is None:
            continue
        cluster, shares = found
        host = cluster.service.host
        beyond = {each.network for each in _gateways_in(cluster.assignment)}
        share = _through_gateways(shares)
        network = client.network or context.local.network or f"{context.local.name}-network"
        yield GATEWAY_IN_TRANSIT.finding(
            f"Pod {namespace_of(pod)}/{name_of(pod)}",
            f"spec.containers[0].env[{well_known.NETWORK_VIEW_VARIABLE}]",
            message=f"this gateway exposes {host}, and its endpoints there are also the gateways "
            f"of {listed(sorted(beyond))}",
            effect=f"{percent(share)} of the requests for {host} that come in go out again, to "
            "the other networks' gateways, and may come back from there"
            if share
            else f"requests for {host} that come in stay here while this cluster serves them; "
            "after that they go out again, to the other networks' gateways, and may come back",
            instead=snippets.block(
                {"env": [{"name": well_known.NETWORK_VIEW_VARIABLE, "value": network}]},
                remark="in the gateway's Deployment",
            ),
        )


CLIENT_WITHOUT_NETWORK = FindingType(
    "EW806",
    WARNING,
    "a client without a network reaches its own cluster through a gateway",
    explanation=(
        "The client's proxy has no network, but pods of its own cluster have one with a gateway. "
        "To istiod (since 1.30) every such network is another one: the client reaches the pods "
        "beside it through their gateway, which hides their zones and chooses the pod for each "
        "connection. Up to 1.29 it connected to all pods directly, those of other networks "
        "included."
    ),
    cure=(
        "`ISTIO_META_NETWORK` in the proxy's environment, which injection sets from "
        "`values.global.network` or from the pod's label `topology.istio.io/network`."
    ),
    # the cure is for a workload
    testable=False,
)


def clients_without_network(context: AnalysisContext) -> t.Iterator[Finding]:
    """Proxies that nothing tells which network they are on."""
    own = context.local.name
    for case in first_where(
        (case for case in context.all_cases() if case.origin.real and case.origin.names),
        lambda case: case.origin.names,
        lambda case: not case.origin.client.network and _gateways_of(case, own),
    ):
        network = _gateways_of(case, own)[0]
        host = case.service.host
        share = _through_gateways(case.now, own)
        yield CLIENT_WITHOUT_NETWORK.finding(
            f"Pod {min(case.origin.names)}",
            f"spec.containers[0].env[{well_known.NETWORK_VARIABLE}]",
            message=f"{_proxies(case.origin.names)} no network, while {host} has pods of the same "
            f"cluster on network {network}",
            effect=f"{percent(share)} of the requests for {host} go to pods of their own cluster by "
            "way of that cluster's gateway, which chooses among all of them, whatever their zone",
            instead=snippets.block(
                {"env": [{"name": well_known.NETWORK_VARIABLE, "value": network}]},
                remark=f"injection sets it: values.global.network, or the label {well_known.NETWORK}"
                f": {network} on the pods",
            ),
        )


CHECKS = (gateways_in_transit, clients_without_network)


def _proxies(names: t.Collection[str]) -> str:
    return f"{listed(sorted(names), most=3)} {'has' if len(names) == 1 else 'have'}"


def _gateways_of(case: TrafficCase, cluster: str) -> list[str]:
    """Return the networks of a cluster that the client knows gateways of."""
    return sorted(
        {each.network for each in _gateways_in(case.assignment) if each.cluster == cluster}
    )


def _gateways_in(assignment: Assignment) -> list[Endpoint]:
    return [each for group in assignment.groups for each in group.endpoints if each.gateway]


def _through_gateways(shares: Shares, cluster: str = "") -> float:
    """Return the part of the requests that goes to gateways, or to one cluster's."""
    return sum(
        each.share
        for each in shares.endpoints
        if each.endpoint.gateway and cluster in ("", each.endpoint.cluster)
    )


def _passed_on(
    context: AnalysisContext, pod: KubernetesObject
) -> tuple[OutboundCluster, Shares] | None:
    """Return what the gateway sends on to gateways now, or else what it would in a failover."""
    servers = gateways.passthrough_servers(context.local, pod)
    in_failover = None
    for cluster in _exposed(context, pod, servers):
        if _gateways_in(cluster.assignment):
            shares = expected_shares(cluster.assignment)
            if _through_gateways(shares):
                return cluster, shares
            in_failover = in_failover or (cluster, shares)
    return in_failover


def _exposed(
    context: AnalysisContext, pod: KubernetesObject, servers: t.Sequence[gateways.GatewayServer]
) -> t.Iterator[OutboundCluster]:
    """Yield what the gateway passes connections on to, without the Services of gateways."""
    namespace = namespace_of(pod)
    proxy = Proxy(context.view.client(pod), namespace, gateway=True)
    builder = context.topology.builder(context.local.name)
    for host, service in sorted(context.view.services.visible_to_gateway(namespace).items()):
        if service.namespace == context.local.root_namespace or not any(
            each.exposes(host, service.namespace) for each in servers
        ):
            continue
        for port in service.ports:
            if port.protocol != "udp":
                yield builder.cluster(proxy, service, port, only_mtls=True)
