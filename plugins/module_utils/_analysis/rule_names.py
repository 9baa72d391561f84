# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localities that rules name, and what they should be. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    Suggestion,
    guess,
    parts_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.keys import key_defect
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class LocalityRef:
    """One locality in a rule. ``part`` is distribute.from, distribute.to or failover."""

    field: str
    text: str
    part: str


def named(raw: Raw) -> t.Iterator[LocalityRef]:
    """Every locality that a ``localityLbSetting`` names, where its form is right."""
    for index, rule in enumerate(raw.get("distribute") or ()):
        yield from _well_formed(f"distribute[{index}].from", rule.get("from"), "distribute.from")
        for key in rule.get("to") or {}:
            yield from _well_formed(f'distribute[{index}].to["{key}"]', key, "distribute.to")
    for index, rule in enumerate(raw.get("failover") or ()):
        for side in ("from", "to"):
            text = str(rule.get(side) or "")
            if text and "/" not in text and ANY not in text:
                yield LocalityRef(f"failover[{index}].{side}", text, "failover")


def _well_formed(field: str, text: t.Any, part: str) -> t.Iterator[LocalityRef]:
    if text and key_defect(str(text)) is None:
        yield LocalityRef(field, str(text), part)


def covers_something(name: LocalityRef, known: t.Iterable[Locality]) -> bool:
    if name.part == "failover":
        return any(each.region == name.text for each in known)
    pattern = parse_locality(name.text)
    return any(matches(pattern, each) for each in known)


def intended_locality(facts: AnalysisContext, name: LocalityRef) -> Suggestion | None:
    """What a name that covers nothing was probably meant to be."""
    found = guess(name.text, facts.trusted_localities)
    if found is not None and name.part == "failover":
        return replace(found, locality=Locality(found.locality.region))
    return found


def mended_text(facts: AnalysisContext, name: LocalityRef) -> str:
    """The name itself, or what it was meant to be."""
    parts = parts_of(name.text)
    if not covers_something(name, facts.trusted_localities):
        found = intended_locality(facts, name)
        if found is not None:
            return str(found.locality)
    if name.part != "failover" and len(name.text.split("/")) > 3:
        return "/".join(parts[:3])
    return name.text


def mended_setting(facts: AnalysisContext, raw: Raw) -> Raw:
    """The setting with every locality as it was probably meant."""
    texts = {name.field: mended_text(facts, name) for name in named(raw)}
    result = dict(raw)
    if raw.get("distribute"):
        result["distribute"] = [
            {
                **rule,
                "from": texts.get(f"distribute[{index}].from", rule.get("from")),
                "to": _summed(
                    (texts.get(f'distribute[{index}].to["{key}"]', key), value)
                    for key, value in (rule.get("to") or {}).items()
                ),
            }
            for index, rule in enumerate(raw["distribute"])
        ]
    if raw.get("failover"):
        result["failover"] = [
            {
                side: texts.get(f"failover[{index}].{side}", rule.get(side))
                for side in ("from", "to")
            }
            for index, rule in enumerate(raw["failover"])
        ]
    return result


def mended_endpoints(facts: AnalysisContext, case: TrafficCase) -> list[Endpoint]:
    """The endpoints with every locality as it was probably meant."""
    return [_mended(facts, each) for each in case.endpoints]


def _mended(facts: AnalysisContext, endpoint: Endpoint) -> Endpoint:
    found = facts.misnamed.get(endpoint.name)
    if found is None:
        return endpoint
    return replace(endpoint, locality=str(found.locality))


def _summed(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, int]:
    result: dict[str, int] = {}
    for key, value in pairs:
        result[key] = result.get(key, 0) + int(value)
    return result
