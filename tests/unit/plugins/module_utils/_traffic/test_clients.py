# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import threading

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import clients

PROFILE = LoadProfile("http://httpbin:8000/", requests=10, rate=30.0, concurrency=2)


def pods(count, nodes=("n1",)):
    return [PodRef("sleep", f"sleep-{i}", node=nodes[i % len(nodes)]) for i in range(count)]


class Cluster:
    """Answers as often as it is asked to, on connections 1 and 2; one pod may be broken."""

    def __init__(self, broken=""):
        self.profiles = {}
        self.broken = broken
        self.all_ask = threading.Barrier(3, timeout=10)

    def sample(self, pod, profile, progress):
        self.profiles[pod.name] = profile
        self.all_ask.wait()
        if pod.name == self.broken:
            raise NotFound("the pod is gone")
        if self.broken:
            assert profile.stop.wait(10)
            return []
        progress(profile.requests)
        return [
            Record(float(i), 1.0, 200, pod.name, "", i % 2 + 1) for i in range(profile.requests)
        ]


def test_everyone_sends_its_part_at_the_same_time():
    cluster, seen = Cluster(), []
    records = clients.send(cluster, pods(3), PROFILE, seen.append)
    profiles = cluster.profiles.values()
    assert sorted(profile.requests for profile in profiles) == [3, 3, 4]
    assert {(profile.rate, profile.concurrency) for profile in profiles} == {(10.0, 2)}
    assert len({profile.origin for profile in profiles}) == 1
    assert all(profile.origin is not None for profile in profiles)
    assert len(records) == max(seen) == 10
    assert [record.start_ms for record in records] == sorted(r.start_ms for r in records)
    # no two clients share a connection
    assert len({(record.body, record.connection) for record in records}) == 6
    assert len({record.connection for record in records}) == 6


def test_one_that_cannot_ends_the_sample():
    with pytest.raises(NotFound, match="the pod is gone"):
        clients.send(Cluster("sleep-1"), pods(3), PROFILE, lambda _answers: None)


def test_a_single_client_gets_the_plan_as_it_is():
    cluster = Cluster()
    cluster.all_ask = threading.Barrier(1)
    clients.send(cluster, pods(1), PROFILE, lambda _answers: None)
    assert cluster.profiles == {"sleep-0": PROFILE}


def test_a_sample_by_time_is_not_divided():
    profile = dataclasses.replace(PROFILE, requests=None, duration_s=2.0, rate=None)
    assert clients.divide(profile, 2) == [profile, profile]


@pytest.mark.parametrize(
    ("found", "count", "alike", "error", "message"),
    [
        (pods(2), 0, False, InvalidInput, "clients: 0 must be"),
        ([], 1, False, NotFound, "sleep/sleep has no pod"),
        (pods(2), 3, False, NotFound, "clients: 3 are to send, but sleep/sleep has 2 pods"),
        (pods(2, ("n1", "n2")), 2, True, InvalidInput, "run on n1, n2"),
    ],
)
def test_who_cannot_send(found, count, alike, error, message):
    with pytest.raises(error, match=message):
        clients.choose(found, count, "sleep/sleep", alike=alike)


def test_the_first_ones_send():
    assert clients.choose(pods(3, ("n1", "n2")), 2, "sleep/sleep", alike=False) == pods(
        2, ("n1", "n2")
    )
    assert clients.choose(pods(3, ("n1", "n2")), 1, "sleep/sleep", alike=True) == pods(1)


def test_too_few_requests_for_all():
    with pytest.raises(InvalidInput, match="requests: 10 are too few for 11 clients"):
        clients.divide(PROFILE, 11)
