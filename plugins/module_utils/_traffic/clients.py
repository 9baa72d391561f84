# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one sample from several pods at the same time. Private to this collection."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile

if t.TYPE_CHECKING:
    from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import (
        Cluster,
        PodRef,
    )
    from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

Progress: t.TypeAlias = t.Callable[[int], None]


def choose(pods: t.Sequence[PodRef], count: int, workload: str, *, alike: bool) -> list[PodRef]:
    """The pods that send; ``alike``: what the model says of one must hold for all of them."""
    if count < 1:
        raise InvalidInput(f"clients: {count} must be greater than 0")
    if not pods:
        raise NotFound(f"workload: {workload} has no pod to send from")
    if len(pods) < count:
        raise NotFound(f"clients: {count} are to send, but {workload} has {len(pods)} pods")
    chosen = list(pods[:count])
    nodes = sorted({pod.node for pod in chosen})
    if alike and len(nodes) > 1:
        raise InvalidInput(
            f"clients: the pods of {workload} run on {', '.join(nodes)}, and the model may expect "
            "something else of each; pin them to one node, or do without expect.from_forecast"
        )
    return chosen


def divide(plan: LoadProfile, clients: int) -> list[LoadProfile]:
    """Each client's part of the plan. The concurrency is that of each."""
    if plan.requests is not None and plan.requests < clients:
        raise InvalidInput(
            f"requests: {plan.requests} are too few for {clients} clients to send one each"
        )
    parts = []
    for number in range(clients):
        requests = plan.requests
        if requests is not None:
            requests = requests // clients + (number < requests % clients)
        rate = plan.rate and plan.rate / clients
        parts.append(dataclasses.replace(plan, requests=requests, rate=rate))
    return parts


def send(
    cluster: Cluster, pods: t.Sequence[PodRef], plan: LoadProfile, progress: Progress
) -> list[Record]:
    """Sends the plan's requests from all the pods; ``progress`` gets the sum of their answers."""
    if len(pods) == 1:
        return cluster.sample(pods[0], plan, progress)
    origin = time.perf_counter() if plan.origin is None else plan.origin
    stop = plan.stop or threading.Event()
    parts = divide(dataclasses.replace(plan, origin=origin, stop=stop), len(pods))
    answers = [0] * len(pods)
    lock = threading.Lock()

    def one(number: int) -> list[Record]:
        def count(so_far: int) -> None:
            with lock:
                answers[number] = so_far
                total = sum(answers)
            progress(total)

        try:
            return cluster.sample(pods[number], parts[number], count)
        except BaseException:
            # nobody goes on when one cannot
            stop.set()
            raise

    with ThreadPoolExecutor(len(pods)) as pool:
        sent = list(pool.map(one, range(len(pods))))
    records = []
    for number, found in enumerate(sent):
        for record in found:
            # every client numbers its own connections from 1
            if record.connection:
                record.connection = (record.connection - 1) * len(pods) + number + 1
            records.append(record)
    records.sort(key=lambda record: record.start_ms)
    return records
