# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the webhook refuses about the traffic policies of DestinationRules."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_settings import (
    locality_violations,
    zone_aware_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Raw,
    Violation,
    Violations,
    below,
    duration,
    in_range,
    missing,
)

_BLOCKS = ("loadBalancer", "connectionPool", "outlierDetection", "tls")
_GENERAL = (*_BLOCKS, "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget")
_HASH_KEYS = ("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName")
_HASH_ALGORITHMS = ("ringHash", "maglev")
_LARGEST_MAGLEV_TABLE = 5_000_011
_HTTP_LIMITS = (
    "http1MaxPendingRequests",
    "http2MaxRequests",
    "maxRequestsPerConnection",
    "maxRetries",
    "maxConcurrentStreams",
)
_ERROR_COUNTS = (
    "consecutive5xxErrors",
    "consecutiveGatewayErrors",
    "consecutiveLocalOriginFailures",
)


def policy_violations(policy: Raw, path: str) -> Violations:
    """Check one policy; those of its ports are policies of their own."""
    known: t.Sequence[str] = _GENERAL
    if path.endswith("]"):
        known = _BLOCKS
        # no more is looked at: a number that no Service has only makes the entry inert
        if policy.get("port") is None:
            yield Violation("missing", f"{path}.port", "is missing", "")
    if not any(policy.get(key) is not None for key in known):
        advice = f"it needs one of {', '.join(_BLOCKS)}"
        yield Violation("empty", path, "sets nothing", advice)
    if policy.get("tunnel") is not None and policy.get("proxyProtocol") is not None:
        yield _exclusive(path, ("tunnel", "proxyProtocol"))
    yield from load_balancer_violations(policy, f"{path}.loadBalancer")
    yield from connection_pool_violations(policy.get("connectionPool"), f"{path}.connectionPool")
    yield from outlier_violations(policy.get("outlierDetection"), f"{path}.outlierDetection")
    yield from _tls(policy.get("tls") or {}, f"{path}.tls")


def load_balancer_violations(policy: Raw, path: str) -> Violations:
    """Check the load balancer of a policy, whose outlier detection counts for failover."""
    settings: Raw = policy.get("loadBalancer") or {}
    for keys in (("simple", "consistentHash"), ("localityLbSetting", "zoneAwareLbSetting")):
        if all(settings.get(key) is not None for key in keys):
            code = "zone-aware-and-locality" if "zoneAwareLbSetting" in keys else "exclusive"
            yield _exclusive(path, keys, code)
    ejects = policy.get("outlierDetection") is not None
    yield from below(
        f"{path}.localityLbSetting",
        locality_violations(settings.get("localityLbSetting"), outlier_detection=ejects),
    )
    yield from below(
        f"{path}.zoneAwareLbSetting",
        zone_aware_violations(settings.get("zoneAwareLbSetting"), outlier_detection=ejects),
    )
    yield from _consistent_hash(settings.get("consistentHash") or {}, f"{path}.consistentHash")
    warmup = settings.get("warmup")
    if warmup is not None:
        yield from missing(warmup, "duration", f"{path}.warmup")
        yield from duration(warmup.get("duration"), f"{path}.warmup.duration")
        yield from in_range(warmup, "minimumPercent", f"{path}.warmup", high=100)
        if warmup.get("aggression") is not None and warmup["aggression"] <= 0:
            message = f"is {warmup['aggression']}"
            yield Violation("range", f"{path}.warmup.aggression", message, "write more than 0")


def _consistent_hash(settings: Raw, path: str) -> Violations:
    for keys in (_HASH_KEYS, _HASH_ALGORITHMS, ("minimumRingSize", *_HASH_ALGORITHMS)):
        found = [key for key in keys if settings.get(key)]
        if len(found) > 1:
            yield _exclusive(path, found)
    cookie = settings.get("httpCookie")
    if cookie is not None:
        yield from missing(cookie, "name", f"{path}.httpCookie")
    maglev = settings.get("maglev")
    if maglev is not None:
        size = int(maglev.get("tableSize") or 0)
        if not _is_prime(size) or size >= _LARGEST_MAGLEV_TABLE:
            message = f"is {size}"
            advice = f"write a prime number below {_LARGEST_MAGLEV_TABLE}"
            yield Violation("range", f"{path}.maglev.tableSize", message, advice)


