# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecasts of an analysis as text: a line for each client and destination, or in full."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.messages import (
    count,
    percent,
    place,
    same_split,
    split,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._diagnosis.diagnosis import (
    Diagnosis,
    ForecastResult,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast import text
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.destinations import Answers
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.route_parts import RoutePart
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    ServiceForecast,
)

_MOST_NOT_CONSIDERED = 4


def forecast_lines(diagnosis: Diagnosis) -> list[Line]:
    """Return each client's shares, a line for each route and destination, by service.

    The shares of the lines of one client and one route add up to all its requests.
    """
    lines: list[Line] = []
    for title, results in itertools.groupby(diagnosis.forecasts, key=_title):
        members = list(results)
        lines.append(Line(f"  {title}"))
        lines += [_short(each.forecast) for each in members]
        lines += _not_considered(members, "    ")
    if not lines:
        return []
    if diagnosis.more_forecasts:
        lines.append(
            Line(f"  and {count(diagnosis.more_forecasts, 'more service')}: -e forecast=all")
        )
    return [Line(""), Line("where requests go:"), *lines]


def full_forecast_lines(diagnosis: Diagnosis) -> list[Line]:
    """Return all forecasts with priorities, reasons and what happens as endpoints die."""
    return [
        line
        for each in diagnosis.forecasts
        for line in (*text.render(each.forecast), *_not_considered([each], "  "))
    ]


def _title(result: ForecastResult) -> str:
    """Name the service, its port, and the rule where it is the same for all that is asked for."""
    forecast = result.forecast
    if forecast.via:
        asked, origin = forecast.via.asked, forecast.via.route.origin
        where = forecast.via.place or f"{asked.service.host}:{asked.port.number}"
        return f"{where}, {origin.object}" if origin else where
    target = forecast.target
    return f"{target.service.host}:{target.port.number}, {_rule(forecast)}"


def _rule(forecast: ServiceForecast) -> str:
    rule = forecast.outbound.rules.effective
    return f"rule {rule.name}" if rule else "no rule"


def _short(forecast: ServiceForecast) -> Line:
    """One client's shares now, and once the first priority is dead."""
    via = forecast.via
    client = forecast.client.proxy.client
    head = f"{forecast.client.name or 'clients'} in {place(client.locality)}"
    if via:
        head = f"{head}, {_route(forecast, via)}"
        if via.route.own_answer and not forecast.lost:
            return Line(f"    {head}: 100 % answered by the proxy itself, {via.route.own_answer}")
    now = _answers(forecast, forecast.answers)
    if forecast.lost and forecast.risks:
        now = f"{now} ({'; '.join(forecast.risks)})"
    then = ""
    # where the first priority is dead already, its end changes nothing
    later = [each for each in forecast.stages[1:-1] if _changes(forecast, each.answers)]
    if later:
        then = f"; then {_answers(forecast, later[0].answers)}"
        if not later[0].by_ejection:
            then += " (not by ejection)"
    return Line(f"    {head}: {now}{then}", text.RED if forecast.lost else None)


def _changes(forecast: ServiceForecast, answers: Answers) -> bool:
    now, later = forecast.shares("locality"), forecast.shares("locality", answers)
    return answers.lost != forecast.lost or not same_split(now, later)


def _route(forecast: ServiceForecast, via: RoutePart) -> str:
    """Say which requests a route takes, and to which destination this part of them goes."""
    name = f" {via.route.name}" if via.route.name else ""
    found = f"route {via.number}{name} ({via.requests})"
    if via.route.own_answer:
        return found
    target = forecast.target
    if not forecast.destinations:
        return f"{found}, {percent(via.share)} of them" if via.share < 1 else found
    to = []
    if target.service.host != via.asked.service.host or target.port != via.asked.port:
        to.append(f"{target.service.host}:{target.port.number}")
    if target.subset:
        to.append(f"subset {target.subset}")
    if len(via.route.destinations) > 1 or to:
        to_text = " ".join(to) or target.service.host
        part = f"{percent(via.share)} " if via.share < 1 else ""
        found = f"{found}, {part}to {to_text}"
    return f"{found}, {_rule(forecast)}"


def _answers(forecast: ServiceForecast, answers: Answers) -> str:
    """Return what localities get of all requests of the route, and what fails."""
    part = forecast.via.share if forecast.via else 1.0
    shares = forecast.shares("locality", answers)
    lost = f"{percent(answers.lost * part)} fail" if answers.lost else ""
    served = {name: share * part for name, share in shares.items() if share}
    if not served and lost:
        return lost
    return ", ".join(filter(None, (split(served), lost))) + _onward(answers, part)


def _onward(answers: Answers, part: float) -> str:
    """Say what does not end behind the gateway that the client chose, but another one."""
    share = sum(each.share for each in answers.destinations if len(each.via) > 1)
    return f" ({percent(share * part)} of all sent on from gateway to gateway)" if share else ""


def _not_considered(results: t.Sequence[ForecastResult], indent: str) -> list[Line]:
    """Return what the forecasts leave out, once each, with the clients where it is not for all."""
    touched: dict[tuple[str, str], list[str]] = {}
    clients = {each.forecast.client.name for each in results}
    for result in results:
        for each in result.not_considered:
            names = touched.setdefault((each.object, each.reason), [])
            if result.forecast.client.name not in names:
                names.append(result.forecast.client.name)
    lines = []
    for (obj, reason), names in list(touched.items())[:_MOST_NOT_CONSIDERED]:
        some = f", for {', '.join(filter(None, names[:3]))}" if len(names) < len(clients) else ""
        lines.append(Line(f"{indent}not considered: {obj}, which {reason}{some}", text.YELLOW))
    more = len(touched) - _MOST_NOT_CONSIDERED
    if more > 0:
        lines.append(Line(f"{indent}not considered: {more} more, see the report", text.YELLOW))
    return lines
