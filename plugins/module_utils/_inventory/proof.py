# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the steps of a proof."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.nodes import Node, named_nodes
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import REGION, ZONE
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Variables,
    is_true,
    provider,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.contradictions import (
    check_names,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DRAIN,
    check_due,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    parse_shares,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.forecast_expectation import (
    unforeseeable,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import (
    parse_event,
    parse_identify,
)


def proof_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe steps that cannot be judged, of a role's own variables."""
    host = lab.clusters[name]
    yield from step_problems(host, "proof_steps", host["proof_steps"])
    yield from place_problems(lab, name, "proof_steps", host["proof_steps"])


def step_problems(
    host: Variables,
    variable: str,
    steps: t.Sequence[Variables],
    identify: str = "proof_identify",
) -> t.Iterator[str]:
    """Describe what of the steps, and of the variables that complete them, cannot be judged."""
    steps = [{field: value for field, value in step.items() if value is not None} for step in steps]
    if not steps:
        yield f"{variable} is empty: there is nothing to prove"
    try:
        for step in steps:
            if step.get("expect"):
                parse_shares(step["expect"])
    except InvalidInput as exc:
        yield f"{variable}: step '{step['name']}': {exc}"
        return
    undecided = [str(step["name"]) for step in steps if _is_undecided(host, step)]
    if undecided:
        yield (
            f"{variable}: where several names have a share, model (exact or random) or method must"
            f" say how to judge; missing in: {', '.join(undecided)}"
        )
    yield from _counts(host, variable, steps)
    yield from _events(host, variable, steps)
    yield from _expressions(identify, host[identify] or {})


def place_problems(
    lab: Lab, name: str, variable: str, steps: t.Sequence[Variables]
) -> t.Iterator[str]:
    """Describe zones and nodes of events that ``cluster_nodes`` does not list.

    A cluster that exists may have more than the inventory lists.
    """
    for step in steps:
        for event in step.get("events") or ():
            cluster = str(event.get("cluster") or name)
            host = lab.clusters.get(cluster)
            if host is None or provider(host) == "existing" or not host.get("cluster_nodes"):
                continue
            try:
                nodes = named_nodes(host["cluster_nodes"], cluster)
            except InvalidInput as exc:
                yield str(exc)
                return
            for place, known in _places(nodes).items():
                given = str(event.get(place) or "")
                if given and given not in known:
                    listed = [each for each in known if place == "node" or "/" in each]
                    yield (
                        f"{variable}: step '{step['name']}': an event names the {place} '{given}';"
                        f" cluster_nodes of {cluster} has {', '.join(listed) or 'none'}"
                    )


def _places(nodes: t.Sequence[Node]) -> dict[str, list[str]]:
    """Return the nodes, and the zones with and without their regions."""
    pairs = [(n["labels"].get(REGION, ""), n["labels"].get(ZONE, "")) for n in nodes]
    zones = dict.fromkeys(
        each for region, zone in pairs if zone for each in (zone, f"{region}/{zone}")
    )
    return {"zone": list(zones), "node": [str(node["name"]) for node in nodes]}


def _is_undecided(host: Variables, step: Variables) -> bool:
    if is_true(step.get("from_forecast", host["proof_from_forecast"])) or step.get("model"):
        return False
    shares = [share for share in (step.get("expect") or {}).values() if float(share) > 0]
    return "method" not in step and len(shares) > 1


def _counts(host: Variables, variable: str, steps: t.Sequence[Variables]) -> t.Iterator[str]:
    counted = [step for step in steps if float(step.get("duration", host["proof_duration"])) <= 0]
    for field in ("requests", "concurrency"):
        named = {
            f"{variable}: {field} of step '{step['name']}'": step[field]
            for step in counted
            if field in step
        }
        if len(named) < len(counted):
            named[f"proof_{field}"] = host[f"proof_{field}"]
        for name, count in named.items():
            if int(count) < 1:
                yield f"{name} is {count}; write 1 or more"


def _events(host: Variables, variable: str, steps: t.Sequence[Variables]) -> t.Iterator[str]:
    for step in steps:
        requests = (
            None
            if float(step.get("duration", host["proof_duration"])) > 0
            else int(step.get("requests", host["proof_requests"]))
        )
        # the short forms are events, too, all of them due at the same time
        disturbed = [*(step.get("drain") or ()), *(step.get("scale") or {}).get("workloads", ())]
        short = [{"action": DRAIN, "workloads": disturbed}] if disturbed else []
        default = {"namespace": host["proof_namespace"], "at": host["proof_drain_at"]}
        parsed = []
        for event in [*short, *(step.get("events") or ())]:
            try:
                parsed.append(parse_event({**default, **event}))
                check_due(parsed[-1:], requests)
            except InvalidInput as exc:
                # the module's option is called as the step's
                yield f"{variable}: step '{step['name']}': {exc}"
        scaled = (step.get("scale") or {}).get("workloads", ())
        try:
            # a short form that scales leaves sidecars as they are
            check_names(parsed[1:] if short and scaled else parsed)
        except InvalidInput as exc:
            yield f"{variable}: step '{step['name']}': {exc}"
        at_a_time = int(step.get("concurrency", host["proof_concurrency"]))
        unknown = unforeseeable(parsed, at_a_time * int(step.get("clients", 1)))
        if unknown and _is_by_forecast(host, step):
            yield (
                f"{variable}: step '{step['name']}': the forecast has nothing that could be judged:"
                f" {unknown}; say in expect what must happen, or set from_forecast: false"
            )


def _is_by_forecast(host: Variables, step: Variables) -> bool:
    """Whether nothing but the forecast says what a step expects."""
    stated = step.get("expect") or step.get("failed") is not None
    return not stated and is_true(step.get("from_forecast", host["proof_from_forecast"]))


def _expressions(name: str, identify: Variables) -> t.Iterator[str]:
    try:
        parse_identify(identify)
    except InvalidInput as exc:
        # the module's option has another name
        yield name + str(exc).removeprefix("identify")
