# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes of localities in rules and endpoints, and the outcome of all of them together."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.effects import (
    effect_of_fix,
    outcome,
    same_endpoints,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.known_localities import (
    Suggestion,
    describe_parts,
    parts_of,
    suggest,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.locality_references import (
    LocalityRef,
    Raw,
    covers_something,
    locality_references,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import listed, quoted
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.traffic_cases import (
    TrafficCase,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.locality import (
    Locality,
    parse_locality,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import Endpoint


def intended_locality(context: AnalysisContext, name: LocalityRef) -> Suggestion | None:
    """What a name that covers nothing was probably meant to be."""
    found = suggest(name.text, context.trusted_localities)
    if found is not None and name.part == "failover":
        return replace(found, locality=Locality(found.locality.region))
    return found


def fixed_text(context: AnalysisContext, name: LocalityRef) -> str:
    """The name itself, or what it was meant to be."""
    parts = parts_of(name.text)
    if not covers_something(name, context.trusted_localities):
        found = intended_locality(context, name)
        if found is not None:
            return str(found.locality)
    if name.part != "failover" and len(name.text.split("/")) > 3:
        return "/".join(parts[:3])
    return name.text


def fixed_setting(context: AnalysisContext, raw: Raw) -> Raw:
    """The setting with every locality as it was probably meant."""
    texts = {name.field: fixed_text(context, name) for name in locality_references(raw)}
    result = dict(raw)
    if raw.get("distribute"):
        result["distribute"] = [
            {
                **rule,
                "from": texts.get(f"distribute[{index}].from", rule.get("from")),
                "to": _sum_by_key(
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


def fixed_endpoints(context: AnalysisContext, case: TrafficCase) -> list[Endpoint]:
    """The endpoints with every locality as it was probably meant."""
    return [_fixed(context, each) for each in case.endpoints]


def _fixed(context: AnalysisContext, endpoint: Endpoint) -> Endpoint:
    found = context.unknown_localities.get(endpoint.name)
    if found is None:
        return endpoint
    return replace(endpoint, locality=str(found.locality))


def _sum_by_key(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, int]:
    result: dict[str, int] = {}
    for key, value in pairs:
        result[key] = result.get(key, 0) + int(value)
    return result


def locality_problem(
    context: AnalysisContext, text: str, found: Suggestion | None, *, region: bool = False
) -> str:
    if region:
        there = listed(context.regions) or "none"
        what = f"no node or workload is in a region {quoted(text)}; the regions are {there}"
    else:
        what = f"no node or workload is at {quoted(text)} ({describe_parts(parse_locality(text))})"
    if found is None:
        return what
    return f"{what}: {found.why}"


def fixed_outcome(context: AnalysisContext, case: TrafficCase, *, of_rule: bool) -> str:
    """With rule and entries mended together, and a warning where one alone would do harm."""
    case = case.all_healthy
    raw = case.policy.locality_lb
    setting = None if raw is None else fixed_setting(context, raw)
    endpoints = fixed_endpoints(context, case)
    both = case.variant(locality_lb=setting, endpoints=endpoints)
    alone = case.variant(locality_lb=setting) if of_rule else case.variant(endpoints=endpoints)
    text = effect_of_fix(case, both)
    if not same_endpoints(both, alone):
        this, other = ("rule", "workload") if of_rule else ("workload", "rule")
        text += (
            f"; mend {this} and {other} in one go: with the {this} alone mended, it would be "
            f"{outcome(alone)}"
        )
    return text
