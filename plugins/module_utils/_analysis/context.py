# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all checks look at, computed once. Private to this collection."""

from __future__ import annotations

import typing as t
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
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    EffectivePolicy,
    Rules,
    effective_policy,
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Client,
    Endpoint,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    matches_labels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    HEADLESS,
    NONE,
    Service,
    ServicePort,
)

_Key: t.TypeAlias = tuple[str, ...]


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
        self._found: dict[_Key, Rules] = {}
        self._backing: dict[_Key, tuple[tuple[Endpoint, ...], GroupedEndpoints]] = {}
        self._cases: dict[tuple[str, str], tuple[TrafficCase, ...]] = {}
        self._effective: dict[tuple[int, str, int, str], EffectivePolicy] = {}

    @cached_property
    def origins(self) -> tuple[ClientOrigin, ...]:
        """The clients; imagined ones where no proxy is known."""
        if self._clients is not None:
            return tuple(ClientOrigin(client, self._client_namespace) for client in self._clients)
        return find_origins(self.view) or self.imagined

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
                for case in self.cases_from(origin, service)
            )
        return self._cases[key]

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

    def cases_from(self, origin: ClientOrigin, service: Service) -> t.Iterator[TrafficCase]:
        """Nothing for services that sidecars do not balance."""
        namespace = origin.namespace or service.namespace
        if not service.visible_in(namespace) or service.resolution in (HEADLESS, NONE):
            return
        rules = self.rules_for(service, namespace, origin.client)
        subsets = rules.effective.subsets if rules.effective else ()
        for port in service.ports:
            for subset in ("", *(str(each["name"]) for each in subsets if each.get("name"))):
                yield self._case(origin, service, port, subset, rules)

    def rules_for(self, service: Service, namespace: str, client: Client | None = None) -> Rules:
        """Which rule is in effect, and why others are not."""
        labels = client.labels if client is not None and self._rules_select else {}
        key = (service.host, service.namespace, namespace, *map(repr, sorted(labels.items())))
        if key not in self._found:
            self._found[key] = find_rules(
                [rule.obj for rule in self.sound_rules],
                service.host,
                client_namespace=namespace,
                service_namespace=service.namespace,
                client_labels=labels,
                root_namespace=self.local.root_namespace,
            )
        return self._found[key]

    @cached_property
    def _rules_select(self) -> bool:
        return any((rule.obj.get("spec") or {}).get("workloadSelector") for rule in self.rules)

    def _policy(
        self, service: Service, port: ServicePort, subset: str, rules: Rules
    ) -> EffectivePolicy:
        # what rules_for answers lives as long as these facts, so its id is a name for it
        key = (id(rules), service.host, port.number, subset)
        if key not in self._effective:
            self._effective[key] = effective_policy(
                rules,
                service.host,
                port.number,
                subset,
                mesh=self.view.mesh.config,
                traffic_distribution=service.traffic_distribution,
            )
        return self._effective[key]

    def _case(
        self, origin: ClientOrigin, service: Service, port: ServicePort, subset: str, rules: Rules
    ) -> TrafficCase:
        effective = self._policy(service, port, subset, rules)
        mutual_tls = effective.mutual_tls
        labels = sorted(effective.subset_labels.items())
        key = (service.host, service.namespace, port.name, repr(mutual_tls), repr(labels))
        if key not in self._backing:
            endpoints = tuple(
                each
                for each in self.view.endpoints.of(service, port, mutual_tls)
                if matches_labels(effective.subset_labels, each.labels)
            )
            grouped = GroupedEndpoints(endpoints, self.view.network_gateways)
            self._backing[key] = (endpoints, grouped)
        endpoints, grouped = self._backing[key]
        return TrafficCase(
            origin=origin,
            service=service,
            port=port,
            subset=subset,
            rules=rules,
            effective=effective,
            endpoints=endpoints,
            grouped=grouped,
            gateways=self.view.network_gateways,
            drained=self.drained,
        )
