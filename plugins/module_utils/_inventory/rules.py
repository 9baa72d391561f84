# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a locality rule against the lab's nodes."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import shared_zones

Rule: t.TypeAlias = t.Mapping[str, t.Any]


def ambiguous_localities(
    rules: t.Sequence[Rule], clusters: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]
) -> list[str]:
    """Describe the zones that a rule names and that more than one cluster has.

    Localities are compared as strings: two clusters with the same region and zone are one place to
    a rule, so traffic would neither be divided nor fail over between them.
    """
    shared = shared_zones(clusters)
    return [
        f"rule '{rule.get('name')}': {zone} is in the clusters {' and '.join(names)}"
        for rule in rules
        for zone, names in shared.items()
        if any(_covers(key, zone) for key in _localities(rule))
    ]


def _localities(rule: Rule) -> list[str]:
    keys: list[str] = []
    for part in rule.get("distribute") or []:
        keys += [str(part.get("from") or ""), *map(str, part.get("to") or {})]
    for part in rule.get("failover") or []:
        keys += [str(part.get("from") or ""), str(part.get("to") or "")]
    return keys


def _covers(key: str, zone: str) -> bool:
    parts = key.split("/")[:2]
    return all(part in ("*", own) for part, own in zip(parts, zone.split("/"), strict=False))
