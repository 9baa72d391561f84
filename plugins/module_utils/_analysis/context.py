# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of all checks: clients, rules in effect and traffic cases, computed once."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.clients import (
    OriginGroup,
    OriginSpace,
    find_origins,
    imagine_clients,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.inventory import Inventory
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Policy, Rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    ClientOrigin,
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    ClusterBuilder,
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.gateway_route_builder import (
    routed_hosts,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    HEADLESS,
    NONE,
    Service,
)


class AnalysisContext(Inventory):
    """The inventory, the clients to look from, and what each of them sees.

    Without ``clients``, these are the proxies of the local cluster, those that a forecast is made
    for and, for findings not to depend on what happens to run, one in each locality of its nodes.
    With ``imagine=False`` the latter count only for services that no proxy asks for.
    """

    def __init__(
        self,
        topology: Topology,
        local: str,
        *,
        clients: t.Iterable[Client] | None = None,
        client_namespace: str = "",
        forecast_clients: t.Iterable[ClientOrigin] = (),
        imagine: bool = True,
    ) -> None:
        super().__init__(topology, local)
        self._imagine = imagine
        self._clients = None if clients is None else tuple(clients)
        self._client_namespace = client_namespace
        self._forecast_clients = tuple(forecast_clients)
        self._cases: dict[tuple[str, str], tuple[TrafficCase, ...]] = {}
        self._routed: dict[int, list[ServiceForecast]] = {}
        self._routed_hosts: dict[t.Hashable, frozenset[str]] = {}

    @cached_property
    def _builder(self) -> ClusterBuilder:
        return ClusterBuilder(self.view, [rule.obj for rule in self.sound_rules])

    @cached_property
    def origins(self) -> tuple[ClientOrigin, ...]:
        """The clients, known proxies first."""
        if self._clients is not None:
            proxies = (Proxy(client, self._client_namespace) for client in self._clients)
            return tuple(ClientOrigin(proxy) for proxy in proxies)
        known = find_origins(self.view, self._builder)
        return (*known, *self._forecast_clients, *self.imagined)

    @cached_property
    def imagined(self) -> tuple[ClientOrigin, ...]:
        """A client in each locality that nodes of the local cluster are in."""
        return imagine_clients(self.view, self._client_namespace)

    def cases(self, service: Service) -> tuple[TrafficCase, ...]:
        """The clients outside of the service, with each of its ports and subsets.

        Clients that the same rule treats alike are one, whatever their namespaces.
        """
        key = (service.host, service.namespace)
        if key not in self._cases:
            self._cases[key] = tuple(
                self._case(origin, cluster)
                for origin in self._origins_of(service)
                for port in service.ports
                for cluster in self._builder.clusters(origin.proxy, service, port)
            )
        return self._cases[key]

    def routed(self, case: TrafficCase) -> t.Sequence[ServiceForecast]:
        """The forecasts of the destinations that routes have for the case; none without routes."""
        # cases live as long as this context, so their ids are names for them
        if id(case) not in self._routed:
            client = ForecastClient(case.origin.proxy, self.local.name, "")
            target = ServiceTarget(case.service, case.port)
            self._routed[id(case)] = forecast_routes(self.topology, client, target)
        return self._routed[id(case)]

    def whole(self, case: TrafficCase) -> TrafficCase:
        """The same client and port without a subset."""
        cluster = self._builder.cluster(case.origin.proxy, case.service, case.port)
        return self._case(case.origin, cluster)

    def _case(self, origin: ClientOrigin, cluster: OutboundCluster) -> TrafficCase:
        refused = self.topology.plain_to_strict(cluster)
        return TrafficCase(origin, cluster, self._drained_addresses(cluster), refused=refused)

    def _origins_of(self, service: Service) -> t.Iterator[ClientOrigin]:
        own = self.endpoint_names(service)
        found = list(self._grouped(service, own, real=True))
        if self._imagine or not found:
            found = list(self._grouped(service, own, real=None if self._imagine else False))
        for first, names in found:
            proxy = first.proxy
            if not proxy.namespace:
                proxy = replace(proxy, namespace=service.namespace)
            yield ClientOrigin(proxy, names, first.real, own)

    def _grouped(
        self, service: Service, own: frozenset[str], real: bool | None
    ) -> t.Iterator[tuple[ClientOrigin, tuple[frozenset[str], ...]]]:
        """Those that the same rule treats alike, as the first of them and the names of all."""
        alike: dict[t.Hashable, list[OriginGroup]] = {}
        for space in self._spaces:
            if real is not None and space.real != real:
                continue
            namespace = space.namespace or service.namespace
            selecting = self.view.scopes.select_clients
            if not selecting and not self._balances(namespace, space.gateway, service):
                continue
            shared = None
            if not self._builder.rules_select_clients:
                shared = self._builder.rules_for(service, namespace)
            for group in space.groups:
                # only pods of a service's own namespace can be behind it
                if namespace == service.namespace and group.is_within(own):
                    continue
                if space.gateway and not self._is_routed(group.first.proxy, service):
                    continue
                labels = group.first.client.labels
                if selecting and not self._balances(namespace, space.gateway, service, labels):
                    continue
                rules = shared or self._builder.rules_for(service, namespace, labels)
                ruled_by = rules.effective.names if rules.effective else ()
                alike.setdefault((ruled_by, group.traits), []).append(group)
        for first, *others in alike.values():
            yield first.first, tuple(name for each in (first, *others) for name in each.names)

    def _is_routed(self, proxy: Proxy, service: Service) -> bool:
        """Does a gateway lead to the service? One without any route, whose rules are elsewhere, may."""
        key = self._builder.client_key(proxy)
        if key not in self._routed_hosts:
            self._routed_hosts[key] = routed_hosts(self.view, proxy)
        hosts = self._routed_hosts[key]
        return not hosts or service.host in hosts

    @cached_property
    def _spaces(self) -> tuple[OriginSpace, ...]:
        """The clients by namespace, with what decides for them in every namespace."""
        found: dict[tuple[str, bool, bool], list[OriginGroup]] = {}
        for origin in self.origins:
            proxy = origin.proxy
            traits = self._builder.client_key(replace(proxy, namespace=""))
            key = (proxy.namespace, proxy.gateway, origin.real)
            found.setdefault(key, []).append(OriginGroup(origin, traits))
        return tuple(OriginSpace(*key, tuple(each)) for key, each in found.items())

    def _balances(
        self,
        namespace: str,
        gateway: bool,
        service: Service,
        labels: t.Mapping[str, str] | None = None,
    ) -> bool:
        """Do proxies there see this definition of the host, and balance its endpoints?"""
        scope = self.view.scopes.of(namespace, labels, gateway=gateway)
        return scope.sees(service) and service.resolution not in (HEADLESS, NONE)

    def client_namespaces(self, service: Service) -> list[str]:
        """The namespaces of the clients that see the service; imagined ones are in its own."""
        own = self.endpoint_names(service)
        found = {
            origin.proxy.namespace or service.namespace
            for origin in self.origins
            if not origin.names or origin.names - own
        }
        return sorted(filter(service.visible_in, found)) or [service.namespace]

    def _drained_addresses(self, cluster: OutboundCluster) -> frozenset[str]:
        if not self.topology.drained:
            return frozenset()
        return frozenset(
            f"{endpoint.address}:{endpoint.port}"
            for endpoint in cluster.members.endpoints
            if self.topology.is_drained(endpoint)
        )

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
