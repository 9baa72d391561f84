# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks rules, workloads and nodes against what istiod and Envoy make of them."""

from __future__ import annotations

import typing as t
from types import ModuleType

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checks import (
    admission,
    distribute,
    distribute_behind_gateways,
    ejection_limits,
    endpoint_health,
    failover,
    failover_priority,
    gateway_bindings,
    gateway_detours,
    gateways,
    ignored_routes,
    load_across_localities,
    load_balancing,
    lost_requests,
    mutual_tls,
    network_gateways,
    nodes,
    outlier_detection,
    overridden_settings,
    policy_parts,
    policy_precedence,
    refusals,
    routes,
    rule_hosts,
    rule_localities,
    rule_precedence,
    subset_failover,
    unknown_fields,
    visibility,
    workload_entries,
    workload_localities,
    workload_selection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import (
    Finding,
    FindingType,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    ClientOrigin,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client

Check: t.TypeAlias = t.Callable[[AnalysisContext], t.Iterable[Finding]]

SUBJECTS: tuple[ModuleType, ...] = (
    workload_localities,
    rule_localities,
    admission,
    refusals,
    unknown_fields,
    distribute,
    distribute_behind_gateways,
    failover,
    failover_priority,
    outlier_detection,
    ejection_limits,
    rule_hosts,
    rule_precedence,
    policy_precedence,
    policy_parts,
    overridden_settings,
    workload_entries,
    workload_selection,
    endpoint_health,
    lost_requests,
    routes,
    subset_failover,
    ignored_routes,
    gateway_bindings,
    visibility,
    mutual_tls,
    nodes,
    gateway_detours,
    gateways,
    network_gateways,
    load_balancing,
    load_across_localities,
)

CHECKS: tuple[Check, ...] = tuple(each for subject in SUBJECTS for each in subject.CHECKS)

# by code
FINDING_TYPES: t.Mapping[str, FindingType] = {
    each.code: each
    for each in sorted(
        (
            value
            for subject in SUBJECTS
            for value in vars(subject).values()
            if isinstance(value, FindingType)
        ),
        key=lambda each: each.code,
    )
}


def check(
    topology: Topology,
    local: str,
    *,
    clients: t.Iterable[Client] | None = None,
    client_namespace: str = "",
    forecast_clients: t.Iterable[ClientOrigin] = (),
    imagine: bool = True,
) -> list[Finding]:
    """All findings about the local cluster, the gravest first.

    ``clients`` are the only ones to look from, in ``client_namespace``; ``forecast_clients`` are
    looked from beside the proxies of the cluster. With ``imagine=False`` no other clients are
    imagined where proxies are known.
    """
    context = AnalysisContext(
        topology,
        local,
        clients=clients,
        client_namespace=client_namespace,
        forecast_clients=forecast_clients,
        imagine=imagine,
    )
    found = {finding for one in CHECKS for finding in one(context)}
    return sorted(found, key=lambda finding: finding.sort_key)
