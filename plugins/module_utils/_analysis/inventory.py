# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that checks look at: rules, localities, services, workload entries."""

from __future__ import annotations

import typing as t
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    UNSPECIFIED,
    Suggestion,
    exists,
    observed_localities,
    suggest,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.rules import Rule, read_rule
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.workload_entries import (
    Entry,
    entries,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    WILDCARD,
    host_matches,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import Service


class Inventory:
    """The objects of one istiod's view, taken apart once."""

    def __init__(self, topology: Topology, local: str) -> None:
        self.topology = topology
        self.view = topology.view(local)
        self.local = self.view.mesh.local
        seen = {cluster.name for cluster in self.view.mesh.visible}
        # every cluster whose nodes are known; of those that this istiod does not watch, only the
        # nodes are of interest: they tell whether an imported endpoint's locality exists
        self.clusters: tuple[ClusterState, ...] = (
            *self.view.mesh.visible,
            *(state for name, state in topology.states.items() if name not in {*seen, local}),
        )
        self._names: dict[tuple[str, str], frozenset[str]] = {}
        self._covered: dict[str, list[Service]] = {}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(read_rule(obj) for obj in self.local.objects("DestinationRule"))

    @cached_property
    def observed_localities(self) -> dict[Locality, list[str]]:
        """Where nodes are and where labels put pods, with the clusters' names."""
        return observed_localities(self.clusters)

    @property
    def localities(self) -> t.Collection[Locality]:
        return self.observed_localities.keys()

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
    def unknown_localities(self) -> dict[str, Suggestion | None]:
        """The entries, by endpoint name, whose locality does not exist, with what was suggestion."""
        found: dict[str, Suggestion | None] = {}
        networks = {cluster.network for cluster in self.clusters if observed_localities([cluster])}
        for entry in self.entries:
            locality = parse_locality(entry.locality)
            if locality == UNSPECIFIED or not self.localities or exists(locality, self.localities):
                continue
            suggestion = suggest(entry.locality, self.localities)
            # an entry declares where it is; only on a network whose nodes are known, these decide
            decided = entry.network and entry.network in networks
            if decided or (suggestion is not None and suggestion.replaces(entry.locality)):
                found[entry.name] = suggestion
        return found

    @cached_property
    def trusted_localities(self) -> tuple[Locality, ...]:
        """Those that exist, and those of entries that nothing speaks against."""
        declared = {
            parse_locality(entry.locality)
            for entry in self.entries
            if entry.name not in self.unknown_localities and entry.locality
        }
        return tuple(sorted(declared.union(self.localities)))

    @property
    def services(self) -> tuple[Service, ...]:
        """Every definition of every host."""
        return self.view.services.all

    def services_of(self, rule: Rule) -> list[Service]:
        """The services that the rule's host covers."""
        host = rule.full_host
        if host not in self._covered:
            found = self._services_by_host.get(host, [])
            if host.startswith(WILDCARD):
                found = [each for each in self.services if host_matches(host, each.host)]
            self._covered[host] = found
        return self._covered[host]

    @cached_property
    def _services_by_host(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.services:
            found.setdefault(service.host, []).append(service)
        return found

    @cached_property
    def sound_rules(self) -> tuple[Rule, ...]:
        """The rules that can be read at all."""
        return tuple(
            rule for rule in self.rules if not any(each.unreadable for each in rule.policies)
        )

    def endpoint_names(self, service: Service) -> frozenset[str]:
        """The names of everything behind the service."""
        key = (service.host, service.namespace)
        if key not in self._names:
            self._names[key] = frozenset(
                endpoint.name
                for port in service.ports
                for endpoint in self.view.endpoints.of(service, port)
            )
        return self._names[key]

    @cached_property
    def services_by_endpoint(self) -> dict[str, list[Service]]:
        """The services that each endpoint is behind, by its name."""
        found: dict[str, list[Service]] = {}
        for service in self.services:
            for name in self.endpoint_names(service):
                found.setdefault(name, []).append(service)
        return found

    @cached_property
    def pods_by_node(self) -> dict[tuple[str, str], list[KubernetesObject]]:
        """The pods of each node, by the names of cluster and node."""
        found: dict[tuple[str, str], list[KubernetesObject]] = {}
        for cluster in self.clusters:
            for pod in cluster.objects("Pod"):
                node = str(spec_of(pod).get("nodeName") or "")
                found.setdefault((cluster.name, node), []).append(pod)
        return found