def _is_prime(number: int) -> bool:
    """Tell as Envoy does, to which 1 is a prime number."""
    if number in (1, 2):
        return True
    return (
        number > 0
        and number % 2 == 1
        and all(number % factor for factor in range(3, math.isqrt(number) + 1, 2))
    )


def connection_pool_violations(pool: Raw | None, path: str) -> Violations:
    if pool is None:
        return
    tcp, http = pool.get("tcp"), pool.get("http")
    if tcp is None and http is None:
        yield Violation("empty", path, "is empty", "it needs tcp or http")
    yield from _tcp(tcp or {}, f"{path}.tcp")
    yield from _http(http or {}, f"{path}.http")


def _tcp(settings: Raw, path: str) -> Violations:
    yield from in_range(settings, "maxConnections", path)
    for key in ("connectTimeout", "maxConnectionDuration"):
        yield from duration(settings.get(key), f"{path}.{key}")
    if settings.get("idleTimeout") not in ("0", "0s", "0ms"):
        yield from duration(settings.get("idleTimeout"), f"{path}.idleTimeout")
    keepalive: Raw = settings.get("tcpKeepalive") or {}
    for key in ("time", "interval"):
        yield from duration(keepalive.get(key), f"{path}.tcpKeepalive.{key}")


def _http(settings: Raw, path: str) -> Violations:
    for key in _HTTP_LIMITS:
        yield from in_range(settings, key, path)
    yield from duration(settings.get("idleTimeout"), f"{path}.idleTimeout")
    if settings.get("h2UpgradePolicy") == "UPGRADE" and settings.get("useClientProtocol"):
        yield _exclusive(path, ("h2UpgradePolicy: UPGRADE", "useClientProtocol"))
    keepalive: Raw | None = settings.get("http2KeepAlive")
    if keepalive is not None:
        for key in ("interval", "timeout"):
            yield from missing(keepalive, key, f"{path}.http2KeepAlive")
            yield from duration(keepalive.get(key), f"{path}.http2KeepAlive.{key}")


def outlier_violations(settings: Raw | None, path: str) -> Violations:
    if settings is None:
        return
    for key in ("maxEjectionPercent", "minHealthPercent"):
        yield from in_range(settings, key, path, high=100)
    for key in _ERROR_COUNTS:
        yield from in_range(settings, key, path)
    for key in ("interval", "baseEjectionTime"):
        yield from duration(settings.get(key), f"{path}.{key}")
    local = settings.get("consecutiveLocalOriginFailures")
    if local and not settings.get("splitExternalLocalOriginErrors"):
        yield Violation(
            "local-origin",
            f"{path}.consecutiveLocalOriginFailures",
            "local errors are not counted apart",
            "it needs splitExternalLocalOriginErrors: true",
        )


def _tls(settings: Raw, path: str) -> Violations:
    mode = settings.get("mode")
    if mode not in ("SIMPLE", "MUTUAL"):
        return
    files = [
        key
        for key in ("clientCertificate", "privateKey", "caCertificates", "caCrl")
        if settings.get(key)
    ]
    if settings.get("insecureSkipVerify"):
        unchecked = ["caCertificates", "subjectAltNames"]
        unchecked += ["credentialName"] if mode == "SIMPLE" else []
        for key in unchecked:
            if settings.get(key):
                yield _exclusive(path, ("insecureSkipVerify", key))
    if settings.get("credentialName"):
        if files:
            yield _exclusive(path, ("credentialName", *files))
    elif mode == "MUTUAL":
        for key in ("clientCertificate", "privateKey"):
            yield from missing(settings, key, path, "mode MUTUAL needs it")


def _exclusive(path: str, keys: t.Sequence[str], code: str = "exclusive") -> Violation:
    return Violation(code, path, f"{' and '.join(keys)} exclude each other", "keep one of them")
