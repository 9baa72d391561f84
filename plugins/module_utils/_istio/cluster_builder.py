# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What istiod sends to proxies for each service port: the one place that computes it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common.addresses import is_ip_address
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_NAME,
    HOSTNAME,
    LEGACY_GATEWAY_NAME,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    WILDCARD,
    full_host,
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    PASSTHROUGH,
    build_load_assignment,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.split_horizon import (
    Dropped,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
    EffectivePolicy,
    effective_policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    matches_labels,
    namespace_of,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    DNS,
    DNS_ROUND_ROBIN,
    HEADLESS,
    NONE,
    Service,
    ServicePort,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its locality and labels, and the namespace whose rules and services it sees."""

    client: Client
    namespace: str
    # gateways balance over pods of headless Services, too; sidecars connect to the pod asked for
    gateway: bool = False


class Members(t.NamedTuple):
    """The endpoints of one Envoy cluster before any locality rule, and those left out."""

    endpoints: tuple[Endpoint, ...]
    grouped: GroupedEndpoints
    dropped: tuple[Dropped, ...] = ()

    @classmethod
    def of(cls, endpoints: t.Iterable[Endpoint], gateways: t.Sequence[NetworkGateway]) -> Members:
        found = tuple(endpoints)
        return cls(found, GroupedEndpoints(found, gateways))


@dataclass(frozen=True)
class OutboundCluster:
    """One Envoy cluster of a proxy: the policy in effect, and the endpoints that istiod sends."""

    proxy: Proxy
    service: Service
    port: ServicePort
    subset: str
    rules: Rules
    policy: EffectivePolicy
    members: Members
    gateways: tuple[NetworkGateway, ...]

    @cached_property
    def assignment(self) -> Assignment:
        """Priorities, weights and dropped endpoints."""
        found = build_load_assignment(self.proxy.client, self.members.grouped, self.policy.policy)
        return replace(
            found,
            dropped=(*self.members.dropped, *found.dropped),
            reasons=(*found.reasons, *_unbalanced_reasons(self.service, self.proxy)),
        )

    @property
    def one_request_a_connection(self) -> bool:
        """Does each request make a connection of its own?"""
        http = self.policy.connection_pool.get("http") or {}
        return http.get("maxRequestsPerConnection") == 1

    def variant(
        self,
        *,
        proxy: Proxy | None = None,
        locality_lb: Raw | None = None,
        outlier_detection: Raw | None = None,
        endpoints: t.Iterable[Endpoint] | None = None,
    ) -> OutboundCluster:
        """The same cluster for another proxy, with another rule or with other endpoints."""
        policy = self.policy.policy
        if locality_lb is not None:
            policy = replace(policy, locality_lb=locality_lb)
        if outlier_detection is not None:
            policy = replace(policy, outlier_detection=outlier_detection)
        members = self.members
        if endpoints is not None:
            members = Members.of(endpoints, self.gateways)._replace(dropped=members.dropped)
        return replace(
            self,
            proxy=proxy or self.proxy,
            policy=replace(self.policy, policy=policy),
            members=members,
        )


class ClusterBuilder:
    """Builds the Envoy clusters of one istiod's proxies.

    Rules, policies and endpoint groups that several proxies share are computed once.
    ``destination_rules`` are those of the local cluster by default.
    """

    def __init__(
        self, view: PushContext, destination_rules: t.Sequence[KubernetesObject] | None = None
    ) -> None:
        self._view = view
        if destination_rules is None:
            destination_rules = view.mesh.local.objects("DestinationRule")
        self._destination_rules = destination_rules
        self._rules: dict[t.Hashable, Rules] = {}
        self._policies: dict[t.Hashable, EffectivePolicy] = {}
        self._members: dict[t.Hashable, Members] = {}

    def rules_for(
        self, service: Service, namespace: str, labels: t.Mapping[str, str] | None = None
    ) -> Rules:
        """The DestinationRule that clients follow for the service, and those that they do not."""
        selecting = labels if labels and self.rules_select_clients else {}
        key = (service.host, service.namespace, namespace, *sorted(selecting.items()))
        if key not in self._rules:
            self._rules[key] = find_rules(
                self._candidates(service.host),
                service.host,
                client_namespace=namespace,
                service_namespace=service.namespace,
                client_labels=selecting,
                root_namespace=self._view.mesh.local.root_namespace,
                default_export=self._view.mesh.config.get("defaultDestinationRuleExportTo"),
            )
        return self._rules[key]

    def cluster(
        self,
        proxy: Proxy,
        service: Service,
        port: ServicePort,
        subset: str = "",
        *,
        only_mtls: bool = False,
    ) -> OutboundCluster:
        """One cluster. Raises NotFound for a subset that the rule in effect does not define."""
        rules = self.rules_for(service, proxy.namespace, proxy.client.labels)
        policy = self._policy(proxy, service, port, subset, rules)
        return OutboundCluster(
            proxy=proxy,
            service=service,
            port=port,
            subset=subset,
            rules=rules,
            policy=policy,
            members=self._members_of(proxy, service, port, policy, only_mtls),
            gateways=self._view.network_gateways,
        )

    def clusters(
        self, proxy: Proxy, service: Service, port: ServicePort, *, only_mtls: bool = False
    ) -> t.Iterator[OutboundCluster]:
        """The clusters of a port: the one without a subset, then one for each subset."""
        rules = self.rules_for(service, proxy.namespace, proxy.client.labels)
        subsets = rules.effective.subsets if rules.effective else ()
        for subset in ("", *(str(each["name"]) for each in subsets if each.get("name"))):
            yield self.cluster(proxy, service, port, subset, only_mtls=only_mtls)

    def client_key(self, proxy: Proxy) -> t.Hashable:
        """The traits of a proxy that decide: proxies with equal keys get equal clusters."""
        client = proxy.client
        traits = (proxy.namespace, proxy.gateway, client.locality, client.network, client.cluster)
        names = self._compared_labels + (self._gateway_labels if proxy.gateway else ())
        labels = tuple(client.labels.get(name) for name in names)
        node = client.node if self._compares_nodes else ""
        return *traits, client.network_view, client.ip_families, node, labels

    @cached_property
    def _compared_labels(self) -> tuple[str, ...]:
        """The labels of clients that rules, routes and Sidecars ask for."""
        sources = [self._view.mesh.config, *map(spec_of, self._destination_rules)]
        entries = {name for each in sources for name in nested_texts(each, "failoverPriority")}
        selectors = [spec_of(rule).get("workloadSelector") for rule in self._destination_rules]
        selected = {name for each in selectors for name in (each or {}).get("matchLabels") or {}}
        for sidecar in self._view.mesh.local.objects("Sidecar"):
            selected |= (
                (spec_of(sidecar).get("workloadSelector") or {}).get("labels") or {}
            ).keys()
        for virtual in self._view.virtual_services:
            for rule in (*virtual.http, *virtual.tcp, *virtual.tls):
                for match in rule.spec.get("match") or ():
                    selected |= (match.get("sourceLabels") or {}).keys()
        return tuple(sorted({str(entry).partition("=")[0] for entry in entries} | selected))

    @cached_property
    def _gateway_labels(self) -> tuple[str, ...]:
        """The labels of gateways that tell which Gateways, and so which routes, are theirs."""
        gateways = self._view.mesh.local.objects("Gateway")
        selected = {name for each in gateways for name in spec_of(each).get("selector") or {}}
        return tuple(sorted({*selected, GATEWAY_NAME, LEGACY_GATEWAY_NAME}))

    @cached_property
    def _compares_nodes(self) -> bool:
        services = self._view.services.all
        return HOSTNAME in self._compared_labels or any(
            each.node_local or each.traffic_distribution == "PreferSameNode" for each in services
        )

    def _candidates(self, host: str) -> list[KubernetesObject]:
        """The rules whose host covers this one, without looking at all others."""
        return [
            *self._rules_by_host.get(host, ()),
            *(
                rule
                for pattern in self._wildcards
                if host_matches(pattern, host)
                for rule in self._rules_by_host[pattern]
            ),
        ]

    @cached_property
    def _wildcards(self) -> list[str]:
        return [host for host in self._rules_by_host if host.startswith(WILDCARD)]

    @cached_property
    def _rules_by_host(self) -> dict[str, list[KubernetesObject]]:
        found: dict[str, list[KubernetesObject]] = {}
        for rule in self._destination_rules:
            host = full_host(str(spec_of(rule).get("host") or ""), namespace_of(rule) or "default")
            found.setdefault(host, []).append(rule)
        return found

    @cached_property
    def rules_select_clients(self) -> bool:
        """Is there a rule for some of the clients only?"""
        return any(spec_of(rule).get("workloadSelector") for rule in self._destination_rules)

    def _policy(
        self, proxy: Proxy, service: Service, port: ServicePort, subset: str, rules: Rules
    ) -> EffectivePolicy:
        # the rules live as long as this builder, so their id is a name for them
        key = (id(rules), service.host, service.namespace, port.number, subset, proxy.gateway)
        if key not in self._policies:
            found = effective_policy(
                rules,
                service.host,
                port.number,
                subset,
                mesh=self._view.mesh.config,
                traffic_distribution=service.traffic_distribution,
            )
            policy = _for_resolution(found.policy, service, proxy)
            self._policies[key] = replace(found, policy=policy)
        return self._policies[key]

    def _members_of(
        self,
        proxy: Proxy,
        service: Service,
        port: ServicePort,
        policy: EffectivePolicy,
        only_mtls: bool,
    ) -> Members:
        node = NodeRef(proxy.client.cluster, proxy.client.node) if service.node_local else None
        key = (
            *(service.host, service.namespace, port.name, policy.mutual_tls, only_mtls, node),
            service.resolution,
            *sorted(policy.subset_labels.items()),
        )
        if key not in self._members:
            kept: list[Endpoint] = []
            dropped: list[Dropped] = []
            for endpoint in self._view.endpoints.of(service, port, policy.mutual_tls):
                reason = _exclusion_reason(endpoint, service, node, policy, only_mtls)
                if reason:
                    dropped.append((endpoint, reason))
                else:
                    kept.append(endpoint)
            members = Members.of(kept, self._view.network_gateways)
            self._members[key] = members._replace(dropped=tuple(dropped))
        return self._members[key]


def nested_texts(value: t.Any, name: str) -> t.Iterator[str]:
    """The texts in every list under this key, however deep, in fields that nobody has checked, too."""
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            if key != name:
                yield from nested_texts(item, name)
            elif isinstance(item, (list, tuple)):
                yield from map(str, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from nested_texts(item, name)


class NodeRef(t.NamedTuple):
    """The node that a client's requests stay on."""

    cluster: str
    # empty where the client is described, not a pod
    name: str


def _exclusion_reason(
    endpoint: Endpoint,
    service: Service,
    node: NodeRef | None,
    policy: EffectivePolicy,
    only_mtls: bool,
) -> str:
    if not matches_labels(policy.subset_labels, endpoint.labels):
        return "it lacks the labels of the subset"
    if only_mtls and not endpoint.mtls:
        return "it does not speak mTLS, which a passthrough gateway needs"
    if service.resolution not in (DNS, DNS_ROUND_ROBIN) and not _sendable(endpoint):
        return "it is a host name, which istiod sends for resolution DNS only"
    if node and node.name and (endpoint.cluster, endpoint.node) != node:
        return "internalTrafficPolicy Local keeps requests on the client's node"
    return ""


def _sendable(endpoint: Endpoint) -> bool:
    return not endpoint.address or not endpoint.port or is_ip_address(endpoint.address)


def _for_resolution(policy: Policy, service: Service, proxy: Proxy) -> Policy:
    """The policy as it works for how Envoy finds this service's endpoints."""
    if _unbalanced_reasons(service, proxy):
        return replace(policy, load_balancer=PASSTHROUGH)
    if service.resolution in (DNS, DNS_ROUND_ROBIN) and policy.outlier_detection is None:
        # for names that Envoy resolves, the mesh's default counts as the rule's own
        return replace(policy, outlier_detection=policy.mesh_outlier_detection)
    return policy


def _unbalanced_reasons(service: Service, proxy: Proxy) -> tuple[str, ...]:
    """Why the proxy does not balance the service; empty where it does."""
    if proxy.gateway:
        # a gateway accepts connections at addresses of its own, so none tells where they are for
        return ()
    if service.resolution == NONE:
        return ("its ServiceEntry resolves NONE",)
    if service.resolution == HEADLESS:
        return ("a headless Service: sidecars connect to the pod that the client asked for",)
    return ()


def ports_of(service: Service, name_or_number: t.Any = None) -> tuple[ServicePort, ...]:
    """The port with this number or name, or all."""
    if name_or_number in (None, ""):
        return service.ports
    text = str(name_or_number)
    return tuple(port for port in service.ports if text in (str(port.number), port.name))
