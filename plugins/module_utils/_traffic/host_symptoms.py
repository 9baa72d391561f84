# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the hosts of a service during events, as a simulation takes it."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.proxy_faults import (
    BLACKHOLE,
    HANG,
    KILL,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.proxy_model import ProxyModel
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.symptoms import (
    ERRS,
    LATE,
    REFUSES,
    SILENT,
    Symptom,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.events import (
    DELAY,
    DRAIN,
    FAIL,
    RESTART,
    EventRecord,
)

# what each action does to hosts, and whether it breaks the connections that there are
_KINDS = {
    DRAIN: (REFUSES, False),
    KILL: (REFUSES, True),
    RESTART: (REFUSES, True),
    HANG: (SILENT, False),
    BLACKHOLE: (SILENT, True),
    FAIL: (ERRS, False),
    DELAY: (LATE, False),
}


def hosts_of(proxy: ProxyModel, record: EventRecord, local: str) -> dict[str, float]:
    """Return the hosts that the event concerns, with their places among its pods, from 0 to 1.

    ``local``: the name of the client's cluster.
    """
    cluster = record.event.cluster or local
    found: dict[str, float] = {}
    for number, pod in enumerate(record.pods, start=1):
        for host, keys in proxy.pods.items():
            if (cluster, pod.namespace, pod.name) in keys:
                found[host] = number / len(record.pods)
    return found


def symptoms_of(
    proxy: ProxyModel, records: t.Sequence[EventRecord], local: str
) -> dict[str, list[Symptom]]:
    """Return what is wrong with each host, and from when to when."""
    found = {host: [Symptom(REFUSES, -math.inf, math.inf)] for host in proxy.refusing}
    for record in records:
        for host, place in hosts_of(proxy, record, local).items():
            found.setdefault(host, []).extend(_symptoms(record, place))
    return found


def _symptoms(record: EventRecord, place: float) -> t.Iterator[Symptom]:
    """Yield what is wrong with a host from when its event has come to it, one pod after the other."""
    event, took = record.event, record.ended_ms - record.began_ms
    if event.action not in _KINDS:
        return
    kind, breaks = _KINDS[event.action]
    began = record.began_ms + took * place
    ended = math.inf if record.undone_ms is None else record.undone_ms
    if event.action == RESTART:
        began, ended = began - took / len(record.pods), began
    yield Symptom(
        kind, began, ended, breaks, event.percent / 100, event.status, float(event.delay_ms)
    )


def problem_of(proxy: ProxyModel, record: EventRecord, local: str) -> str:
    """Return why nothing can be said of an event's course; empty where something can."""
    cluster = record.event.cluster or local
    keys = frozenset((cluster, pod.namespace, pod.name) for pod in record.pods)
    if keys & proxy.behind_gateways:
        return "the servers are behind a gateway, which chooses among those that are left"
    if any(not proxy.pods[host] <= keys for host in hosts_of(proxy, record, local)):
        return "a gateway has other pods, too"
    return ""
