# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check for networks that no gateway leads to."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import snippets
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    first_by_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    WARNING,
    Finding,
    FindingType,
    title_in_cluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    listed,
    percent,
    place,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry import proxies
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    labels_of,
)

NETWORK_WITHOUT_GATEWAY = FindingType(
    "EW802",
    WARNING,
    "another network without a gateway",
    explanation=(
        "Pods are on another network than their clients, and no gateway is known for it: clients "
        "connect to pod addresses that only that network knows."
    ),
    cure=(
        "Label the Service of its east-west gateway with `topology.istio.io/network`, and see "
        "that it has an address and port 15443. Where all pods reach each other, one network for all."
    ),
    # the cure is for a gateway's Service
    testable=False,
)

# a cluster, and a network of its pods
_Network: t.TypeAlias = tuple[str, str]


def networks_without_gateway(context: AnalysisContext) -> t.Iterator[Finding]:
    """Pods of another network, called by addresses that only their own network knows."""
    networks = _Networks(context)
    cases: dict[_Network, list[TrafficCase]] = {}
    for case in context.all_cases():
        if not case.subset:
            for each in networks.unreachable(case):
                cases.setdefault(each, []).append(case)
    for (cluster, network), concerned in cases.items():
        lost = first_by_service(concerned)
        hosts = listed((case.service.host for case in lost), most=3)
        title, field = _place(context, cluster, network, lost[0])
        yield NETWORK_WITHOUT_GATEWAY.finding(
            title,
            field,
            message=f"network {network} of cluster {cluster} has no gateway that "
            f"{context.local.name} knows (a Service with the label {well_known.NETWORK}: {network}, "
            f"port {well_known.GATEWAY_MTLS_PORT} and an address)",
            effect=f"clients of {hosts} connect straight to pod addresses of network {network}: "
            f"{_failing(lost[0], cluster, network)}, unless the networks are really one",
            instead=snippets.block(
                {"metadata": {"labels": {well_known.NETWORK: network}}},
                remark=f"on the Service of the east-west gateway of {cluster}",
            ),
        )


CHECKS = (networks_without_gateway,)


class _Networks:
    """The networks without a gateway that endpoints are on."""

    def __init__(self, context: AnalysisContext) -> None:
        self._context = context
        self._known = {gateway.network for gateway in context.view.network_gateways}
        self._of_members: dict[int, frozenset[_Network]] = {}

    def unreachable(self, case: TrafficCase) -> t.Iterator[_Network]:
        """Yield those that are not the client's own. Imported addresses are gateways' own, if need be."""
        # members live as long as the context's builder, so their ids are names for them
        key = id(case.cluster.members)
        if key not in self._of_members:
            self._of_members[key] = frozenset(
                (each.cluster, each.network)
                for each in case.endpoints
                if each.network and each.network not in self._known and self._is_called(each)
            )
        own = case.origin.client.network
        for each in sorted(self._of_members[key]):
            # nothing says which network an imagined client would be on in a cluster of several
            is_unknown = not own and not case.origin.real and each[0] == self._context.local.name
            if each[1] != own and not is_unknown:
                yield each

    def _is_called(self, endpoint: Endpoint) -> bool:
        """Is it a pod that clients in the mesh call? Gateways are there for callers from outside."""
        pod = self._context.topology.pod(endpoint.cluster, endpoint.name)
        return pod is not None and proxies.proxy_role(pod) != proxies.ROUTER


def _place(
    context: AnalysisContext, cluster: str, network: str, case: TrafficCase
) -> tuple[str, str]:
    """The object that says which network it is, or else the service whose pods are there."""
    state = context.topology.states.get(cluster)
    space = state.get("Namespace", state.root_namespace) if state else None
    if state and space and labels_of(space).get(well_known.NETWORK) == network:
        title = f"Namespace {state.root_namespace}"
        own = cluster == context.local.name
        field = f'metadata.labels["{well_known.NETWORK}"]'
        return title if own else title_in_cluster(title, cluster), field
    service = case.service
    return f"{service.kind} {service.namespace}/{service.name}", "endpoints"


def _failing(case: TrafficCase, cluster: str, network: str) -> str:
    shares = case.all_healthy.now.by_name()
    there = {
        each.name for each in case.endpoints if (each.cluster, each.network) == (cluster, network)
    }
    share = sum(part for name, part in shares.items() if name in there)
    where = place(case.origin.client.locality)
    if share:
        return f"{percent(share)} of the requests of clients in {where} fail"
    return f"no request of clients in {where} goes there now, but in a failover they all fail"
