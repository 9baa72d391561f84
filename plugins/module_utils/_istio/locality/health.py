# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints istiod sends at all, by their health."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.lb_settings import (
    TRAFFIC_DISTRIBUTION,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    DRAINING,
    TERMINATING,
    UNHEALTHY,
    Policy,
)


def sends_unhealthy(policy: Policy) -> bool:
    """Tell whether istiod sends endpoints that are not ready, marked as unhealthy."""
    if policy.traffic_distribution in TRAFFIC_DISTRIBUTION:
        return True
    return min_health_percent(policy.outlier_detection) == 0


def panic_threshold(policy: Policy) -> float:
    """Return the share of healthy hosts in percent below which Envoy sends to unhealthy ones, too."""
    if policy.traffic_distribution in TRAFFIC_DISTRIBUTION:
        return 0.0
    return min_health_percent(effective_outlier_detection(policy))


def effective_outlier_detection(policy: Policy) -> t.Mapping[str, t.Any] | None:
    """Return what ejects hosts in Envoy: the rule's outlier detection, else the mesh's default."""
    if policy.outlier_detection is not None:
        return policy.outlier_detection
    return policy.mesh_outlier_detection


def min_health_percent(outlier_detection: t.Mapping[str, t.Any] | None) -> float:
    """``minHealthPercent``, 0 where it is not set."""
    return float((outlier_detection or {}).get("minHealthPercent") or 0)


def drop_reason(health: str, unhealthy_too: bool) -> str:
    """Explain why an endpoint of this health does not reach proxies; empty where it does."""
    if health == TERMINATING:
        return "it is terminating"
    if health == DRAINING:
        return "it is draining, and the service has no persistent sessions"
    if health == UNHEALTHY and not unhealthy_too:
        return "it is not ready, and minHealthPercent keeps such endpoints from proxies"
    return ""
