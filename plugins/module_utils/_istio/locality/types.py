# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the locality model works on and what it answers."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    GATEWAY_MTLS_PORT,
)

HEALTHY = "HEALTHY"
UNHEALTHY = "UNHEALTHY"
DRAINING = "DRAINING"
TERMINATING = "TERMINATING"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that a service's requests can be sent to, as istiod knows it.

    ``locality`` is the raw string (``region/zone/subzone``, parts may be missing): istiod groups
    endpoints by that string. ``name`` is ``namespace/pod`` or ``namespace/workloadentry``.
    """

    address: str
    port: int = 0
    locality: str = ""
    weight: int = 1
    labels: t.Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    cluster: str = ""
    health: str = HEALTHY
    mtls: bool = True
    name: str = ""
    # namespace/serviceAccount, "" when unknown: the peer identity that the client accepts
    service_account: str = ""
    node: str = ""
    # a network's gateway that stands for endpoints behind it: no label tells its locality
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """The proxy for which istiod computes: a sidecar or a gateway."""

    locality: str = ""
    labels: t.Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    cluster: str = ""
    # networks that ISTIO_META_REQUESTED_NETWORK_VIEW names; empty: all
    network_view: frozenset[str] = frozenset()
    node: str = ""
    # the address families that it can reach gateways by: 4, 6 or both; empty: unknown, so both
    ip_families: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class NetworkGateway:
    """A gateway through which one network's endpoints are reached from other networks."""

    network: str
    address: str
    port: int = GATEWAY_MTLS_PORT
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The load-balancing policy in effect for one host, port and subset, seen by one client.

    The settings are the mappings that users write in YAML, not checked here.
    """

    locality_lb: t.Mapping[str, t.Any] | None = None
    mesh_locality_lb: t.Mapping[str, t.Any] | None = field(
        default_factory=lambda: {"enabled": True}
    )
    outlier_detection: t.Mapping[str, t.Any] | None = None
    # LEAST_REQUEST, ROUND_ROBIN, RANDOM, PASSTHROUGH or CONSISTENT_HASH
    load_balancer: str = "LEAST_REQUEST"
    # the Service's trafficDistribution: "", PreferClose, PreferSameZone or PreferSameNode
    traffic_distribution: str = ""
    zone_aware_lb: t.Mapping[str, t.Any] | None = None
    mesh_zone_aware_lb: t.Mapping[str, t.Any] | None = None
    # MeshConfig.defaultTrafficPolicy's: ejects hosts, but istiod sets no priorities because of it
    mesh_outlier_detection: t.Mapping[str, t.Any] | None = None


class Summary(t.NamedTuple):
    """Count over the endpoints of one group, kept so that nobody walks over them again."""

    hosts: int
    healthy: int
    # sums of the endpoints' weights
    weight: int
    healthy_weight: int

    def plus(self, other: Summary) -> Summary:
        """Return the counts over the endpoints of both."""
        return Summary(
            self.hosts + other.hosts,
            self.healthy + other.healthy,
            self.weight + other.weight,
            self.healthy_weight + other.healthy_weight,
        )


NO_HOSTS = Summary(0, 0, 0, 0)


def summarize(endpoints: t.Iterable[Endpoint]) -> Summary:
    """Count the endpoints; weight 0 counts 1, as istiod makes it 1."""
    hosts = healthy = weight = healthy_weight = 0
    for endpoint in endpoints:
        hosts += 1
        own = endpoint.weight or 1
        weight += own
        if endpoint.health == HEALTHY:
            healthy += 1
            healthy_weight += own
    return Summary(hosts, healthy, weight, healthy_weight)


@dataclass(frozen=True, slots=True)
class LocalityGroup:
    """One ``LocalityLbEndpoints`` message: endpoints of one locality string at one priority.

    ``weight`` is None where istiod sends none. A group may be empty: ``distribute`` emptied it.
    """

    locality: str
    priority: int
    weight: int | None
    endpoints: tuple[Endpoint, ...]
    # why it has this priority, or this weight
    reason: str = ""
    summary: Summary | None = None
    # False: none of its addresses stands anywhere else, too
    repeats: bool = True

    @property
    def counts(self) -> Summary:
        """The counts over the endpoints, however the group came about."""
        return summarize(self.endpoints) if self.summary is None else self.summary


@dataclass(frozen=True, slots=True)
class Assignment:
    """istiod's answer for one client and one Envoy cluster."""

    groups: tuple[LocalityGroup, ...]
    locality_weighted: bool = False
    # healthy_panic_threshold in percent
    panic_threshold: float = 0.0
    load_balancer: str = "LEAST_REQUEST"
    # (endpoint, why istiod leaves it out)
    dropped: tuple[tuple[Endpoint, str], ...] = ()
    # set where istiod's own answer depends on map order
    nondeterministic: bool = False
    zone_aware: bool = False
    # what ejects hosts in Envoy: the rule's outlier detection or the mesh's default
    outlier_detection: t.Mapping[str, t.Any] | None = None
    # where the decision comes from, in the order of deciding
    reasons: tuple[str, ...] = ()
