# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks rules, workloads and nodes against what istiod and Envoy make of them.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis import (
    admission,
    distribute,
    ejection_limits,
    endpoints,
    entry_localities,
    entry_services,
    failover,
    failover_priority,
    gateways,
    hosts,
    imports,
    nodes,
    outlier_detection,
    policy_parts,
    policy_scope,
    protocols,
    remote_targets,
    rule_localities,
    scope,
    settings_dropped,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Client
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.push_context import (
    PushContext,
)

Check: t.TypeAlias = t.Callable[[AnalysisContext], t.Iterable[Finding]]

_TOPICS: tuple[tuple[Check, ...], ...] = (
    entry_localities.CHECKS,
    rule_localities.CHECKS,
    admission.CHECKS,
    distribute.CHECKS,
    remote_targets.CHECKS,
    failover.CHECKS,
    failover_priority.CHECKS,
    outlier_detection.CHECKS,
    ejection_limits.CHECKS,
    hosts.CHECKS,
    scope.CHECKS,
    policy_scope.CHECKS,
    policy_parts.CHECKS,
    settings_dropped.CHECKS,
    imports.CHECKS,
    entry_services.CHECKS,
    endpoints.CHECKS,
    nodes.CHECKS,
    gateways.CHECKS,
    protocols.CHECKS,
)


def check(
    view: PushContext,
    *,
    drained: t.Collection[str] = (),
    clients: t.Iterable[Client] | None = None,
    client_namespace: str = "",
    others: t.Iterable[ClusterState] = (),
) -> list[Finding]:
    """Everything that is wrong, surprising or worth knowing, the gravest first.

    ``drained`` names endpoints (namespace/name, address or address:port) that accept nothing.
    ``clients`` are those to look from, in ``client_namespace``; without them every sidecar of the
    local cluster is. ``others`` are clusters that this istiod does not watch, of which only the
    nodes are of interest: they tell whether an imported endpoint's locality exists.
    """
    facts = AnalysisContext(
        view, drained=drained, clients=clients, client_namespace=client_namespace, others=others
    )
    found = {finding for checks in _TOPICS for one in checks for finding in one(facts)}
    return sorted(found, key=lambda finding: finding.sort_key)
