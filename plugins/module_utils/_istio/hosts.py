# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names and host patterns: ``*``, ``*.suffix`` or a name."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import DOMAIN_SUFFIX

WILDCARD = "*"


def host_matches(pattern: str, host: str) -> bool:
    """Tell whether the pattern covers all of ``host``, which may itself be a wildcard."""
    if pattern.startswith(WILDCARD):
        suffix = pattern[1:]
        return host.endswith(suffix) and host != suffix
    return pattern == host


def hosts_overlap(one: str, other: str) -> bool:
    """Tell whether one of two names or patterns covers the other."""
    return host_matches(one, other) or host_matches(other, one)


def most_specific(host: str, patterns: t.Iterable[str]) -> str | None:
    """Return the pattern that covers the host best: itself, else the longest wildcard."""
    matching = [pattern for pattern in patterns if host_matches(pattern, host)]
    return max(matching, key=lambda each: (each == host, len(each)), default=None)


def full_host(host: str, namespace: str, domain: str = DOMAIN_SUFFIX) -> str:
    """Complete a name without dots with the namespace of its rule; return any other as it is."""
    if "." in host or host.startswith(WILDCARD):
        return host
    return service_host(host, namespace, domain)


def service_host(name: str, namespace: str, domain: str = DOMAIN_SUFFIX) -> str:
    """Return the host name of a Kubernetes Service."""
    return f"{name}.{namespace}.svc.{domain}"
