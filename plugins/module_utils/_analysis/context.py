# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of all checks: clients, rules in effect and traffic cases, computed once."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.clients import (
    find_origins,
    imagine,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.inventory import Inventory
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    ClientOrigin,
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    HEADLESS,
    NONE,
    Service,
)


class AnalysisContext(Inventory):
    """The inventory, the clients to look from, and what each of them sees."""

    def __init__(
        self,
        view: PushContext,
        *,
        drained: t.Collection[str] = (),
        clients: t.Iterable[Client] | None = None,
        client_namespace: str = "",
        others: t.Iterable[ClusterState] = (),
    ) -> None:
        super().__init__(view, others)
        self.drained = frozenset(drained) - {""}
        self._clients = None if clients is None else tuple(clients)
        self._client_namespace = client_namespace
        self._cases: dict[tuple[str, str], tuple[TrafficCase, ...]] = {}
        self._definitions: dict[tuple[str, bool], t.Mapping[str, Service]] = {}

    @cached_property
    def _builder(self) -> ClusterBuilder:
        return ClusterBuilder(self.view, [rule.obj for rule in self.sound_rules])

    @cached_property
    def origins(self) -> tuple[ClientOrigin, ...]:
        """The clients; imagined ones where no proxy is known."""
        if self._clients is not None:
            proxies = (Proxy(client, self._client_namespace) for client in self._clients)
            return tuple(ClientOrigin(proxy) for proxy in proxies)
        return find_origins(self.view, self._builder) or self.imagined

    @cached_property
    def imagined(self) -> tuple[ClientOrigin, ...]:
        """A client in each locality that nodes of the local cluster are in."""
        return imagine(self.view, self._client_namespace)

    def cases(self, service: Service) -> tuple[TrafficCase, ...]:
        """Every client that is not a part of the service, with each of its ports and subsets."""
        key = (service.host, service.namespace)
        if key not in self._cases:
            own = self.endpoint_names(service)
            origins = [each for each in self.origins if not each.names or each.names - own]
            self._cases[key] = tuple(
                case
                for origin in origins or self.imagined
                for case in self._cases_from(origin, service)
            )
        return self._cases[key]

    def all_cases(self) -> t.Iterator[TrafficCase]:
        """The cases of all services."""
        return (case for service in self.services for case in self.cases(service))

    def cases_of(
        self, rule: Rule, policy: Policy, block: str = "loadBalancer"
    ) -> list[TrafficCase]:
        """The cases in which this block of this very policy counts."""
        source = f"{policy.source}.{block}"
        return [
            case
            for service in self.services_of(rule)
            for case in self.cases(service)
            if case.effective.rule is not None
            and rule.name in case.effective.rule.names
            # of several objects for one host, one gives the trafficPolicy
            and (policy.subset or case.effective.rule.policy_from == rule.name)
            and case.effective.sources.get(block) == source
            and case.subset == policy.subset
        ]

    def rules_for(self, service: Service, namespace: str) -> Rules:
        """Which rule is in effect in a namespace, and why others are not."""
        return self._builder.rules_for(service, namespace)

    def _visible(self, namespace: str, gateway: bool) -> t.Mapping[str, Service]:
        """By host, the definition that proxies in a namespace see."""
        key = (namespace, gateway)
        if key not in self._definitions:
            services = self.view.services
            choose = services.visible_to_gateway if gateway else services.visible
            self._definitions[key] = choose(namespace)
        return self._definitions[key]

    def _cases_from(self, origin: ClientOrigin, service: Service) -> t.Iterator[TrafficCase]:
        """Nothing for services that proxies do not balance."""
        proxy = replace(origin.proxy, namespace=origin.proxy.namespace or service.namespace)
        chosen = self._visible(proxy.namespace, proxy.gateway).get(service.host)
        if chosen is not service or service.resolution in (HEADLESS, NONE):
            return
        placed = replace(origin, proxy=proxy)
        for port in service.ports:
            for cluster in self._builder.clusters(proxy, service, port):
                yield TrafficCase(placed, cluster, self.drained)
