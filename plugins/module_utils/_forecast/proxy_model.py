# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client's sidecar does with requests to one service port: hosts, retries, time limits."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.eastwest.mesh.plugins.module_utils._common import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.http_routes import retry_policy
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.effective_shares import (
    address_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.outlier_detector import (
    OutlierPolicy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    EXACT,
    expected_shares,
)

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
        ServiceForecast,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import (
        PodKey,
        Topology,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
        Assignment,
    )

Raw: t.TypeAlias = t.Mapping[str, t.Any]

_SERVER_ERRORS = frozenset(range(500, 600))
_GATEWAY_ERRORS = frozenset((502, 503, 504))


@dataclass(frozen=True, slots=True)
class Retries:
    """Which failures are tried again, and how often."""

    attempts: int = 0
    connections: bool = False
    # of answers
    statuses: frozenset[int] = frozenset()
    timeouts: bool = False
    # whether another host is looked for
    other_hosts: bool = False
    backoff_ms: float = 25.0
    try_timeout_ms: float | None = None

    @classmethod
    def of(cls, policy: Raw | None, default: Raw | None) -> Retries:
        """Return what a VirtualService's ``retries`` says, with the mesh's and istiod's defaults."""
        config: Raw = retry_policy(policy, default)
        if not config:
            return cls()
        conditions = str(config["retry_on"]).split(",")
        statuses = frozenset(config.get("retriable_status_codes") or ())
        if "5xx" in conditions:
            statuses |= _SERVER_ERRORS
        if "gateway-error" in conditions:
            statuses |= _GATEWAY_ERRORS
        base = (config.get("retry_back_off") or {}).get("base_interval")
        limit = config.get("per_try_timeout")
        return cls(
            attempts=int(config["num_retries"]),
            connections=bool({"connect-failure", "5xx", "gateway-error", "reset"} & {*conditions}),
            statuses=statuses,
            timeouts=bool({"5xx", "gateway-error", "reset"} & {*conditions}),
            other_hosts="retry_host_predicate" in config,
            backoff_ms=durations.seconds(base) * 1000 if base else 25.0,
            try_timeout_ms=durations.seconds(limit) * 1000 if limit else None,
        )


@dataclass(frozen=True)
class ProxyModel:
    """A sidecar and the hosts of one Envoy cluster. Times in milliseconds."""

    assignment: Assignment
    policy: OutlierPolicy
    retries: Retries
    connect_timeout_ms: float
    # of the whole request; None: none
    timeout_ms: float | None
    one_request_a_connection: bool
    # hosts by the pods behind them: a gateway has all of its pods
    pods: t.Mapping[str, frozenset[PodKey]]
    # hosts that nothing encrypted protects: a connection to a hung one counts as made
    plain: frozenset[str]
    # hosts that are out before the sample, and those that refuse connections
    ejected: frozenset[str]
    refusing: frozenset[str]
    # pods that are reached through gateways only
    behind_gateways: frozenset[PodKey]

    @cached_property
    def priorities(self) -> dict[str, int]:
        """The priority of each host."""
        shares = expected_shares(self.assignment)
        return {address_of(each.endpoint): each.priority for each in shares.endpoints}

    def shares(self, unhealthy: frozenset[str]) -> tuple[list[tuple[str, float]], bool]:
        """Return the hosts with their shares, and whether a scheduler keeps them exactly."""
        shares = expected_shares(self.assignment, unhealthy=unhealthy)
        found = [(address_of(each.endpoint), each.share) for each in shares.endpoints if each.share]
        return found, shares.model == EXACT


def proxy_model(topology: Topology, forecast: ServiceForecast) -> ProxyModel:
    """Return the model of the client's sidecar for one destination of its requests."""
    outbound, via = forecast.outbound, forecast.via
    assignment = outbound.assignment
    endpoints = [each for group in assignment.groups for each in group.endpoints]
    route: Raw = via.route.spec if via else {}
    default = topology.view(forecast.client.cluster).mesh.config.get("defaultHttpRetryPolicy")
    pods: dict[str, frozenset[PodKey]] = {}
    for each in endpoints:
        gateway = topology.gateway_at(each.address, each.port) if each.gateway else None
        if gateway:
            keys = [(gateway.cluster, _namespace(pod), _name(pod)) for pod in gateway.pods]
        else:
            namespace, _slash, name = each.name.partition("/")
            keys = [(each.cluster, namespace, name)]
        pods[address_of(each)] = frozenset(keys)
    disabled = (outbound.policy.tls or {}).get("mode") == "DISABLE"
    return ProxyModel(
        assignment=assignment,
        policy=OutlierPolicy.of(assignment.outlier_detection, len(pods)),
        retries=Retries.of(route.get("retries"), default),
        connect_timeout_ms=durations.seconds(outbound.policy.connect_timeout) * 1000,
        timeout_ms=durations.seconds(str(route["timeout"])) * 1000
        if route.get("timeout")
        else None,
        one_request_a_connection=outbound.one_request_a_connection,
        pods=pods,
        plain=frozenset(address_of(each) for each in endpoints if disabled or not each.mtls),
        ejected=forecast.effective.ejected,
        refusing=frozenset(address_of(each) for each in endpoints if topology.is_drained(each)),
        behind_gateways=frozenset(
            (each.cluster, each.namespace, each.name) for each in forecast.destinations if each.via
        ),
    )


def _namespace(pod: Raw) -> str:
    return str(pod["metadata"].get("namespace") or "")


def _name(pod: Raw) -> str:
    return str(pod["metadata"]["name"])
