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

from ansible_collections.eastwest.mesh.plugins.module_utils.locality.assign import assign
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.destination_rule import Rules
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.grouping import (
    GroupedEndpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.parse import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.setting import (
    Applied,
    what_applies,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.shares import (
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.traffic_policy import (
    EffectivePolicy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.locality.types import (
    HEALTHY,
    Assignment,
    Client,
    Endpoint,
    NetworkGateway,
    Policy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils.registry.services import (
    Service,
    ServicePort,
)


@dataclass(frozen=True)
class Origin:
    """Where requests come from."""

    client: Client
    namespace: str
    # namespace/pod of one such client, empty for one that is only imagined
    name: str = ""

    @cached_property
    def locality(self) -> Locality:
        return parse_locality(self.client.locality)


@dataclass(frozen=True)
class Case:
    """One client and one Envoy cluster: host, port, subset."""

    origin: Origin
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
    def applied(self) -> Applied:
        return what_applies(self.policy)

    @cached_property
    def assignment(self) -> Assignment:
        return assign(self.origin.client, self.grouped, self.policy)

    @cached_property
    def now(self) -> Shares:
        """The shares as things are, with what is drained taken for dead."""
        return expected_shares(self.assignment, unhealthy=self.drained)

    @cached_property
    def intact(self) -> Shares:
        """The shares if every endpoint served."""
        if not self.drained and all(each.health == HEALTHY for each in self.endpoints):
            return self.now
        return self.what_if(endpoints=[healed(each) for each in self.endpoints])

    def what_if(
        self,
        *,
        locality_lb: t.Mapping[str, t.Any] | None = None,
        policy: Policy | None = None,
        endpoints: t.Sequence[Endpoint] | None = None,
        drained: t.Collection[str] = (),
    ) -> Shares:
        """The shares with another rule or other endpoints; nothing is drained unless named."""
        policy = policy or self.policy
        if locality_lb is not None:
            policy = replace(policy, locality_lb=locality_lb)
        if endpoints is None:
            assignment = assign(self.origin.client, self.grouped, policy)
        else:
            assignment = assign(self.origin.client, endpoints, policy, self.gateways)
        return expected_shares(assignment, unhealthy=drained)


def healed(endpoint: Endpoint) -> Endpoint:
    return endpoint if endpoint.health == HEALTHY else replace(endpoint, health=HEALTHY)
