# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate all hops of a path, and report the first that fails."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    dns,
    endpoints,
    gateway,
    route,
    server,
    tls,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops.evidence import (
    log_lines,
    responses,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ENDPOINTS,
    GATEWAY,
    HOPS,
    NOT_REACHED,
    OK,
    SERVER,
    TLS,
    Endpoint,
    Gateway,
    HopResult,
    PathFacts,
    Server,
)

_MARKS = {True: "✔", False: "✘", None: "?"}
_WIDTH = max(map(len, HOPS))
_INDENT = " " * (_WIDTH + 4)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The results of all hops, and the first that fails, if any."""

    hops: tuple[HopResult, ...]
    failing: HopResult | None
    text: str

    @property
    def outcome(self) -> str:
        return self.failing.hop if self.failing else OK

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "hops": [_plain(hop) for hop in self.hops],
            "failing_hop": self.failing.hop if self.failing else "",
            "verdict": self.text,
            "text": table(self.hops),
        }


def evaluate(facts: PathFacts) -> Verdict:
    """Evaluate every hop. Each occurs at least once, but for gateways."""
    hops = [dns.evaluate(facts), route.evaluate(facts)]
    for evaluate in (endpoints.evaluate, gateway.evaluate, tls.evaluate):
        hops += evaluate(facts)
    failed_tls = {hop.where for hop in hops if hop.hop == TLS and hop.ok is False}
    hops += server.evaluate(facts, failed_tls)
    for name in (ENDPOINTS, TLS, SERVER):
        if not any(hop.hop == name for hop in hops):
            hops.append(HopResult(name, None, "", NOT_REACHED))
    hops = _merge(sorted(hops, key=lambda hop: HOPS.index(hop.hop)))
    failing = next((hop for hop in hops if hop.ok is False), None)
    if failing is None and facts.answered < len(facts.records):
        hops, failing = _blame_unproven(hops, facts)
    return Verdict(tuple(hops), failing, _text(facts, failing))


def _merge(hops: t.Iterable[HopResult]) -> list[HopResult]:
    """Merge the equal results of several locations."""
    found: dict[tuple[str, bool | None, str], HopResult] = {}
    for hop in hops:
        key = (hop.hop, hop.ok, hop.detail)
        same = found.get(key)
        if same is None:
            found[key] = hop
            continue
        places = dict.fromkeys([*same.where.split(", "), hop.where])
        evidence = dict.fromkeys([*same.evidence, *hop.evidence])
        found[key] = dataclasses.replace(
            same, where=", ".join(place for place in places if place), evidence=tuple(evidence)
        )
    return list(found.values())


def _blame_unproven(hops: list[HopResult], facts: PathFacts) -> tuple[list[HopResult], HopResult]:
    """Blame the first unproven hop, if requests fail and no hop explains it."""
    place = next((n for n, hop in enumerate(hops) if hop.ok is None), len(hops) - 1)
    evidence = (*hops[place].evidence, *responses(facts), *log_lines(facts))
    blamed = dataclasses.replace(
        hops[place], ok=False, detail=f"requests fail, and {hops[place].detail}", evidence=evidence
    )
    return [*hops[:place], blamed, *hops[place + 1 :]], blamed


def _text(facts: PathFacts, failing: HopResult | None) -> str:
    count = f"{facts.answered} of {len(facts.records)} requests were answered"
    if failing is None:
        text = f"ok: {count}" if facts.records else "ok, as far as is known without a request"
        if facts.skipped_endpoints:
            text += f"; {endpoints.quantity(facts.skipped_endpoints, 'endpoint')} not looked into"
        return text
    text = f"{failing.hop} fails: {failing.detail}" + (
        f" ({failing.where})" if failing.where else ""
    )
    if facts.answered:
        text += f"; {count} all the same"
        text += f": {_why_answered(facts, failing)}"
    return text


def _leads_to(endpoint: Endpoint, where: str) -> bool:
    target = endpoint.target
    found = {endpoint.address}
    if isinstance(target, Gateway):
        found |= {target.where, *(replica.where for replica in target.replicas)}
        ends = [each.target for replica in target.replicas for each in replica.endpoints]
        found |= {end.where for end in ends if isinstance(end, Server)}
    elif isinstance(target, Server):
        found.add(target.where)
    return bool(found & set(where.split(", ")))


def _why_answered(facts: PathFacts, failing: HopResult) -> str:
    everything = [
        endpoint for cluster_hop in facts.cluster_hops for endpoint in cluster_hop.endpoints
    ]
    answered = [each for each in everything if each.requests]
    if failing.hop in (GATEWAY, TLS, SERVER) and not any(
        each.new_connections or not _leads_to(each, failing.where) for each in answered
    ):
        return "over connections that existed before, where a new one would fail"
    if failing.hop == GATEWAY and len(everything) == 1:
        return "through other pods of the gateway"
    return "by other endpoints"


def _plain(hop: HopResult) -> dict[str, t.Any]:
    return {**dataclasses.asdict(hop), "evidence": list(hop.evidence)}


def table(hops: t.Sequence[HopResult]) -> str:
    """Write a line for each hop; failing ones with evidence and advice."""
    names = [hop.hop for hop in hops]
    return "\n".join(line for hop in hops for line in _lines(hop, names.count(hop.hop) > 1))


def _lines(hop: HopResult, ambiguous: bool) -> t.Iterator[str]:
    line = f"{_MARKS[hop.ok]} {hop.hop:<{_WIDTH}}  {hop.detail}"
    if hop.ok is not False:
        yield f"{line} ({hop.where})" if ambiguous and hop.where else line
        return
    yield line
    if hop.where:
        yield f"{_INDENT}at {hop.where}"
    for each in hop.evidence:
        yield f"{_INDENT}- {each}"
    if hop.advice:
        yield f"{_INDENT}→ {hop.advice}"
