# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proof's report as a table."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line, columns
from ansible_collections.eastwest.mesh.plugins.module_utils._report import disturbance
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import PASSED, Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import finding_line

GREEN = "green"
RED = "red"
# of a proof in check mode
UNPROVED = "nothing is proved, since check mode sends no request"

# more zones do not fit side by side
_MAX_ZONES = 6
_NOTHING = "–"
_DISTURBED = "disturbed"
_EXPECTED_BY = {
    "statement": "statement",
    "forecast": "forecast",
    "both": "statement, forecast",
}


def render(report: Document, width: int | None = None) -> list[Line]:
    """The whole report; a column for each zone where there are few, a line for each otherwise.

    Where the columns are wider than the screen, whose ``width`` is in characters, each step has two
    lines.
    """
    zones = _zones(report)
    body = _side_by_side(report, zones) if len(zones) <= _MAX_ZONES else _stacked(report)
    if width and len(zones) <= _MAX_ZONES and any(len(line.text) > width for line in body):
        body = _narrow(report)
    return [Line(""), Line(_head(report)), *body, *_reasons(report), Line(""), _conclusion(report)]


def in_one_line(report: Document) -> Line:
    """What was proved and how it ended."""
    conclusion = _conclusion(report)
    return Line(f"{_head(report)}: {conclusion.text}", conclusion.colour)


def _head(report: Document) -> str:
    return f"{report['scenario']} on {report['provider']}, {report['duration_s']:.1f} s"


def _side_by_side(report: Document, zones: list[str]) -> list[Line]:
    titles = [
        "step",
        "requests",
        *(zone for zone in zones),
        "errors",
        "failover",
        *([_DISTURBED] if _timed(report) else []),
        "expected by",
        "verdict",
    ]
    rows = [_row(step, zones, timed=_timed(report)) for step in report["steps"]]
    colours = [_colour(step) for step in report["steps"]]
    # words to the left, numbers to the right
    lines = columns(titles, rows, colours, left={0, len(titles) - 2, len(titles) - 1})
    if zones:
        told = f"; {_DISTURBED}: forecast / observed" if _timed(report) else ""
        lines.append(Line(f"zones: expected / observed share{told}"))
    return lines


def _timed(report: Document) -> bool:
    """Whether the forecast has a time for what any step did."""
    return any(disturbance.longest(step) for step in report["steps"])


def _disturbed(step: Document) -> str:
    event = disturbance.longest(step)
    if event is None:
        return _NOTHING
    return f"{disturbance.forecast(event)} / {disturbance.observed(event)}"


def _row(step: Document, zones: list[str], *, timed: bool) -> list[str]:
    return [
        step["name"],
        str(step["requests"]),
        *(_pair(step, zone) for zone in zones),
        str(step["errors"]),
        _failover(step),
        *([_disturbed(step)] if timed else []),
        _expected_by(step),
        _verdict(step["verdict"]),
    ]


def _stacked(report: Document) -> list[Line]:
    lines = []
    for step in report["steps"]:
        moved = _moved(step)
        lines += [
            Line(
                f"{_verdict(step['verdict'])}  {step['name']}: {step['requests']} requests, "
                f"{step['errors']} errors{moved}, expected by {_expected_by(step)}",
                _colour(step),
            )
        ]
        zones = _named(step)
        width = max((len(zone) for zone in zones), default=0)
        lines += [Line(f"    {zone:<{width}}  {_pair(step, zone)}") for zone in zones]
    return [*lines, Line("zones: expected / observed share")]


def _narrow(report: Document) -> list[Line]:
    lines = []
    for step in report["steps"]:
        moved = _moved(step)
        counted = f"{step['requests']} requests, {step['errors']} errors"
        zones = ", ".join(f"{zone} {_pair(step, zone)}" for zone in _named(step))
        lines += [
            Line(f"{_verdict(step['verdict'])}  {step['name']}: {counted}{moved}", _colour(step)),
            Line(f"    {zones or _NOTHING}"),
        ]
    return [*lines, Line("zones: expected / observed share")]


def _moved(step: Document) -> str:
    found = f", failover {_failover(step)}" if "failover_ms" in step else ""
    return f"{found}, {_DISTURBED} {_disturbed(step)}" if disturbance.longest(step) else found


def _reasons(report: Document) -> list[Line]:
    lines = []
    for step in report["steps"]:
        told = [text for reason in step["reasons"] for text in reason.splitlines()]
        if step["verdict"] != PASSED:
            told += [finding_line(finding) for finding in step.get("findings", ())]
        lines += [Line(f"✘ {step['name']}: {text}", RED) for text in told]
    return lines


def _conclusion(report: Document) -> Line:
    steps = report["steps"]
    alike = sum((step["verdict"] == PASSED) == (report["verdict"] == PASSED) for step in steps)
    noun = "step" if len(steps) == 1 else "steps"
    text = f"{_verdict(report['verdict'])}: {alike} of {len(steps)} {noun}"
    return Line(text, _colour(report))


def _zones(report: Document) -> list[str]:
    """Every zone that something was expected of or seen from, in the order of the steps."""
    return list(dict.fromkeys(zone for step in report["steps"] for zone in _named(step)))


def _named(step: Document) -> list[str]:
    shares = (*step["expected"].items(), *step["observed"].items())
    return list(dict.fromkeys(zone for zone, share in shares if share))


def _pair(step: Document, zone: str) -> str:
    expected, observed = step["expected"].get(zone, 0), step["observed"].get(zone, 0)
    if not expected and not observed:
        return _NOTHING
    return f"{_percent(expected)} / {_percent(observed)}"


def _percent(share: float) -> str:
    if share in (0, 1):
        return f"{share:.0%}"
    # what is not all and not nothing must not look like it
    return f"{min(max(share, 0.001), 0.999):.1%}"


def _failover(step: Document) -> str:
    value = step.get("failover_ms")
    if value is None:
        return _NOTHING
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.3g} ms"


def _expected_by(step: Document) -> str:
    return _EXPECTED_BY.get(step["expectation"], _NOTHING)


def _verdict(verdict: str) -> str:
    return f"{'✔' if verdict == PASSED else '✘'} {verdict}"


def _colour(judged: Document) -> str:
    return GREEN if judged["verdict"] == PASSED else RED
