# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One client, one service port, and what the locality model says of them.

Private to this collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    LbMode,
    resolve_mode,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.load_assignment import (
    build_load_assignment,
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
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.services import (
    Service,
    ServicePort,
)


@dataclass(frozen=True)
class ClientOrigin:
    """Where requests come from."""

    client: Client
    namespace: str
    # namespace/pod of each such client, if they are known pods
    names: frozenset[str] = frozenset()
    # not only imagined
    real: bool = True

    @cached_property
    def locality(self) -> Locality:
        return parse_locality(self.client.locality)


@dataclass(frozen=True)
class TrafficCase:
    """One client and one Envoy cluster: host, port, subset."""

    origin: ClientOrigin
    service: Service
    port: ServicePort
    subset: str
    rules: Rules
    effective: EffectivePolicy
    endpoints: tuple[Endpoint, ...]
    grouped: GroupedEndpoints
    gateways: tuple[NetworkGateway, ...]
    drained: frozenset[str]

    @property
    def policy(self) -> Policy:
        return self.effective.policy

    @cached_property
    def applied(self) -> LbMode:
        return resolve_mode(self.policy)

    @cached_property
    def assignment(self) -> Assignment:
        return build_load_assignment(self.origin.client, self.grouped, self.policy)

    @cached_property
    def now(self) -> Shares:
        """The shares as things are, with what is drained taken for dead."""
        return expected_shares(self.assignment, unhealthy=self.drained)

    @cached_property
    def hosts(self) -> int:
        """How many endpoints the client's Envoy knows."""
        return sum(group.counts.hosts for group in self.assignment.groups)

    @cached_property
    def intact(self) -> TrafficCase:
        """The same with every endpoint serving."""
        if not self.drained and all(each.health == HEALTHY for each in self.endpoints):
            return self
        return self.variant(endpoints=[healed(each) for each in self.endpoints], drained=())

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
        policy = self.policy
        if locality_lb is not None:
            policy = replace(policy, locality_lb=locality_lb)
        if outlier_detection is not None:
            policy = replace(policy, outlier_detection=outlier_detection)
        changed = replace(self, effective=replace(self.effective, policy=policy))
        if endpoints is not None:
            grouped = GroupedEndpoints(endpoints, self.gateways)
            changed = replace(changed, endpoints=tuple(endpoints), grouped=grouped)
        if drained is not None:
            changed = replace(changed, drained=frozenset(drained))
        return changed

    def moved(self, origin: ClientOrigin) -> TrafficCase:
        """The same seen by another client under the same rule."""
        return replace(self, origin=origin)

    @cached_property
    def shares(self) -> dict[str, float]:
        """By locality, as things are."""
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
