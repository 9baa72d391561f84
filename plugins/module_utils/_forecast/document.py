# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast as plain data."""

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

# names that shares are always given by
_KEYS = ("locality", "cluster", "workload", "instance")


def as_dict(forecast: ServiceForecast, by: t.Sequence[str] = ()) -> Document:
    """Return everything about one client and one service port; ``by`` adds shares by labels."""
    client = forecast.client.proxy.client
    keys = [*_KEYS, *(key for key in by if _known(forecast, key) and key not in _KEYS)]
    rule = forecast.outbound.rules
    asked = forecast.via.asked if forecast.via else forecast.target
    return {
        "client": {
            "name": forecast.client.name,
            "namespace": forecast.client.proxy.namespace,
            "cluster": forecast.client.cluster,
            "locality": client.locality.rstrip("/"),
            "network": client.network,
        },
        "host": asked.service.host,
        "port": asked.port.number,
        "subset": forecast.target.subset,
        "route": _route(forecast),
        "rule": rule.effective.name if rule.effective else "",
        "ignored_rules": [{"name": each.name, "reason": each.reason} for each in rule.ignored],
        "routed_by": forecast.routed_by,
        "load_balancer": forecast.outbound.assignment.load_balancer,
        "reasons": list(reasons(forecast)),
        "priorities": _priorities(forecast),
        "shares": {key: _rounded(forecast.shares(key)) for key in keys},
        "models": {key: forecast.model(key) for key in keys},
        "endpoints": [_destination(destination, by) for destination in forecast.destinations],
        "dropped": [
            {"endpoint": endpoint.name or endpoint.address, "reason": reason}
            for endpoint, reason in forecast.outbound.assignment.dropped
        ],
        "failed": round(forecast.lost, 6),
        "risks": list(forecast.risks),
        "order": [_stage(forecast, stage, keys) for stage in forecast.stages],
        "without": [_stage(forecast, stage, keys) for stage in forecast.without],
        "nondeterministic": forecast.outbound.assignment.nondeterministic,
    }


def _route(forecast: ServiceForecast) -> Document | None:
    """Return the route that leads to the destination, and where that is."""
    if forecast.via is None:
        return None
    target = forecast.target
    place = {"host": target.service.host, "port": target.port.number, "subset": target.subset}
    return {**forecast.via.as_dict(), "destination": place if not _answered(forecast) else None}


def _answered(forecast: ServiceForecast) -> bool:
    return forecast.via is not None and bool(forecast.via.route.own_answer)


def _known(forecast: ServiceForecast, key: str) -> bool:
    return any(destination.value(key) for destination in forecast.destinations)


def _priorities(forecast: ServiceForecast) -> list[Document]:
    shares = forecast.effective.shares
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
                    "locality": entry.locality,
                    "weight": entry.weight,
                    "hosts": entry.hosts,
                    "healthy": entry.healthy,
                    "share": round(entry.share, 6),
                    "reason": entry.reason,
                }
                for entry in shares.localities
                if entry.priority == each.priority
            ],
        }
        for each in shares.priorities
    ]


def _destination(destination: Destination, by: t.Sequence[str]) -> Document:
    return {
        "name": destination.name,
        "namespace": destination.namespace,
        "workload": destination.workload,
        "cluster": destination.cluster,
        "locality": destination.locality,
        "address": destination.address,
        "port": destination.port,
        "priority": destination.priority,
        "share": round(destination.share, 6),
        "via": list(destination.via),
        "drained": destination.drained,
        "by": {key: destination.value(key) for key in by},
    }


def _stage(forecast: ServiceForecast, stage: FailoverStage, keys: t.Sequence[str]) -> Document:
    return {
        "dead": list(stage.dead) or ([stage.locality] if stage.locality else []),
        "shares": {key: _rounded(forecast.shares(key, stage.answers)) for key in keys},
        "failed": round(stage.answers.lost, 6),
        "by_ejection": stage.by_ejection,
        "reason": stage.reason,
    }


def _rounded(shares: t.Mapping[str, float]) -> dict[str, float]:
    return {name: round(share, 6) for name, share in shares.items()}
