# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in words and a few numbers what a proof found: for its page and for summaries."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._report import disturbance, numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import PASSED, Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import FAILED_NAME

SOURCES = {
    "statement": "as stated",
    "forecast": "as forecast",
    "both": "as stated and as forecast",
}


# more steps are counted
_MOST_NAMED = 3
# with more names, only the range of their shares is said
_MOST_SHARES = 4


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number that stands for the proof."""

    label: str
    value: str
    note: str


def passed(judged: Document) -> bool:
    """Return whether a report or one of its steps passed."""
    return bool(judged["verdict"] == PASSED)


def headline(report: Document) -> str:
    """Return the verdict with the number of steps behind it."""
    steps = report["steps"]
    good = sum(map(passed, steps))
    if passed(report):
        return f"passed: {good} of {numbers.plural(len(steps), 'step')}"
    return f"failed: {len(steps) - good} of {numbers.plural(len(steps), 'step')} failed"


def subject(report: Document) -> str:
    """Return who sends requests to what, as far as a step's forecast knows it."""
    for step in report["steps"]:
        if forecast := step.get("forecast"):
            client = forecast["client"]
            where = client["locality"] or "no locality"
            return (
                f"{client['name'] or 'A client'} in {where} (cluster {client['cluster']}) "
                f"sends requests to {forecast['host']}:{forecast['port']}."
            )
    return ""


def story(report: Document) -> list[str]:
    """Return what happened, in a few sentences: who moved where and how fast, what failed."""
    steps = report["steps"]
    found = [
        f"After \N{LEFT DOUBLE QUOTATION MARK}{event['name']}\N{RIGHT DOUBLE QUOTATION MARK}, answers came from {_names(step)} within "
        f"{numbers.milliseconds(event['failover_ms'])}."
        for step in steps
        for event in step.get("events", ())
        if event.get("failover_ms") is not None
    ]
    outages = [step["name"] for step in steps if step["expected"].get(FAILED_NAME)]
    if outages and passed(report):
        found.append(f"The outage in {_quoted(outages)} is what was expected.")
    bad = [step["name"] for step in steps if not passed(step)]
    if bad:
        found.append(f"Not as expected: {_quoted(bad)}.")
    return found or ["Every step saw the shares that were expected."]


def key_figures(report: Document) -> list[KeyFigure]:
    """Return what one looks for first: the steps, the failover, failures, latency."""
    return [
        _steps(report),
        *_failover(report),
        _failures(report),
        *_outage(report),
        *_latency(report),
    ]


def first_reason(step: Document) -> str:
    """Return the first line of why a step failed; empty where it passed."""
    lines = [line for reason in step["reasons"] for line in reason.splitlines() if line.strip()]
    return lines[0] if lines else ""


def sent(step: Document) -> int:
    """Return how many requests a step's client sent, those before and between included."""
    if "timeline" in step:
        return int(sum(step["timeline"]["requests"]))
    parts = (step.get(name, {}).get("requests", 0) for name in ("before", "transition"))
    return int(step["requests"] + sum(parts))


def sentence(step: Document) -> str:
    """Return what a step found, in one sentence."""
    if not step["requests"] and not passed(step):
        return "Not taken."
    found = f"{destinations(step['observed'])}, {_against(step)}."
    moved = step.get("failover_ms")
    if moved is not None:
        found += f" Failover took {numbers.milliseconds(moved)}."
    found += disturbance.sentence(step)
    return found + f" {_errors(step)}"


def brief(step: Document) -> str:
    """Return what a step found in few words, such as ``all requests went to zone2``."""
    if not step["requests"] and not passed(step):
        return "not taken"
    found = destinations(step["observed"])
    words = [found[0].lower() + found[1:]]
    if step.get("failover_ms") is not None:
        words.append(f"failover {numbers.milliseconds(step['failover_ms'])}")
    if step["errors"]:
        words.append(f"{numbers.count(step['errors'])} of {numbers.count(sent(step))} failed")
    return ", ".join(words)


