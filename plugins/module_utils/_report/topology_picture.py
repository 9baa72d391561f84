# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the client, the zones of each cluster, and arrows as wide as what each workload got."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._report import numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.markup import (
    Markup,
    el,
    join,
    number,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import (
    FAILED_NAME,
    Palette,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._report.svg import box, picture, text
from ansible_collections.eastwest.mesh.plugins.module_utils._report.topology_model import (
    Row,
    Site,
    Topology,
    Zone,
    arrange,
)

WIDTH = 480.0
_CLIENT = 92.0
_SITE = 218.0
_ROW = 34.0
_GATEWAY = 170.0
_TITLE = 20.0
_PAD = 6.0
_WIDEST = 14.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where an arrow ends, and what it carries."""

    y: float
    share: float
    expected: float
    name: str


def topology_picture(step: Document, palette: Palette, name: str) -> Markup:
    """Return the topology of one step; ``name`` is unique on the page."""
    topology = arrange(step)
    y, parts = 4.0, []
    flows: list[tuple[Site | None, list[Target]]] = []
    for site in topology.sites:
        drawn, targets, bottom = _site(site, palette, y)
        parts.append(drawn)
        flows.append((site, targets))
        y = bottom + 10
    lost = topology.failed or topology.failed_expected
    if lost:
        parts.append(_lost(topology, palette, y))
        target = Target(y + 15, topology.failed, topology.failed_expected, FAILED_NAME)
        flows.append((None, [target]))
        y += 40
    height = max(y, 84.0)
    middle = height / 2
    return picture(
        name,
        f"Where requests went in the step {step['name']}",
        _description(topology),
        (WIDTH, height),
        (_arrows(site, targets, palette, middle) for site, targets in flows),
        _client(topology, middle),
        parts,
    )


def _client(topology: Topology, middle: float) -> Markup:
    name = topology.client.rpartition("/")[2]
    top = middle - 25
    return join(
        (
            box(1, top, _CLIENT - 2, 50, "client", rx=6),
            text(_CLIENT / 2, top + 15, "client", "label quiet middle"),
            el(
                "g",
                el("title", topology.client),
                text(_CLIENT / 2, top + 29, numbers.clip(name, 13), "label strong middle"),
            ),
            text(_CLIENT / 2, top + 43, numbers.clip(topology.place, 14), "label middle"),
        )
    )


def _site(site: Site, palette: Palette, top: float) -> tuple[Markup, list[Target], float]:
    """Return a cluster's box, the ends of its arrows, and where it ends."""
    title = _TITLE if site.cluster else 0.0
    y = top + title
    zones, targets = [], []
    for zone in site.zones:
        drawn, ends, y = _zone(zone, palette, y)
        zones.append(drawn)
        targets += ends
        y += _PAD
    frame = box(_SITE, top, WIDTH - _SITE - 1, y - top, "site", rx=8)
    name = text(_SITE + 10, top + 14, f"cluster {site.cluster}", "label strong") if title else None
    return join((frame, name, zones)), targets, y


def _zone(zone: Zone, palette: Palette, top: float) -> tuple[Markup, list[Target], float]:
    title = 17.0 if zone.locality else 4.0
    left, width = _SITE + _PAD, WIDTH - _SITE - 2 * _PAD - 1
    y = top + title
    rows, targets = [], []
    for row in zone.rows:
        rows.append(_row(row, palette, left, y, width))
        targets.append(Target(y + _ROW / 2, row.observed, row.expected, row.name))
        y += _ROW
    frame = box(left, top, width, y - top, "zone", rx=5)
    name = text(left + 8, top + 13, zone.locality, "label quiet") if zone.locality else None
    return join((frame, name, rows)), targets, y


def _row(row: Row, palette: Palette, left: float, y: float, width: float) -> Markup:
    style = "label struck" if row.drained else "label"
    pods = f" ×{row.pods}" if row.pods != 1 else ""
    # the end of a pod's name is what tells it apart
    words = numbers.clip(row.workload, 19 - len(pods)) if not row.pod else f"…{row.name[-14:]}"
    right = left + width - 8
    busy = row.observed or row.expected
    return el(
        "g",
        el("title", _words(row)),
        box(left + 8, y + 8, 11, 11, "swatch", fill=palette.fill(row.name), rx=2),
        text(left + 25, y + 18, words + pods, style),
        text(left + 25, y + 30, row.state, "label bad small") if row.drained else None,
        text(
            right,
            y + 18,
            numbers.percent(row.observed) if busy else numbers.NOTHING,
            "label strong end",
        ),
        text(right, y + 30, f"expected {numbers.percent(row.expected)}", "label quiet small end")
        if busy and row.measured
        else None,
    )


def _lost(topology: Topology, palette: Palette, y: float) -> Markup:
    return join(
        (
            box(_SITE, y, WIDTH - _SITE - 1, 32, "site lost", rx=8),
            box(_SITE + 14, y + 8, 11, 11, "swatch", fill=palette.fill(FAILED_NAME), rx=2),
            text(_SITE + 31, y + 17, "failed", "label strong"),
            text(WIDTH - 15, y + 14, numbers.percent(topology.failed), "label strong bad end"),
            text(
                WIDTH - 15,
                y + 27,
                f"expected {numbers.percent(topology.failed_expected)}",
                "label quiet small end",
            )
            if topology.measured
            else None,
        )
    )


def _arrows(
    site: Site | None, targets: t.Sequence[Target], palette: Palette, middle: float
) -> Markup:
    start = _CLIENT + 2
    if site is None:
        # below everything, and around the gateways
        return join(_arrow(_CLIENT / 2, middle + 26, _SITE, each, palette, 0.0) for each in targets)
    if not site.gateway:
        end = _SITE + _PAD
        return join(_arrow(start, middle, end, target, palette) for target in targets)
    # a gateway gathers what its cluster gets
    y = sum(target.y for target in targets) / len(targets)
    share = sum(target.share for target in targets)
    expected = sum(target.expected for target in targets)
    names = {target.name for target in targets if target.share}
    through = Target(y, share, expected, names.pop() if len(names) == 1 else "")
    return join(
        (
            _arrow(start, middle, _GATEWAY - 13, through, palette),
            [_arrow(_GATEWAY + 13, y, _SITE + _PAD, target, palette) for target in targets],
            el(
                "g",
                el("title", f"the gateway of cluster {site.cluster}"),
                el(
                    "path",
                    d=f"M{number(_GATEWAY)} {number(y)}m-14 0l14-13 14 13-14 13z",
                    class_="gateway",
                ),
                text(_GATEWAY, y + 4, "GW", "label small middle"),
            ),
        )
    )


def _arrow(
    x: float, y: float, end: float, target: Target, palette: Palette, bend: float = 0.5
) -> Markup:
    """Return a band as wide as the observed share; a dashed line where one is only expected.

    It leaves to the right, or with a ``bend`` of 0 downward.
    """
    if not target.share:
        style = "flow-missing" if target.expected else "flow-none"
        return el("path", d=_curve(x, y, end, target.y, bend), class_=style)
    half = max(1.2, _WIDEST * target.share) / 2
    head = end - max(5.0, half + 3)
    tip = (
        f"M{number(head)} {number(target.y - half - 3)}L{number(end)} {number(target.y)}"
        f"L{number(head)} {number(target.y + half + 3)}z"
    )
    colour = palette.flow(target.name) if target.name else ""
    return el(
        "g",
        el(
            "path",
            d=_curve(x, y, head + 0.5, target.y, bend),
            class_="band",
            stroke_width=number(2 * half),
        ),
        el("path", d=tip, class_="tip"),
        class_=f"flow {colour}".rstrip(),
    )


def _curve(x: float, y: float, end: float, lower: float, bend: float) -> str:
    first = (x + (end - x) * bend, y) if bend else (x, lower)
    last = (end - (end - x) * bend, lower) if bend else (x, lower)
    places = (*first, *last, end, lower)
    return f"M{number(x)} {number(y)}C{' '.join(map(number, places))}"


def _words(row: Row) -> str:
    state = f", {row.state}" if row.drained else ""
    pods = f"{row.workload}, {numbers.plural(row.pods, 'pod')}{state}"
    if not row.measured:
        return f"{pods}: {numbers.percent(row.expected)}"
    return (
        f"{pods}: observed {numbers.percent(row.observed)}, "
        f"expected {numbers.percent(row.expected)}"
    )


def _description(topology: Topology) -> str:
    parts = [
        f"cluster {site.cluster or 'unknown'}, {zone.locality or 'no locality'}: {_words(row)}"
        for site in topology.sites
        for zone in site.zones
        for row in zone.rows
    ]
    if topology.failed or topology.failed_expected:
        share = numbers.percent(topology.failed)
        expected = numbers.percent(topology.failed_expected)
        parts.append(
            f"failed: observed {share}, expected {expected}"
            if topology.measured
            else f"failed: {share}"
        )
    return f"{topology.client} in {topology.place or 'no locality'}. {'; '.join(parts)}."
