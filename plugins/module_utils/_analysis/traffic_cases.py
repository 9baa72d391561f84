# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic cases: one client and one Envoy cluster, with what the locality model says of them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import (
    OutboundCluster,
    Proxy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    LbMode,
    resolve_mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
    EffectivePolicy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    HEALTHY,
    Assignment,
    Client,
    Endpoint,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    ServicePort,
)


@dataclass(frozen=True)
class ClientOrigin:
    """A proxy that requests come from. Without a namespace, it is in each service's own."""

    proxy: Proxy
    # namespace/pod of each such client, if they are known pods; in parts, for there may be many
    name_sets: tuple[frozenset[str], ...] = ()
    # not only imagined
    real: bool = True
    # pods that do not count
    excluded: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset().union(*self.name_sets) - self.excluded

    @property
    def client(self) -> Client:
        return self.proxy.client

    @cached_property
    def locality(self) -> Locality:
        return parse_locality(self.client.locality)


@dataclass(frozen=True)
class TrafficCase:
    """A client and one of its Envoy clusters, with the endpoints that are drained."""

    origin: ClientOrigin
    cluster: OutboundCluster
    drained: frozenset[str]
    # whether endpoints are taken for healthy that are not
    healed: bool = False
    # why every endpoint closes the client's connections; empty where one does not
    refused: str = ""

    @property
    def service(self) -> Service:
        return self.cluster.service

    @property
    def port(self) -> ServicePort:
        return self.cluster.port

    @property
    def subset(self) -> str:
        return self.cluster.subset

    @property
    def effective(self) -> EffectivePolicy:
        return self.cluster.policy

    @property
    def policy(self) -> Policy:
        return self.cluster.policy.policy

    @property
    def rule_name(self) -> str:
        """The DestinationRule in effect; empty if there is none."""
        return self.effective.rule.name if self.effective.rule else ""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints before any locality rule."""
        return self.cluster.members.endpoints

    @property
    def assignment(self) -> Assignment:
        return self.cluster.assignment

    @cached_property
    def applied(self) -> LbMode:
        return resolve_mode(self.policy)

    @cached_property
    def now(self) -> Shares:
        """The shares as things are, with drained endpoints taken for dead."""
        found = expected_shares(self.assignment, unhealthy=self.drained)
        return replace(found, lost=found.lost or self.refused) if self.refused else found

    @cached_property
    def hosts(self) -> int:
        """How many endpoints the client's Envoy knows."""
        return sum(group.counts.hosts for group in self.assignment.groups)

    @cached_property
    def all_healthy(self) -> TrafficCase:
        """The same with every endpoint serving."""
        if not self.drained and all(each.health == HEALTHY for each in self.endpoints):
            return self
        endpoints = [healed(each) for each in self.endpoints]
        return replace(self.variant(endpoints=endpoints, drained=()), healed=True)

    @cached_property
    def unruled(self) -> TrafficCase:
        """The same without locality routing."""
        return self.variant(locality_lb={"enabled": False})

    def variant(
        self,
        *,
        locality_lb: t.Mapping[str, t.Any] | None = None,
        outlier_detection: t.Mapping[str, t.Any] | None = None,
        endpoints: t.Sequence[Endpoint] | None = None,
        drained: t.Collection[str] | None = None,
    ) -> TrafficCase:
        """The same client and service with another rule or other endpoints."""
        cluster = self.cluster.variant(
            locality_lb=locality_lb, outlier_detection=outlier_detection, endpoints=endpoints
        )
        remaining = self.drained if drained is None else frozenset(drained)
        return TrafficCase(self.origin, cluster, remaining, self.healed, self.refused)

    def moved(self, origin: ClientOrigin) -> TrafficCase:
        """The same seen by another client under the same rule."""
        return replace(self, origin=origin, cluster=self.cluster.variant(proxy=origin.proxy))

    @cached_property
    def shares(self) -> dict[str, float]:
        """The shares of localities, with what is drained now."""
        return self.now.by_locality()

    @cached_property
    def priorities(self) -> dict[str, int]:
        """The priority of each endpoint."""
        return {
            each.name or each.address: group.priority
            for group in self.assignment.groups
            for each in group.endpoints
        }


def healed(endpoint: Endpoint) -> Endpoint:
    return endpoint if endpoint.health == HEALTHY else replace(endpoint, health=HEALTHY)
