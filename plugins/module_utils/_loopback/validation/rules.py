# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of DestinationRules and locality settings. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy import durations
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.validate import (
    Violation,
    check_destination_rule,
    check_setting,
    traffic_policies,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    spec_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.validation.values import (
    check_port,
    check_range,
    check_unique,
    required,
)

Policy: t.TypeAlias = t.Mapping[str, t.Any]

_POLICIES = ("loadBalancer", "connectionPool", "outlierDetection", "tls")
_SHORTEST = 0.001


def destination_rule(obj: KubernetesObject, what: str) -> None:
    spec = spec_of(obj)
    required(spec, "host", "spec", what)
    subsets = spec.get("subsets") or ()
    for index, subset in enumerate(subsets):
        required(subset, "name", f"spec.subsets[{index}]", what)
    check_unique([subset["name"] for subset in subsets], "spec.subsets", "name", what)
    exported = spec.get("exportTo") or []
    check_unique(exported, "spec.exportTo", "namespace", what)
    if "*" in exported and len(exported) > 1:
        raise InvalidInput(f"{what}: spec.exportTo: * stands for all, so leave the others out")
    for path, policy in traffic_policies(obj):
        _policy(policy, path, what)
    _refuse(check_destination_rule(obj), what)


def check_locality(setting: Policy | None, what: str) -> None:
    """Checks the mesh's own locality setting, which counts for rules with outlier detection too."""
    _refuse(check_setting(setting, outlier_detection=True), what)


def _refuse(refusals: t.Iterable[Violation], what: str) -> None:
    for refusal in refusals:
        # a webhook that refuses by chance may have let it pass; what follows would be chance, too
        if not refusal.warning:
            raise InvalidInput(f"{what}: {refusal.field}: {refusal.message}; {refusal.advice}")


def _policy(policy: Policy, path: str, what: str) -> None:
    is_port = path.endswith("]") and ".portLevelSettings[" in path
    if is_port:
        port = required(policy, "port", path, what)
        check_port(required(port, "number", f"{path}.port", what), f"{path}.port.number", what)
    known = _POLICIES if is_port else (*_POLICIES, "portLevelSettings")
    if not any(policy.get(key) is not None for key in known):
        raise InvalidInput(f"{what}: {path} sets nothing; it needs one of {', '.join(known)}")
    _connection_pool(policy.get("connectionPool"), f"{path}.connectionPool", what)
    _outlier_detection(policy.get("outlierDetection") or {}, f"{path}.outlierDetection", what)


def _connection_pool(pool: Policy | None, path: str, what: str) -> None:
    if pool is None:
        return
    if pool.get("tcp") is None and pool.get("http") is None:
        raise InvalidInput(f"{what}: {path} is empty; it needs tcp or http")
    for part, numbers, times in (
        ("tcp", ("maxConnections",), ("connectTimeout", "maxConnectionDuration")),
        (
            "http",
            (
                "http1MaxPendingRequests",
                "http2MaxRequests",
                "maxRequestsPerConnection",
                "maxRetries",
            ),
            ("idleTimeout",),
        ),
    ):
        settings = pool.get(part) or {}
        for key in numbers:
            check_range(settings, key, 0, None, f"{path}.{part}", what)
        _durations(settings, times, f"{path}.{part}", what)


def _outlier_detection(settings: Policy, path: str, what: str) -> None:
    for key in ("maxEjectionPercent", "minHealthPercent"):
        check_range(settings, key, 0, 100, path, what)
    for key in (
        "consecutive5xxErrors",
        "consecutiveGatewayErrors",
        "consecutiveLocalOriginFailures",
    ):
        check_range(settings, key, 0, None, path, what)
    _durations(settings, ("interval", "baseEjectionTime"), path, what)
    if settings.get("consecutiveLocalOriginFailures") and not settings.get(
        "splitExternalLocalOriginErrors"
    ):
        raise InvalidInput(
            f"{what}: {path}.consecutiveLocalOriginFailures needs "
            "splitExternalLocalOriginErrors: true"
        )


def _durations(settings: Policy, keys: t.Iterable[str], path: str, what: str) -> None:
    for key in keys:
        text = settings.get(key)
        if text is None:
            continue
        try:
            length = durations.seconds(text)
        except InvalidInput as exc:
            raise InvalidInput(f"{what}: {path}.{key}: {exc}") from exc
        if length < _SHORTEST:
            raise InvalidInput(f"{what}: {path}.{key}: {text} is shorter than 1ms")
