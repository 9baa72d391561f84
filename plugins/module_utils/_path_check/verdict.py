# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hops of a path, the first that fails, and the verdict. Private to this collection."""

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
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.hops import (
    evidence as signs,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.text import table
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.types import (
    ENDPOINTS,
    GATEWAY,
    HOPS,
    NOT_REACHED,
    OK,
    SERVER,
    TLS,
    Hop,
    PathFacts,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a path. ``failing`` is the first hop that fails, or nothing."""

    hops: tuple[Hop, ...]
    failing: Hop | None
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
    """Judges every hop. Each of them occurs at least once, but a gateway where none is."""
    hops = [dns.judge(facts), route.judge(facts)]
    for judge in (endpoints.judge, gateway.judge, tls.judge):
        hops += judge(facts)
    unsafe = {hop.where for hop in hops if hop.hop == TLS and hop.ok is False}
    hops += server.judge(facts, unsafe)
    for name in (ENDPOINTS, TLS, SERVER):
        if not any(hop.hop == name for hop in hops):
            hops.append(Hop(name, None, "", NOT_REACHED))
    hops = _merged(sorted(hops, key=lambda hop: HOPS.index(hop.hop)))
    failing = next((hop for hop in hops if hop.ok is False), None)
    if failing is None and facts.answered < len(facts.records):
        hops, failing = _blamed(hops, facts)
    return Verdict(tuple(hops), failing, _text(facts, failing))


def _merged(hops: t.Iterable[Hop]) -> list[Hop]:
    """What is said in the same words of several places is said once."""
    found: dict[tuple[str, bool | None, str], Hop] = {}
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


def _blamed(hops: list[Hop], facts: PathFacts) -> tuple[list[Hop], Hop]:
    """Requests fail and no hop says why: the first that nobody can vouch for is to blame."""
    place = next((n for n, hop in enumerate(hops) if hop.ok is None), len(hops) - 1)
    evidence = (*hops[place].evidence, *signs.answers(facts), *signs.logged(facts))
    blamed = dataclasses.replace(
        hops[place], ok=False, detail=f"requests fail, and {hops[place].detail}", evidence=evidence
    )
    return [*hops[:place], blamed, *hops[place + 1 :]], blamed


def _text(facts: PathFacts, failing: Hop | None) -> str:
    count = f"{facts.answered} of {len(facts.records)} requests were answered"
    if failing is None:
        text = f"ok: {count}" if facts.records else "ok, as far as can be told without a request"
        if facts.left_out:
            text += f"; {endpoints.counted(facts.left_out, 'endpoint')} not looked into"
        return text
    text = f"{failing.hop} fails: {failing.detail}" + (
        f" ({failing.where})" if failing.where else ""
    )
    if facts.answered:
        text += f"; {count} all the same"
        text += f": {_why_answered(facts, failing)}"
    return text


def _why_answered(facts: PathFacts, failing: Hop) -> str:
    everything = [endpoint for reached in facts.reached for endpoint in reached.endpoints]
    if failing.hop in (GATEWAY, TLS, SERVER) and not any(each.opened for each in everything):
        return "over connections that existed before, where a new one would fail"
    if failing.hop == GATEWAY and len(everything) == 1:
        return "through other pods of the gateway"
    return "by other endpoints"


def _plain(hop: Hop) -> dict[str, t.Any]:
    return {**dataclasses.asdict(hop), "evidence": list(hop.evidence)}
