# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a sample waits for a service's endpoints to be unchanged, and what it knows from the one before."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import endpoint_watch
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.endpoint_watch import (
    EndpointWatch,
    UnchangedEndpoints,
)
from hypothesis import given
from hypothesis import strategies as st

CLUSTERS = (
    "outbound|5000||helloworld.sample.svc.cluster.local::127.10.1.1:5000::health_flags::{flags}"
)
CLIENTS = [PodRef("sleep", "sleep-1")]
TARGET = ("helloworld.sample", 5000)


class Sidecar:
    """Shows a change at each of these times after the first look; counts nothing."""

    counts_updates = False

    def __init__(self, *changes):
        self.changes = changes
        self.began = None

    def admin(self, _pod, method, path):
        assert (method, path) == ("GET", "/clusters")
        now = time.monotonic()
        self.began = self.began or now
        number = sum(now - self.began >= change for change in self.changes)
        return CLUSTERS.format(flags=f"/failed_outlier_check{number}")


class CountingSidecar:
    """Shows its health, and how often it was told about a change."""

    counts_updates = True

    def __init__(self):
        self.flags = "healthy"
        self.updates = 7
        self.gone = False

    def admin(self, _pod, method, path):
        if self.gone:
            raise LabBroken("the Envoy does not answer")
        assert method == "GET"
        if path == "/clusters":
            return CLUSTERS.format(flags=self.flags)
        assert path.startswith("/stats?filter=")
        return (
            f"cluster_manager.cluster_added: 3\ncluster_manager.cluster_updated: {self.updates}\n"
        )


@pytest.fixture
def window(monkeypatch):
    """A window of a length that can be waited for."""
    monkeypatch.setattr(endpoint_watch, "MERGE_WINDOW_S", 0.3)
    monkeypatch.setattr(endpoint_watch, "_INTERVAL_S", 0.005)


def waited(watch):
    began = time.monotonic()
    watch.wait(threading.Event())
    return time.monotonic() - began


def seen(sidecar, ago):
    """What a sample saw so many seconds ago."""
    watch = EndpointWatch(sidecar, CLIENTS, *TARGET)
    watch.observe()
    return UnchangedEndpoints(watch.unchanged().state, time.monotonic() - ago)


@pytest.mark.parametrize("changes", [(), (0.08,), (0.08, 0.16, 0.24)])
def test_the_wait_ends_a_window_after_the_last_change(monkeypatch, changes):
    monkeypatch.setattr(endpoint_watch, "MERGE_WINDOW_S", 0.15)
    monkeypatch.setattr(endpoint_watch, "_INTERVAL_S", 0.005)
    sidecar = Sidecar(*changes)
    EndpointWatch(sidecar, CLIENTS, *TARGET).wait(threading.Event())
    assert time.monotonic() - sidecar.began >= 0.15 + max(changes, default=0)


def test_changes_without_an_end_are_an_error(monkeypatch):
    monkeypatch.setattr(endpoint_watch, "MERGE_WINDOW_S", 0.1)
    monkeypatch.setattr(endpoint_watch, "_INTERVAL_S", 0.005)
    monkeypatch.setattr(endpoint_watch, "_TIMEOUT_S", 0.2)
    sidecar = Sidecar(*(number / 50 for number in range(100)))
    with pytest.raises(MeshError, match=r"endpoints of helloworld\.sample:5000 changed"):
        EndpointWatch(sidecar, CLIENTS, *TARGET).wait(threading.Event())


def test_a_sample_that_ends_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(endpoint_watch, "MERGE_WINDOW_S", 60.0)
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    EndpointWatch(Sidecar(), CLIENTS, *TARGET).wait(stop)
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(("ago", "rest"), [(0.0, 0.3), (0.2, 0.1), (5.0, 0.0)])
def test_only_the_rest_of_the_window_is_waited_for(ago, rest):
    sidecar = CountingSidecar()
    took = waited(EndpointWatch(sidecar, CLIENTS, *TARGET, seen(sidecar, ago)))
    assert took >= rest - 0.05
    if not rest:
        assert took < 0.3


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(
    ("flags", "updates"),
    [
        ("/failed_outlier_check", 7),
        ("healthy", 8),
        # ejected and back, or an update that was held back and delivered
        ("healthy", 9),
    ],
)
def test_a_change_since_the_earlier_sample_begins_the_window_anew(flags, updates):
    sidecar = CountingSidecar()
    earlier = seen(sidecar, 5.0)
    sidecar.flags, sidecar.updates = flags, updates
    assert waited(EndpointWatch(sidecar, CLIENTS, *TARGET, earlier)) >= 0.3


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize("target", [("helloworld.sample", 80), ("other.sample", 5000)])
def test_what_is_known_of_another_service_does_not_count(target):
    sidecar = CountingSidecar()
    assert waited(EndpointWatch(sidecar, CLIENTS, *target, seen(sidecar, 5.0))) >= 0.3


@pytest.mark.usefixtures("window")
def test_what_another_client_saw_does_not_count():
    sidecar = CountingSidecar()
    earlier = seen(sidecar, 5.0)
    watch = EndpointWatch(sidecar, [PodRef("sleep", "sleep-2")], *TARGET, earlier)
    assert waited(watch) >= 0.3


@pytest.mark.usefixtures("window")
def test_the_time_of_a_clock_that_is_ahead_does_not_count():
    sidecar = CountingSidecar()
    assert 0.3 <= waited(EndpointWatch(sidecar, CLIENTS, *TARGET, seen(sidecar, -900.0))) < 60


@pytest.mark.usefixtures("window")
def test_a_sidecar_that_does_not_count_is_watched_without_a_pause():
    sidecar = Sidecar()
    watch = EndpointWatch(sidecar, CLIENTS, *TARGET, UnchangedEndpoints("any", 0.0))
    watch.observe()
    assert sidecar.began is None
    assert watch.unchanged() is None
    assert [waited(watch) >= 0.3 for _time in range(2)] == [True, True]


@pytest.mark.usefixtures("window")
def test_nothing_is_known_of_a_client_that_is_gone():
    sidecar = CountingSidecar()
    watch = EndpointWatch(sidecar, CLIENTS, *TARGET, seen(sidecar, 5.0))
    sidecar.gone = True
    watch.observe()
    assert watch.unchanged() is None
    with pytest.raises(LabBroken):
        watch.wait(threading.Event())
    sidecar.gone = False
    assert waited(watch) >= 0.3


@given(st.lists(st.sampled_from(["look", "eject", "return", "update"]), max_size=12))
def test_what_is_known_is_never_older_than_the_last_change(steps):
    sidecar = CountingSidecar()
    watch = EndpointWatch(sidecar, CLIENTS, *TARGET)
    changed = 0.0
    for step in [*steps, "look"]:
        if step == "look":
            watch.observe()
            assert watch.unchanged().since >= changed
            continue
        sidecar.updates += 1
        sidecar.flags = {"eject": "/failed_outlier_check", "return": "healthy"}.get(
            step, sidecar.flags
        )
        changed = time.monotonic()
