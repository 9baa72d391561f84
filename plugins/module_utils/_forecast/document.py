# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as plain data. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    Destination,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    FailoverStage,
    ServiceForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import reasons

Document: t.TypeAlias = dict[str, t.Any]

# by these the shares are always told
_KEYS = ("locality", "cluster", "workload", "instance")


def as_dict(plan: ServiceForecast, by: t.Sequence[str] = ()) -> Document:
    """Everything about one client and one service port; ``by`` are labels to add shares for."""
    client = plan.asker.proxy.client
    keys = [*_KEYS, *(key for key in by if _known(plan, key) and key not in _KEYS)]
    rule = plan.upstream.rules
    return {
        "client": {
            "name": plan.asker.name,
            "namespace": plan.asker.proxy.namespace,
            "cluster": plan.asker.cluster,
            "locality": client.locality.rstrip("/"),
            "network": client.network,
        },
        "host": plan.asked.service.host,
        "port": plan.asked.port.number,
        "subset": plan.asked.subset,
        "rule": rule.effective.name if rule.effective else "",
        "ignored_rules": [{"name": each.name, "reason": each.reason} for each in rule.ignored],
        "routed_by": plan.routed_by,
        "load_balancer": plan.upstream.assignment.load_balancer,
        "reasons": list(reasons(plan)),
        "priorities": _priorities(plan),
        "shares": {key: _rounded(plan.shares(key)) for key in keys},
        "models": {key: plan.model(key) for key in keys},
        "endpoints": [_leaf(leaf, by) for leaf in plan.leaves],
        "dropped": [
            {"endpoint": endpoint.name or endpoint.address, "reason": reason}
            for endpoint, reason in plan.upstream.assignment.dropped
        ],
        "failed": round(plan.lost, 6),
        "risks": list(plan.risks),
        "order": [_stage(plan, stage, keys) for stage in plan.stages],
        "without": [_stage(plan, stage, keys) for stage in plan.without],
        "nondeterministic": plan.upstream.assignment.nondeterministic,
    }


def _known(plan: ServiceForecast, key: str) -> bool:
    return any(leaf.value(key) for leaf in plan.leaves)


def _priorities(plan: ServiceForecast) -> list[Document]:
    shares = plan.outlook.shares
    return [
        {
            "priority": each.priority,
            "hosts": each.hosts,
            "healthy": each.healthy,
            "load": each.load,
            "panic": each.panic,
            "reason": each.reason,
            "localities": [
                {
                    "locality": place.locality,
                    "weight": place.weight,
                    "hosts": place.hosts,
                    "healthy": place.healthy,
                    "share": round(place.share, 6),
                    "reason": place.reason,
                }
                for place in shares.localities
                if place.priority == each.priority
            ],
        }
        for each in shares.priorities
    ]


def _leaf(leaf: Destination, by: t.Sequence[str]) -> Document:
    return {
        "name": leaf.name,
        "namespace": leaf.namespace,
        "workload": leaf.workload,
        "cluster": leaf.cluster,
        "locality": leaf.locality,
        "address": leaf.address,
        "port": leaf.port,
        "priority": leaf.priority,
        "share": round(leaf.share, 6),
        "via": list(leaf.via),
        "drained": leaf.drained,
        "by": {key: leaf.value(key) for key in by},
    }


def _stage(plan: ServiceForecast, stage: FailoverStage, keys: t.Sequence[str]) -> Document:
    return {
        "dead": list(stage.dead) or ([stage.locality] if stage.locality else []),
        "shares": {key: _rounded(plan.shares(key, stage.answers)) for key in keys},
        "failed": round(stage.answers.lost, 6),
        "by_ejection": stage.by_ejection,
        "reason": stage.reason,
    }


def _rounded(shares: t.Mapping[str, float]) -> dict[str, float]:
    return {name: round(share, 6) for name, share in shares.items()}
