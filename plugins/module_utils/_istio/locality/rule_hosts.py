# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of DestinationRules: short names and wildcards. Private to this collection."""

from __future__ import annotations

import typing as t

WILDCARD = "*"


def full_host(host: str, namespace: str, domain: str = "cluster.local") -> str:
    """Completes a name without dots with the rule's own namespace; any other name stays."""
    if "." in host or host.startswith(WILDCARD):
        return host
    return f"{host}.{namespace}.svc.{domain}"


def covers(pattern: str, host: str) -> bool:
    """Does a rule's host, which may start with an asterisk, cover this one?"""
    if pattern.startswith(WILDCARD):
        return host.endswith(pattern[1:]) and host != pattern[1:]
    return pattern == host


def most_specific(host: str, patterns: t.Iterable[str]) -> str | None:
    """The pattern that covers the host best: itself, else the longest wildcard."""
    matching = [pattern for pattern in patterns if covers(pattern, host)]
    return max(matching, key=lambda each: (each == host, len(each)), default=None)
