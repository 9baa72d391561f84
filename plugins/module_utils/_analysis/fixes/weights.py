# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes of ``distribute`` weights, keys and the order of rules."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_keys import (
    set_overlaps,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


def fair_weights(to: t.Mapping[str, t.Any]) -> dict[str, int]:
    """The same proportions with a sum of 100, without what gets nothing."""
    weights = {key: max(0, _number(value)) for key, value in to.items()}
    weights = {key: value for key, value in weights.items() if value} or {ANY: 100}
    total = sum(weights.values())
    exact = {key: value * 100 / total for key, value in weights.items()}
    result = {key: max(1, int(value)) for key, value in exact.items()}
    # what rounding down took away goes to those that lost most
    for key in sorted(exact, key=lambda each: int(exact[each]) - exact[each]):
        if sum(result.values()) < 100:
            result[key] += 1
    largest = max(result, key=lambda each: result[each])
    result[largest] += 100 - sum(result.values())
    return result


def without_overlap(to: t.Mapping[str, t.Any], known: t.Iterable[Locality]) -> dict[str, int]:
    """Every general key replaced by the known localities that no specific key names."""
    general = {
        max(pair, key=lambda key: (_breadth(key), list(to).index(key)))
        for first, second, _unused in set_overlaps(list(to))
        for pair in [(first, second)]
    }
    kept = {key: _number(value) for key, value in to.items() if key not in general}
    for key in general:
        rest = [
            each
            for each in known
            if matches(parse_locality(key), each)
            and not any(matches(parse_locality(other), each) for other in kept)
        ]
        for each in rest:
            kept[str(each)] = max(1, _number(to[key]) // len(rest))
    return fair_weights(kept)


def specific_first(rules: t.Sequence[Raw]) -> list[Raw]:
    """Ordered so that every rule can be reached, the general ones with an asterisk, last."""
    kept: dict[str, Raw] = {}
    for rule in rules:
        source = str(rule.get("from") or "")
        kept.setdefault(_closed(source), rule)
    ordered = sorted(kept, key=_breadth)
    result: list[Raw] = []
    for index, source in enumerate(ordered):
        earlier = [parse_locality(each) for each in ordered[:index]]
        covers_one = any(matches(parse_locality(source), each) for each in earlier)
        name = f"{source}/{ANY}" if covers_one and source != ANY else source
        result.append({**kept[source], "from": name})
    return result


def _closed(key: str) -> str:
    """Return the key without asterisks at its end, which say nothing."""
    while key.endswith(f"/{ANY}"):
        key = key.removesuffix(f"/{ANY}")
    return key


def _breadth(key: str) -> int:
    """Return how many of region, zone and subzone a key leaves open."""
    return sum(part in ("", ANY) for part in parse_locality(key))


def _number(value: t.Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
