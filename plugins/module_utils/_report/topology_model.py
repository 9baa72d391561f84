# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrange who may answer a client: clusters, zones, workloads, with what each got."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.palette import FAILED_NAME

_DRAINED = "drained"
# what the actions of events make of endpoints
_STATES = {"kill": "killed", "hang": "hung", "blackhole": "unreachable", "fail": "failing"}


@dataclass(slots=True)
class Row:
    """The pods of one workload in one zone."""

    workload: str
    # what answers are told apart by
    name: str
    pods: int = 0
    # whether the name is that of a pod
    pod: bool = False
    drained: bool = True
    # what it is called when it is drained
    state: str = _DRAINED
    # as in the topology
    measured: bool = True
    expected: float = 0.0
    observed: float = 0.0


@dataclass(slots=True)
class Zone:
    """A locality and the workloads in it."""

    locality: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Site:
    """A cluster, or what is known of it; through a gateway unless it is the client's."""

    cluster: str
    gateway: bool
    zones: list[Zone] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """Return the rows of all zones."""
        return [row for zone in self.zones for row in zone.rows]


@dataclass(slots=True)
class Topology:
    """What the picture of one step shows."""

    client: str
    place: str
    sites: list[Site]
    failed: float
    failed_expected: float
    # whether anything was observed, or all is forecast
    measured: bool = True


def arrange(step: Document) -> Topology:
    """Return the topology of a step, from its forecast or, without one, from who answered."""
    forecast = step.get("forecast")
    failed = step["observed"].get(FAILED_NAME, 0.0)
    if step["errors"] and not any(step["observed"].values()):
        failed = 1.0
    failed_expected = step["expected"].get(FAILED_NAME, 0.0)
    if not forecast or not forecast["endpoints"]:
        return Topology("client", "", [_answering(step)], failed, failed_expected)
    sites: dict[tuple[str, bool], dict[str, dict[tuple[str, str], Row]]] = {}
    pods: dict[str, Row] = {}
    for endpoint in sorted(forecast["endpoints"], key=_order):
        site = sites.setdefault((endpoint["cluster"], bool(endpoint["via"])), {})
        name = endpoint["by"].get(step["judged"].get("by", ""), "") or ""
        rows = site.setdefault(endpoint["locality"], {})
        row = rows.setdefault((endpoint["workload"], name), Row(endpoint["workload"], name))
        # a pod that several gateways lead to is there once
        if endpoint["name"] not in pods:
            row.pods += 1
        pods[endpoint["name"]] = row
        row.pod = name == endpoint["name"]
        row.expected += endpoint["share"]
        row.drained = row.drained and endpoint["drained"]
        row.state = step.get("state") or _state(step, endpoint)
        row.measured = step.get("measured", row.measured)
    arranged = [
        Site(cluster, gateway, [Zone(place, list(rows.values())) for place, rows in zones.items()])
        for (cluster, gateway), zones in sites.items()
    ]
    _share_out(step, [row for site in arranged for row in site.rows], pods)
    client = forecast["client"]
    place = client["locality"] or client["cluster"]
    measured = step.get("measured", True)
    return Topology(client["name"] or "client", place, arranged, failed, failed_expected, measured)


def _state(step: Document, endpoint: Document) -> str:
    """Return what the last event that concerns an endpoint has made of it; without one it is drained."""
    local = step["forecast"]["client"]["cluster"]
    found = [
        _STATES.get(each["action"], _DRAINED)
        for each in step.get("events", ())
        if "undone_ms" not in each
        and each.get("cluster", local) == endpoint["cluster"]
        and _concerns(each, endpoint)
    ]
    return found[-1] if found else _DRAINED


def _concerns(event: Document, endpoint: Document) -> bool:
    """Whether an event in the endpoint's cluster names its workload or place, as far as reports say."""
    if event["workloads"]:
        return endpoint["workload"] in event["workloads"]
    if "node" in event or "gateway" in event:
        return False
    parts = endpoint["locality"].split("/")
    return event.get("zone") in (None, *parts[1:2], "/".join(parts[:2]))


def _answering(step: Document) -> Site:
    shares = {**step["expected"], **step["observed"]}
    rows = [
        Row(
            name,
            name,
            pods=1,
            drained=False,
            expected=step["expected"].get(name, 0.0),
            observed=step["observed"].get(name, 0.0),
        )
        for name in shares
        if name != FAILED_NAME
    ]
    return Site("", False, [Zone("", rows)])


def _order(endpoint: Document) -> tuple[bool, str, str, str]:
    return bool(endpoint["via"]), endpoint["cluster"], endpoint["locality"], endpoint["workload"]


def _share_out(step: Document, rows: t.Sequence[Row], pods: t.Mapping[str, Row]) -> None:
    """Give each row what was seen of it: by its name, or by its pods where rows share a name."""
    alone = {row.name for row in rows if sum(other.name == row.name for other in rows) == 1}
    counts = step.get("instances", {})
    for row in rows:
        if row.name in alone and row.name:
            row.observed = step["observed"].get(row.name, 0.0)
            row.expected = step["expected"].get(row.name, 0.0)
    answered = {pod: times for pod, times in counts.items() if pod in pods}
    total = step["requests"] or 1
    for pod, times in answered.items():
        row = pods[pod]
        if row.name not in alone or not row.name:
            row.observed += times / total
