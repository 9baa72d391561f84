# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast as text."""

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


def reasons(forecast: ServiceForecast) -> t.Iterator[str]:
    """Return what decides, in words."""
    yield from forecast.outbound.assignment.reasons
    if forecast.outbound.assignment.nondeterministic:
        yield "keys overlap, so istiod itself answers differently from push to push"
    if forecast.routed_by:
        yield f"{forecast.routed_by} routes TCP connections elsewhere"


def percent(share: float) -> str:
    """Return a share in percent; only all and nothing look like it."""
    if share <= 1e-9:
        return _NOTHING
    if share >= 1 - 1e-9:
        return "100 %"
    return f"{min(max(share, 0.001), 0.999):.1%}".replace("%", " %")


def render(forecast: ServiceForecast) -> list[Line]:
    """Return the forecast of one client: reasons, table, failover stages, risks."""
    via = forecast.via
    head = [Line(""), Line(_title(forecast)), *(via.lines() if via else ())]
    if via and not forecast.destinations:
        return [*head, *_risks(forecast)]
    return [
        *head,
        *(Line(f"  {reason}") for reason in _because(forecast)),
        *_table(forecast),
        *_dropped(forecast),
        *_stages(forecast),
        *_risks(forecast),
    ]


def _title(forecast: ServiceForecast) -> str:
    client = forecast.client.proxy.client
    locality = client.locality.rstrip("/") or "no locality"
    name = forecast.client.name or "a client"
    target = forecast.target
    service = f"{target.service.host}:{target.port.number}"
    subset = f", subset {target.subset}" if target.subset else ""
    return f"{name} in {locality} (cluster {forecast.client.cluster}) → {service}{subset}"


def _because(forecast: ServiceForecast) -> t.Iterator[str]:
    effective = forecast.outbound.rules.effective
    yield f"rule: {effective.name}" if effective else "rule: none"
    assignment = forecast.outbound.assignment
    weighted = "localities by weight" if assignment.locality_weighted else "no locality weights"
    yield f"load balancer: {assignment.load_balancer}, {weighted}"
    yield from reasons(forecast)


def _table(forecast: ServiceForecast) -> list[Line]:
    titles = ["priority", "locality", "weight", "healthy", "share", "where"]
    weighted = forecast.outbound.assignment.locality_weighted
    rows: list[list[str]] = []
    reasons: list[Line] = []
    shares = forecast.effective.shares
    by_locality: dict[tuple[int, str], list[Destination]] = {}
    for destination in forecast.destinations:
        by_locality.setdefault((destination.priority, destination.seen_as), []).append(destination)
    for level in shares.priorities:
        entries = [each for each in shares.localities if each.priority == level.priority]
        reasons.append(Line(f"  priority {level.priority}: {level.reason}"))
        for number, entry in enumerate(entries):
            members = by_locality.get((entry.priority, entry.locality), [])
            name = entry.locality or "(none)"
            first = "" if number else str(level.priority)
            weight = str(entry.weight) if weighted else _NOTHING
            healthy = f"{entry.healthy}/{entry.hosts}"
            share = percent(sum(destination.share for destination in members))
            rows.append([first, name, weight, healthy, share, ""])
            rows.extend(_members(members))
            reasons.append(Line(f"    {name}: {entry.reason}"))
    if not rows:
        return [Line("  no endpoints", RED)]
    colours = [GREEN if row[4] != _NOTHING else None for row in rows]
    return [*columns(titles, rows, colours, left={1, 5}, indent="  "), *reasons]


def _members(destinations: t.Sequence[Destination]) -> t.Iterator[list[str]]:
    for destination in destinations[:_MOST_LISTED]:
        where = ""
        if destination.via:
            where = f"{destination.cluster}, {destination.locality}, through {', '.join(destination.via)}"
        yield ["", f"  {destination.name}", "", "", percent(destination.share), where]
    if len(destinations) > _MOST_LISTED:
        rest = destinations[_MOST_LISTED:]
        share = percent(sum(destination.share for destination in rest))
        yield ["", f"  and {len(rest)} more", "", "", share, ""]


def _dropped(forecast: ServiceForecast) -> list[Line]:
    return [
        Line(f"  left out: {endpoint.name or endpoint.address}: {reason}", YELLOW)
        for endpoint, reason in forecast.outbound.assignment.dropped
    ]


def _stages(forecast: ServiceForecast) -> list[Line]:
    lines = []
    for stage in (*forecast.stages[1:], *forecast.without):
        how = "" if stage.by_ejection else "  (not by ejection)"
        lines.append(Line(f"  {_if_dead(stage)}: {_where(stage)}{how}"))
    more = len(forecast.alike) - len(forecast.without)
    if more:
        lines.append(Line(f"  and {more} more localities with shares like these, or smaller ones"))
    return [Line("  what happens as endpoints die:"), *map(_indented, lines)] if lines else []


def _indented(line: Line) -> Line:
    return Line(f"  {line.text}", line.colour)


def _if_dead(stage: FailoverStage) -> str:
    if not stage.dead:
        return f"without {stage.locality or '(no locality)'}"
    numbers = ", ".join(map(str, stage.dead))
    return f"without {'priority' if len(stage.dead) == 1 else 'priorities'} {numbers}"


def _where(stage: FailoverStage) -> str:
    shares: dict[tuple[str, str], float] = {}
    clusters: dict[str, set[str]] = {}
    for each in stage.answers.destinations:
        key = (each.seen_as, each.cluster)
        shares[key] = shares.get(key, 0.0) + each.share
        clusters.setdefault(each.seen_as, set()).add(each.cluster)
    found = [
        f"{name or '(none)'}{f' of {cluster}' if len(clusters[name]) > 1 else ''} {percent(share)}"
        for (name, cluster), share in shares.items()
        if share
    ]
    return ", ".join(found) or "every request fails"


def _risks(forecast: ServiceForecast) -> list[Line]:
    lines = []
    if forecast.lost:
        lines.append(Line(f"  ✘ {percent(forecast.lost)} of the requests fail now", RED))
    colour = RED if forecast.lost else YELLOW
    return [*lines, *(Line(f"  ! {risk}", colour) for risk in forecast.risks)]
