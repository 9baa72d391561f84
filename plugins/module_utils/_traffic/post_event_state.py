# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sample's events leave behind, for the model to predict with. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.changes import (
    Scaled,
    WorkloadRef,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DRAIN,
    REPLACE,
    Event,
)


def drained(
    local: str, before: t.Iterable[t.Mapping[str, t.Any]], events: t.Iterable[Event]
) -> list[WorkloadRef]:
    """What is drained when the judged part of the sample begins."""
    found = {
        WorkloadRef(each["namespace"], each["workload"], each.get("cluster") or local): None
        for each in before
    }
    for event in events:
        for workload in event.workloads:
            which = WorkloadRef(event.namespace, workload, event.cluster or local)
            if event.action == DRAIN:
                found[which] = None
            elif event.replicas:
                # what is there stays as it is
                continue
            else:
                found.pop(which, None)
    return list(found)


def makes_pods(event: Event) -> bool:
    """Whether there are pods then whose names nobody knows yet."""
    return event.action == REPLACE or bool(event.replicas)


def sizes(local: str, events: t.Iterable[Event]) -> list[Scaled]:
    """How many pods the Deployments have that the events scale, in the end."""
    found = {
        WorkloadRef(event.namespace, workload, event.cluster or local): event.replicas
        for event in events
        if event.replicas is not None
        for workload in event.workloads
    }
    return [Scaled(which, replicas) for which, replicas in found.items()]
