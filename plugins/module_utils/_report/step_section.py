# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the part of a page that belongs to one step."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report import (
    digest,
    disturbance,
    numbers,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.digest import passed, sentence
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import finding_list
from ansible_collections.eastwest.mesh.plugins.module_utils._report.forecast_parts import (
    balancing,
    priorities,
    risks,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import (
    FAILED_NAME,
    Palette,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shares_table import shares_table
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shell import items
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import frame, table
from ansible_collections.eastwest.mesh.plugins.module_utils._report.timeline_pictures import (
    step_timeline,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.topology_picture import (
    topology_picture,
)

# the rest of them is in the data
_MOST_FAILURES = 50
# of a reason in a card; the whole is with the step
_BRIEF = 120


def badge(judged: Document) -> Markup:
    """Return the verdict as a small sign."""
    mark = "✔" if passed(judged) else "✘"
    return el("span", f"{mark} {judged['verdict']}", class_="badge")


def step_card(index: int, step: Document, palette: Palette) -> Markup:
    """Return a step in brief: its verdict, a sentence and the picture of its topology."""
    link = el("a", step["name"], href=f"#step-{index}")
    return el(
        "li",
        el("h3", el("span", str(index), class_="quiet"), link),
        el("p", badge(step), " ", sentence(step)),
        _reason_in_brief(step),
        topology_picture(step, palette, f"topology-{index}"),
        class_=step["verdict"],
    )


def step_section(index: int, step: Document, palette: Palette) -> Markup:
    """Return a step with its timeline and all tables."""
    timeline = None
    if "timeline" in step:
        name = f"timeline-{index}"
        drawn = step_timeline(step, palette, name)
        timeline = frame(f"Timeline of the step {step['name']}", drawn)
    return el(
        "section",
        el(
            "div",
            el("h3", f"{index} {step['name']}", id=f"step-{index}-title"),
            badge(step),
            class_="step-title",
        ),
        el("p", sentence(step)),
        _why(step),
        _findings(step),
        timeline,
        shares_table(step, palette),
        _judged(step),
        _phases(step),
        _failures(step),
        _forecast(step),
        id=f"step-{index}",
        aria_labelledby=f"step-{index}-title",
        class_=f"card {step['verdict']}",
    )


def _why(step: Document) -> list[Markup]:
    lines = [line for reason in step["reasons"] for line in reason.splitlines()[:12]]
    return [el("p", line, class_="reason") for line in lines]


def _reason_in_brief(step: Document) -> Markup | None:
    reason = digest.first_reason(step)
    return el("p", numbers.clip(reason, _BRIEF), class_="reason") if reason else None


def _judged(step: Document) -> Markup | None:
    judged = step["judged"]
    if not judged:
        return None
    words = [f"Criterion: {judged['model']}."]
    if "p_value" in judged:
        words.append(
            f"χ² {judged['statistic']:.3g} with {judged['degrees_of_freedom']} degrees of freedom, "
            f"p {judged['p_value']:.3g}."
        )
    most = judged["max_errors"]
    words.append(
        f"At most {numbers.plural(most, 'request')} may fail."
        if most
        else "No request may fail."
        if not step["expected"].get(FAILED_NAME)
        else ""
    )
    for name, each in judged.get("distinct", {}).items():
        words.append(f"{each['observed']} different {name} answered, {each['expected']} expected.")
    words.append(
        f"{step['requests_per_second']:g} requests/s over "
        f"{numbers.plural(step['connections'], 'connection')}."
    )
    return el("p", " ".join(filter(None, words)), class_="quiet")


def _phases(step: Document) -> Markup | None:
    """Return what was done meanwhile, and who answered before, between and after."""
    if not step.get("events"):
        return None
    events = [
        (
            event["name"],
            numbers.milliseconds(event["at_ms"]),
            numbers.milliseconds(event["took_ms"]),
            numbers.milliseconds(event["failover_ms"]),
            disturbance.observed(event),
            disturbance.forecast(event, course=True),
        )
        for event in step["events"]
    ]
    parts = [
        (words, step[name]["requests"], step[name]["errors"], _counts(step[name]["counts"]))
        for name, words in (
            ("before", "before the first event"),
            ("transition", "until it settled"),
        )
        if name in step
    ]
    return el(
        "details",
        el("summary", "Events and phases"),
        table(
            "What was done while requests flowed",
            ["event", "at", "took", "failover", "disturbed for", "by the forecast"],
            events,
            shown=True,
        ),
        *(el("p", each, class_="quiet") for each in disturbance.remarks(step)),
        table(
            "Who answered before it settled",
            ["phase", "requests", "failed", "answers"],
            parts,
            {0, 3},
            shown=True,
        )
        if parts
        else None,
        open=True,
    )


def _counts(counts: t.Mapping[str, int]) -> str:
    return ", ".join(f"{name} {numbers.count(each)}" for name, each in counts.items()) or "none"


def _failures(step: Document) -> Markup | None:
    failures = step.get("failures", [])
    if not failures:
        return None
    tally = collections.Counter(failure["reason"] for failure in failures)
    reasons = ", ".join(f"{reason} ×{times}" for reason, times in tally.most_common())
    rows = [
        (
            numbers.milliseconds(failure["at_ms"]),
            numbers.milliseconds(failure["took_ms"]),
            failure["reason"],
        )
        for failure in failures[:_MOST_FAILURES]
    ]
    left = step["errors"] - len(rows)
    more = el("p", f"and {numbers.count(left)} more", class_="quiet") if left > 0 else None
    return el(
        "details",
        el("summary", f"{numbers.plural(step['errors'], 'failed request')}: {reasons}"),
        table("Failed requests", ["began at", "took", "reason"], rows, {0, 2}),
        more,
    )


def _forecast(step: Document) -> Markup | None:
    """Return why the model expects what it does."""
    forecast = step.get("forecast")
    if not forecast:
        because = items(step["because"])
        return el("div", el("h4", "Why"), because) if because else None
    return el(
        "details",
        el("summary", "Forecast: priorities and reasons"),
        el("p", balancing(forecast)),
        items(dict.fromkeys((*forecast["reasons"], *step["because"]))),
        priorities(forecast, f"Priorities that the forecast gives the step {step['name']}"),
        risks(forecast),
    )


def _findings(step: Document) -> Markup | None:
    found = step.get("findings", [])
    if not found:
        return None
    return el("div", el("h4", "What is wrong with the rules"), finding_list(found))
