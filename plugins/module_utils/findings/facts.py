# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all checks look at, computed once. Private to this collection."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils.findings.cases import Case, Origin
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.entries import (
    Entry,
    entries,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.places import (
    ALIKE,
    NOWHERE,
    Guess,
    exists,
    guess,
    real_localities,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.findings.rules import (
    Policy,
    Rule,
    read_rule,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.destination_rule import (
    Rules,
    effective_policy,
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.rule_hosts import covers
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import Client, Endpoint
from ansible_collections.eastwest.mesh.plugins.module_utils.registry import gateways, proxies
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.localities import node_locality
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.services import (
    Service,
    ServicePort,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.state import (
    ClusterState,
    KubernetesObject,
    labels_of,
    name_of,
    namespace_of,
    selects,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.view import View
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.workloads import has_address

_Key: t.TypeAlias = tuple[str, ...]


class Facts:
    """One istiod's view, its rules taken apart, and the clients to look from."""

    def __init__(
        self,
        view: View,
        *,
        drained: t.Collection[str] = (),
        clients: t.Iterable[Client] | None = None,
        client_namespace: str = "",
        others: t.Iterable[ClusterState] = (),
    ) -> None:
        self.view = view
        self.local = view.mesh.local
        self.drained = frozenset(drained) - {""}
        self._clients = None if clients is None else tuple(clients)
        self._client_namespace = client_namespace
        seen = {cluster.name for cluster in view.mesh.visible}
        # every cluster whose nodes are known
        self.clusters: tuple[ClusterState, ...] = (
            *view.mesh.visible,
            *(cluster for cluster in others if cluster.name not in seen),
        )
        self._found: dict[_Key, Rules] = {}
        self._backing: dict[_Key, tuple[tuple[Endpoint, ...], GroupedEndpoints]] = {}
        self._cases: dict[tuple[str, str], tuple[Case, ...]] = {}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(read_rule(obj) for obj in self.local.objects("DestinationRule"))

    @cached_property
    def real_localities(self) -> dict[Locality, list[str]]:
        """Where nodes are and where labels put pods, with the clusters' names."""
        return real_localities(self.clusters)

    @property
    def localities(self) -> t.Collection[Locality]:
        return self.real_localities.keys()

    @cached_property
    def regions(self) -> list[str]:
        return list(dict.fromkeys(each.region for each in self.localities if each.region))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every WorkloadEntry, and every endpoint written into a ServiceEntry."""
        return tuple(
            entry
            for cluster in self.view.mesh.visible
            for entry in entries(cluster, service_entries=cluster is self.local)
        )

    @cached_property
    def misnamed(self) -> dict[str, Guess | None]:
        """The entries, by endpoint name, whose locality does not exist, with what was meant."""
        found: dict[str, Guess | None] = {}
        networks = {cluster.network for cluster in self.clusters if real_localities([cluster])}
        for entry in self.entries:
            locality = parse_locality(entry.locality)
            if locality == NOWHERE or not self.localities or exists(locality, self.localities):
                continue
            meant = guess(entry.locality, self.localities)
            # what is on a network whose nodes are not known may well be in a place of its own
            foreign = entry.network and entry.network not in networks
            if not foreign or (meant is not None and meant.kind != ALIKE):
                found[entry.name] = meant
        return found

    @cached_property
    def trusted_localities(self) -> frozenset[Locality]:
        """Those that exist, and those of entries that nothing speaks against."""
        return frozenset(self.localities) | {
            parse_locality(entry.locality)
            for entry in self.entries
            if entry.name not in self.misnamed and entry.locality
        }

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """One definition of each host."""
        by_host: dict[str, Service] = {}
        for service in self.view.services.all:
            known = by_host.get(service.host)
            if known is None or (known.kind != "Service" and service.kind == "Service"):
                by_host[service.host] = service
        return tuple(by_host.values())

    def services_of(self, rule: Rule) -> list[Service]:
        return [each for each in self.services if covers(rule.full_host, each.host)]

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """The clients, one for each place and namespace; imagined ones where no proxy is known."""
        if self._clients is not None:
            return tuple(Origin(client, self._client_namespace) for client in self._clients)
        found: dict[t.Hashable, Origin] = {}
        for pod in self.local.objects("Pod"):
            if has_address(pod) and self._asks(pod):
                client = self.view.client(pod)
                key = (namespace_of(pod), client.locality, client.network, client.network_view)
                name = f"{namespace_of(pod)}/{name_of(pod)}"
                found.setdefault(key, Origin(client, namespace_of(pod), name))
        return tuple(found.values()) or self.imagined

    @cached_property
    def imagined(self) -> tuple[Origin, ...]:
        """A client in each locality that nodes of the local cluster are in."""
        localities = {node_locality(labels_of(node)) for node in self.local.objects("Node")}
        return tuple(self.imagine(each) for each in sorted(localities - {""}))

    def imagine(self, locality: str) -> Origin:
        client = Client(locality, network=self.local.network, cluster=self.local.name)
        return Origin(client, self._client_namespace, real=False)

    def _asks(self, pod: KubernetesObject) -> bool:
        """Does its proxy choose endpoints? An east-west gateway only passes connections on."""
        role = proxies.proxy_role(pod)
        if role != proxies.ROUTER:
            return bool(role)
        servers = gateways.gateway_servers(self.local, pod)
        return any(server.tls_mode != gateways.AUTO_PASSTHROUGH for server in servers)

    def cases(self, service: Service) -> tuple[Case, ...]:
        """Every client that is not a part of the service, with each of its ports and subsets."""
        key = (service.host, service.namespace)
        if key not in self._cases:
            own = {
                endpoint.name
                for port in service.ports
                for endpoint in self.view.endpoints.of(service, port)
            }
            origins = [each for each in self.origins if each.name not in own]
            self._cases[key] = tuple(
                case for origin in origins for case in self.cases_from(origin, service)
            )
        return self._cases[key]

    def cases_of(self, rule: Rule, policy: Policy, block: str = "loadBalancer") -> list[Case]:
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

    def cases_from(self, origin: Origin, service: Service) -> t.Iterator[Case]:
        namespace = origin.namespace or service.namespace
        if not service.visible_in(namespace):
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
    def sound_rules(self) -> tuple[Rule, ...]:
        """The rules that can be read at all."""
        return tuple(
            rule for rule in self.rules if not any(each.unreadable for each in rule.policies)
        )

    @cached_property
    def _rules_select(self) -> bool:
        return any((rule.obj.get("spec") or {}).get("workloadSelector") for rule in self.rules)

    def _case(
        self, origin: Origin, service: Service, port: ServicePort, subset: str, rules: Rules
    ) -> Case:
        effective = effective_policy(
            rules,
            service.host,
            port.number,
            subset,
            mesh=self.view.mesh.config,
            traffic_distribution=service.traffic_distribution,
        )
        mutual_tls = effective.mutual_tls
        key = (service.host, service.namespace, port.name, repr(mutual_tls), subset)
        if key not in self._backing:
            endpoints = tuple(
                each
                for each in self.view.endpoints.of(service, port, mutual_tls)
                if selects(effective.subset_labels, each.labels)
            )
            grouped = GroupedEndpoints(endpoints, self.view.network_gateways)
            self._backing[key] = (endpoints, grouped)
        endpoints, grouped = self._backing[key]
        return Case(
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
