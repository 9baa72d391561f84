# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The localities that rules name."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    ANY,
    Locality,
    matches,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.locality_keys import (
    key_defect,
)

Raw: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class LocalityRef:
    """One locality in a rule. ``part`` is distribute.from, distribute.to or failover."""

    field: str
    text: str
    part: str


def locality_references(raw: Raw) -> t.Iterator[LocalityRef]:
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
