# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for people. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line, columns
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import (
    Destination,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    FailoverStage,
    ServiceForecast,
)

GREEN = "green"
RED = "red"
YELLOW = "yellow"
_NOTHING = "–"
# more endpoints of one locality are counted, not listed
_MOST_LISTED = 8


def reasons(plan: ServiceForecast) -> t.Iterator[str]:
    """Where the decision comes from, in words."""
    yield from plan.upstream.assignment.reasons
    if plan.upstream.assignment.nondeterministic:
        yield "keys overlap, so istiod itself answers differently from push to push"
    if plan.routed_by:
        yield f"VirtualService {plan.routed_by} routes this host, which is not looked at here"


def percent(share: float) -> str:
    """A share; what is not all and not nothing does not look like it."""
    if share <= 1e-9:
        return _NOTHING
    if share >= 1 - 1e-9:
        return "100 %"
    return f"{min(max(share, 0.001), 0.999):.1%}".replace("%", " %")


def render(plan: ServiceForecast) -> list[Line]:
    """The plan of one client: what decides, the table, what happens as endpoints die, risks."""
    return [
        Line(""),
        Line(_title(plan)),
        *(Line(f"  {reason}") for reason in _because(plan)),
        *_table(plan),
        *_dropped(plan),
        *_stages(plan),
        *_risks(plan),
    ]


def _title(plan: ServiceForecast) -> str:
    client = plan.asker.proxy.client
    place = client.locality.rstrip("/") or "no locality"
    who = f"{plan.asker.name} in {place}" if plan.asker.name else f"a client in {place}"
    asked = plan.asked
    what = f"{asked.service.host}:{asked.port.number}"
    subset = f", subset {asked.subset}" if asked.subset else ""
    return f"{who} (cluster {plan.asker.cluster}) → {what}{subset}"


def _because(plan: ServiceForecast) -> t.Iterator[str]:
    effective = plan.upstream.rules.effective
    yield f"rule: {effective.name}" if effective else "rule: none"
    assignment = plan.upstream.assignment
    weighted = "localities by weight" if assignment.locality_weighted else "no locality weights"
    yield f"load balancer: {assignment.load_balancer}, {weighted}"
    yield from reasons(plan)


def _table(plan: ServiceForecast) -> list[Line]:
    titles = ["priority", "locality", "weight", "healthy", "share", "where"]
    weighted = plan.upstream.assignment.locality_weighted
    rows: list[list[str]] = []
    reasons: list[Line] = []
    shares = plan.outlook.shares
    by_place: dict[tuple[int, str], list[Destination]] = {}
    for leaf in plan.leaves:
        by_place.setdefault((leaf.priority, leaf.seen_as), []).append(leaf)
    for level in shares.priorities:
        places = [each for each in shares.localities if each.priority == level.priority]
        reasons.append(Line(f"  priority {level.priority}: {level.reason}"))
        for number, place in enumerate(places):
            members = by_place.get((place.priority, place.locality), [])
            name = place.locality or "(none)"
            first = "" if number else str(level.priority)
            weight = str(place.weight) if weighted else _NOTHING
            healthy = f"{place.healthy}/{place.hosts}"
            share = percent(sum(leaf.share for leaf in members))
            rows.append([first, name, weight, healthy, share, ""])
            rows.extend(_members(members))
            reasons.append(Line(f"    {name}: {place.reason}"))
    if not rows:
        return [Line("  no endpoints", RED)]
    colours = [GREEN if row[4] != _NOTHING else None for row in rows]
    return [*columns(titles, rows, colours, left={1, 5}, indent="  "), *reasons]


def _members(leaves: t.Sequence[Destination]) -> t.Iterator[list[str]]:
    for leaf in leaves[:_MOST_LISTED]:
        where = ""
        if leaf.via:
            where = f"{leaf.cluster}, {leaf.locality}, through {', '.join(leaf.via)}"
        yield ["", f"  {leaf.name}", "", "", percent(leaf.share), where]
    if len(leaves) > _MOST_LISTED:
        rest = leaves[_MOST_LISTED:]
        share = percent(sum(leaf.share for leaf in rest))
        yield ["", f"  and {len(rest)} more", "", "", share, ""]


def _dropped(plan: ServiceForecast) -> list[Line]:
    return [
        Line(f"  left out: {endpoint.name or endpoint.address}: {reason}", YELLOW)
        for endpoint, reason in plan.upstream.assignment.dropped
    ]


def _stages(plan: ServiceForecast) -> list[Line]:
    lines = []
    for stage in (*plan.stages[1:], *plan.without):
        how = "" if stage.by_ejection else "  (not by ejection)"
        lines.append(Line(f"  {_if_dead(stage)}: {_where(plan, stage)}{how}"))
    return [Line("  what happens as endpoints die:"), *map(_indented, lines)] if lines else []


def _indented(line: Line) -> Line:
    return Line(f"  {line.text}", line.colour)


def _if_dead(stage: FailoverStage) -> str:
    if not stage.dead:
        return f"without {stage.locality or '(no locality)'}"
    numbers = ", ".join(map(str, stage.dead))
    return f"without {'priority' if len(stage.dead) == 1 else 'priorities'} {numbers}"


def _where(plan: ServiceForecast, stage: FailoverStage) -> str:
    shares = plan.shares("locality", stage.answers)
    found = [f"{name or '(none)'} {percent(share)}" for name, share in shares.items() if share]
    return ", ".join(found) or "every request fails"


def _risks(plan: ServiceForecast) -> list[Line]:
    lines = []
    if plan.lost:
        lines.append(Line(f"  ✘ {percent(plan.lost)} of the requests fail now", RED))
    colour = RED if plan.lost else YELLOW
    return [*lines, *(Line(f"  ! {risk}", colour) for risk in plan.risks)]
