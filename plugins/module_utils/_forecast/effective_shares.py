# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares while some endpoints refuse connections: ejected, retried elsewhere, or lost."""

from __future__ import annotations

import math
import typing as t
from collections import defaultdict
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.ejection import ejection
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    build_levels,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.shares import (
    RANDOM,
    EndpointShare,
    Shares,
    expected_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
)

# what arithmetic destinations over
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class EffectiveShares:
    """Shares of a proxy's requests while some endpoints refuse connections."""

    # before refusals that nothing ejects are retried
    shares: Shares
    endpoints: tuple[EndpointShare, ...]
    # address:port of endpoints that outlier detection takes out
    ejected: frozenset[str]
    # the part of all requests that fails, and why
    lost: float
    reasons: tuple[str, ...]
    # how endpoints' and localities' counts vary
    model: str
    locality_model: str


def address_of(endpoint: Endpoint) -> str:
    """Return the name of an endpoint within its Envoy cluster."""
    return f"{endpoint.address}:{endpoint.port}"


def effective_shares(
    assignment: Assignment, refusing: t.Collection[str] = (), *, retries: bool = True
) -> EffectiveShares:
    """Compute the shares; ``refusing`` holds the address:port of endpoints that refuse connections.

    As many of them as outlier detection may eject are unhealthy, those that are asked first
    before others. What is sent to the rest is retried within the priority, or lost.
    """
    hosts = [
        endpoint
        for level in build_levels(assignment)
        for pool in level.pools
        for endpoint in pool.hosts(even_unhealthy=True)
    ]
    out = [each for each in map(address_of, hosts) if each in refusing]
    limit = ejection(assignment.outlier_detection, len(hosts))
    ejected, not_ejected = frozenset(out[: limit.most]), frozenset(out[limit.most :])
    shares = expected_shares(assignment, unhealthy=ejected)
    affected = [
        each
        for each in shares.endpoints
        if each.share > _LEAST and address_of(each.endpoint) in not_ejected
    ]
    if not affected:
        why = (shares.lost,) if shares.lost else ()
        lost = 1.0 if shares.lost else 0.0
        model, local = shares.model, shares.locality_model
        return EffectiveShares(shares, shares.endpoints, ejected, lost, why, model, local)
    endpoints, lost = _moved(shares.endpoints, not_ejected, retries)
    return EffectiveShares(
        shares,
        endpoints,
        ejected,
        lost,
        _not_ejected_reasons(affected, limit.reason, lost, retries),
        RANDOM,
        RANDOM,
    )


def _moved(
    endpoints: t.Sequence[EndpointShare], not_ejected: frozenset[str], retries: bool
) -> tuple[tuple[EndpointShare, ...], float]:
    """Move requests from endpoints that refuse to others of the same priority, if there are any."""
    sent: defaultdict[int, float] = defaultdict(float)
    able: defaultdict[int, float] = defaultdict(float)
    for each in endpoints:
        sent[each.priority] += each.share
        if address_of(each.endpoint) not in not_ejected:
            able[each.priority] += each.share
    moved = []
    for each in endpoints:
        if address_of(each.endpoint) in not_ejected:
            moved.append(each._replace(share=0.0, reason="it refuses connections"))
        elif retries and each.share:
            factor = sent[each.priority] / able[each.priority]
            moved.append(each._replace(share=each.share * factor))
        else:
            moved.append(each)
    lost = 1.0 - math.fsum(each.share for each in moved)
    return tuple(moved), lost if lost > _LEAST else 0.0


def _not_ejected_reasons(
    affected: t.Sequence[EndpointShare], limit: str, lost: float, retries: bool
) -> tuple[str, ...]:
    names = ", ".join(each.endpoint.name or each.endpoint.address for each in affected)
    refuses = (
        "refuses connections and stays" if len(affected) == 1 else "refuse connections and stay"
    )
    if not retries:
        after = "what is sent there fails, as nothing is tried twice,"
    elif lost:
        after = "no other endpoint of the priority is left to try, so requests fail"
    else:
        after = "what is sent there is tried again elsewhere in the priority"
    until = "until readiness probes take note"
    return (f"{names} {refuses} in: {limit}; {after} {until}",)
