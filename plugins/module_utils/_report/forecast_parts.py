# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the parts of a forecast for a page: priorities, stages of a failover, endpoints, risks."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import Markup, el
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import (
    FAILED_NAME,
    Palette,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.shell import items
from ansible_collections.eastwest.mesh.plugins.module_utils._report.tables import table
from ansible_collections.eastwest.mesh.plugins.module_utils._report.topology_picture import (
    topology_picture,
)

# the table has all of them
_MOST_PICTURES = 12
# what tells endpoints apart: every endpoint has one
_BY = "workload"
# shares are made numbers of answers, as if so many requests had been sent
_REQUESTS = 1_000_000


def balancing(forecast: Document) -> str:
    """Return the rule in force and the load balancer."""
    return f"Rule: {forecast['rule'] or 'none'}. Load balancer: {forecast['load_balancer']}."


def priorities(forecast: Document, caption: str) -> list[Markup | None]:
    """Return a table of the priorities' localities, and why each priority gets what it does."""
    rows = [
        (
            str(level["priority"]),
            place["locality"] or "(none)",
            f"{place['healthy']}/{place['hosts']}",
            str(place["weight"]),
            numbers.percent(place["share"]),
            place["reason"],
        )
        for level in forecast["priorities"]
        for place in level["localities"]
    ]
    titles = ["priority", "locality", "healthy", "weight", "share", "reason"]
    reasons = [f"priority {each['priority']}: {each['reason']}" for each in forecast["priorities"]]
    return [table(caption, titles, rows, {0, 1, 5}), items(reasons)]


def risks(forecast: Document) -> list[Markup | None]:
    """Return what can go wrong, if anything can."""
    found = forecast["risks"]
    return [el("h4", "What can go wrong"), items(found)] if found else []


def stage_steps(forecast: Document) -> list[Document]:
    """Return what happens as endpoints die, each stage like a step of a proof that is pictured."""
    return [_stage_step(forecast, stage) for stage in (*forecast["order"], *forecast["without"])]


def stage_cards(steps: t.Sequence[Document], palette: Palette, name: str) -> Markup:
    """Return a small picture for each stage; ``name`` is unique on the page."""
    cards = [
        el(
            "li",
            el("h3", el("span", str(index), class_="quiet"), step["name"]),
            topology_picture(step, palette, f"{name}-{index}"),
            class_="failed" if step["observed"].get(FAILED_NAME) else "passed",
        )
        for index, step in enumerate(steps[:_MOST_PICTURES], 1)
    ]
    return el("ol", cards, class_="steps")


def stages_table(forecast: Document) -> Markup:
    """Return the shares of each locality in each stage."""
    stages = [*forecast["order"], *forecast["without"]]
    places = dict.fromkeys(name for stage in stages for name in stage["shares"]["locality"])
    rows = [
        (
            stage["reason"],
            *(numbers.percent(stage["shares"]["locality"].get(name, 0.0)) for name in places),
            numbers.percent(stage["failed"]),
        )
        for stage in stages
    ]
    titles = ["what happens", *(name or "(none)" for name in places), FAILED_NAME]
    return table("Where requests go as endpoints die", titles, rows)


def endpoints_table(forecast: Document) -> Markup:
    """Return every endpoint with its priority, its share and the gateway before it."""
    rows = [
        (
            each["name"] or each["address"],
            each["cluster"],
            each["locality"] or "(none)",
            str(each["priority"]),
            numbers.percent(each["share"]),
            f"{each['address']}:{each['port']}",
            ", ".join(each["via"]),
            "drained" if each["drained"] else "",
        )
        for each in forecast["endpoints"]
    ]
    titles = ["endpoint", "cluster", "locality", "priority", "share", "address", "through", "state"]
    return table("Endpoints of the forecast", titles, rows, {0, 1, 2, 5, 6, 7})


def _stage_step(forecast: Document, stage: Document) -> Document:
    shares = dict(stage["shares"][_BY])
    if stage["failed"]:
        shares[FAILED_NAME] = stage["failed"]
    endpoints = [
        {
            **each,
            "by": {_BY: each["workload"]},
            "drained": each["drained"] or each["priority"] in stage["dead"] or each["locality"] in stage["dead"],
        }
        for each in forecast["endpoints"]
    ]  # fmt: skip
    counts = {name: round(share * _REQUESTS) for name, share in stage["shares"]["instance"].items()}
    return {
        "name": stage["reason"],
        "measured": False,
        "state": "dead",
        "forecast": {**forecast, "endpoints": endpoints},
        "judged": {"by": _BY},
        "expected": shares,
        "observed": shares,
        "requests": _REQUESTS,
        "errors": 0,
        "instances": counts,
    }
