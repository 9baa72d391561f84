# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client pods of a sample, which send at the same time."""

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
    """Choose the pods that send; ``alike``: a forecast for one must hold for all of them."""
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
            f"clients: the pods of {workload} run on {', '.join(nodes)}, and the forecast may differ "
            "between them; pin them to one node, or do without expect.from_forecast"
        )
    return chosen


def divide(profile: LoadProfile, clients: int) -> list[LoadProfile]:
    """Return each client's part of the profile. The concurrency is that of each."""
    if profile.requests is not None and profile.requests < clients:
        raise InvalidInput(
            f"requests: {profile.requests} are too few for {clients} clients to send one each"
        )
    parts = []
    for number in range(clients):
        requests = profile.requests
        if requests is not None:
            requests = requests // clients + (number < requests % clients)
        rate = profile.rate and profile.rate / clients
        parts.append(dataclasses.replace(profile, requests=requests, rate=rate))
    return parts


def send(
    cluster: Cluster, pods: t.Sequence[PodRef], profile: LoadProfile, progress: Progress
) -> list[Record]:
    """Send the profile's requests from all the pods; ``progress`` gets the sum of their answers."""
    if len(pods) == 1:
        return cluster.sample(pods[0], profile, progress)
    origin = time.perf_counter() if profile.origin is None else profile.origin
    stop = profile.stop or threading.Event()
    parts = divide(dataclasses.replace(profile, origin=origin, stop=stop), len(pods))
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
            # no client goes on when one cannot
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
