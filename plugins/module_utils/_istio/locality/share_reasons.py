# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expected shares explained in words."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_levels import (
    LocalityHosts,
    PriorityLevel,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.priority_load import (
    OVERPROVISIONING,
    Load,
    enough_healthy,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Assignment


def share_reason(pool: LocalityHosts, by_locality: bool, load: Load) -> str:
    """Explain why a locality gets its part of its priority's load."""
    counts = pool.counts
    if not counts.hosts:
        if pool.repeated:
            return "its addresses stand in an earlier locality, where Envoy keeps them: no hosts"
        return "it has no endpoints"
    if not load.load:
        return f"priority {pool.priority} gets nothing"
    if load.panic:
        return "panic: unhealthy hosts get requests, too, and localities do not count"
    if not counts.healthy:
        return "none of its hosts is healthy"
    if not by_locality:
        return f"its {_of(counts.healthy, counts.hosts)} share with all of the priority's"
    if OVERPROVISIONING * counts.healthy < 100 * counts.hosts:
        ratio = OVERPROVISIONING * counts.healthy / counts.hosts
        return f"weight {pool.weight}, of which {ratio:.0f} % count, as {_of(*counts[1::-1])} serve"
    return f"weight {pool.weight}"


def counted(hosts: int) -> str:
    """Write a number of hosts in words."""
    return "1 host" if hosts == 1 else f"{hosts} hosts"


def _of(healthy: int, hosts: int) -> str:
    return counted(hosts) if hosts == healthy else f"{healthy} of {counted(hosts)}"


def load_reason(level: PriorityLevel, load: Load, loads: t.Sequence[Load], lost: bool) -> str:
    """Explain why a priority gets its load."""
    counts = level.counts
    if not counts.hosts:
        return "it has no hosts"
    healthy = f"{counts.healthy} of {counted(counts.hosts)} healthy"
    if lost:
        return healthy
    before = sum(each.load for each in loads[: level.priority])
    if load.panic:
        return f"{healthy}, panic: {load.load} % spread over all of its hosts"
    if not load.load:
        return f"{healthy}, but nothing is left for it" if load.health else healthy
    can = f"{healthy}: it can carry {load.health} %"
    if load.health < 100:
        can += f" ({OVERPROVISIONING} % of {counts.healthy}/{counts.hosts})"
    if before:
        return f"{can} and gets {load.load} %, as priorities before it take only {before} %"
    if len(loads) == 1:
        return can
    if load.load == 100:
        few = enough_healthy(counts.hosts)
        return f"{can}; below {few} healthy it spills over"
    return f"{can} and gets {load.load} %; the rest spills over"


def loss_reason(
    assignment: Assignment, levels: t.Sequence[PriorityLevel], loads: t.Sequence[Load]
) -> str:
    """Explain why every request fails; empty where that is not so."""
    if assignment.load_balancer == "PASSTHROUGH":
        return "PASSTHROUGH: Envoy connects to the address that the client asked for"
    if not any(level.counts.hosts for level in levels):
        emptied = any(not group.endpoints for group in assignment.groups)
        if emptied and assignment.locality_weighted:
            return "503 no healthy upstream: distribute left no endpoints"
        return "503 no healthy upstream: the service has no endpoints for this client"
    for level, load in zip(levels, loads, strict=True):
        if load.load and (load.panic or level.counts.healthy):
            return ""
    return "503 no healthy upstream: no endpoint is healthy, and panic routing is off"