def destinations(shares: t.Mapping[str, float]) -> str:
    """Return where requests went, such as ``all requests to zone2``."""
    busy = {name: share for name, share in shares.items() if share}
    if not busy:
        return "No request was answered"
    if list(busy) == [FAILED_NAME]:
        return "Every request failed"
    if len(busy) == 1:
        return f"All requests went to {next(iter(busy))}"
    if len(busy) > _MOST_SHARES:
        least, most = numbers.percent(min(busy.values())), numbers.percent(max(busy.values()))
        return f"Requests were spread over {len(busy)} names, {least} to {most} each"
    return f"Requests went to {_listed(busy)}"


def _listed(shares: t.Mapping[str, float]) -> str:
    return ", ".join(f"{name} {numbers.percent(share)}" for name, share in shares.items())


def _names(step: Document) -> str:
    return " and ".join(name for name, share in step["observed"].items() if share)


def _quoted(names: t.Sequence[str]) -> str:
    shown = [
        f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"
        for name in names[:_MOST_NAMED]
    ]
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _against(step: Document) -> str:
    if passed(step):
        return SOURCES.get(step["expectation"], "and nothing was expected")
    expected = {name: share for name, share in step["expected"].items() if share}
    if len(expected) > _MOST_SHARES:
        return f"where {len(expected)} names were expected"
    return f"where {_listed(expected) or 'nothing'} was expected"


def _errors(step: Document) -> str:
    if not step["errors"]:
        return "No request failed."
    return f"{numbers.count(step['errors'])} of {numbers.plural(sent(step), 'request')} failed."


def _steps(report: Document) -> KeyFigure:
    steps = report["steps"]
    good = sum(map(passed, steps))
    bad = [step["name"] for step in steps if not passed(step)]
    note = f"failed: {_quoted(bad)}" if bad else "each as expected"
    return KeyFigure("Steps passed", f"{good} of {len(steps)}", note)


def _failover(report: Document) -> t.Iterator[KeyFigure]:
    moves = [
        (step["failover_ms"], step["name"])
        for step in report["steps"]
        if step.get("failover_ms") is not None
    ]
    if not moves:
        return
    longest, name = max(moves)
    note = f"in \N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}, from the event to the first answer from elsewhere"
    if len(moves) > 1:
        note = f"the slowest of {len(moves)}, {note}"
    yield KeyFigure("Failover took", numbers.milliseconds(longest), note)


def _failures(report: Document) -> KeyFigure:
    errors = sum(step["errors"] for step in report["steps"])
    total = sum(map(sent, report["steps"]))
    intended = any(step["expected"].get(FAILED_NAME) for step in report["steps"])
    note = f"of {numbers.count(total)} that the client sent"
    if errors and passed(report):
        note += "; an outage is expected" if intended else "; as many as the steps allow"
    return KeyFigure("Failed requests", numbers.count(errors), note)


def _outage(report: Document) -> t.Iterator[KeyFigure]:
    found = [
        (outage["to_ms"] - outage["from_ms"], step["name"])
        for step in report["steps"]
        for outage in step.get("outages", ())
    ]
    if found:
        longest, name = max(found)
        note = f"in \N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}, without one good answer"
        yield KeyFigure("Longest outage", numbers.milliseconds(longest), note)


def _latency(report: Document) -> t.Iterator[KeyFigure]:
    medians = [step["latency_ms"]["p50"] for step in report["steps"] if step["latency_ms"]]
    if not medians:
        return
    worst = numbers.maximum(step["latency_ms"].get("p99") for step in report["steps"])
    middle = sorted(medians)[len(medians) // 2]
    note = (
        f"the middle of the steps; 99 % of each step's answers within {numbers.milliseconds(worst)}"
    )
    yield KeyFigure("Median latency", numbers.milliseconds(middle), note)
