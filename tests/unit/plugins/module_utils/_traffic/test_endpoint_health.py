# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic import (
    ejection_wait,
    endpoint_health,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.ejection_wait import (
    wait_returned,
)

CLUSTERS = """outbound|5000||helloworld.sample.svc.cluster.local::127.10.1.1:5000::health_flags::{flags}
outbound|5000||helloworld.sample.svc.cluster.local::127.10.1.1:5000::rq_total::12
outbound|5000||helloworld2.sample.svc.cluster.local::127.10.1.7:5000::health_flags::healthy
outbound|80||helloworld.sample.svc.cluster.local::127.10.1.1:80::health_flags::healthy
xds::127.0.0.1:1::health_flags::healthy
"""
CLIENTS = [PodRef("sleep", "sleep-1")]
TARGET = ("helloworld.sample", 5000)


class Sidecar:
    """Shows a change at each of these times after the first look."""

    def __init__(self, *changes):
        self.changes = changes
        self.began = None

    def admin(self, _pod, method, path):
        assert (method, path) == ("GET", "/clusters")
        now = time.monotonic()
        self.began = self.began or now
        number = sum(now - self.began >= change for change in self.changes)
        return CLUSTERS.format(flags=f"/failed_outlier_check{number}")


def test_only_the_asked_endpoints_count():
    lines = endpoint_health.endpoint_health(CLUSTERS.format(flags="healthy"), *TARGET)
    assert [line.rpartition("::")[2] for line in lines] == ["healthy"]
    assert "127.10.1.1:5000" in next(iter(lines))


@pytest.mark.parametrize(
    ("addresses", "waits"), [({"127.10.1.1"}, True), ({"127.10.1.7"}, False), (set(), False)]
)
def test_an_ejection_of_these_addresses_is_waited_for(monkeypatch, addresses, waits):
    monkeypatch.setattr(ejection_wait, "_INTERVAL_S", 0.005)

    class Ejecting(Sidecar):
        asked = 0

        def admin(self, *asked):
            self.asked += 1
            text = super().admin(*asked)
            ended = time.monotonic() - self.began >= 0.1
            return text.replace("/failed_outlier_check0", "healthy") if ended else text

    sidecar = Ejecting()
    wait_returned(sidecar, CLIENTS, *TARGET, addresses, threading.Event())
    assert (sidecar.asked > 1) == waits


def test_an_ejection_without_an_end_is_an_error(monkeypatch):
    monkeypatch.setattr(ejection_wait, "_INTERVAL_S", 0.005)
    monkeypatch.setattr(ejection_wait, "_LONGEST_EJECTION_S", 0.1)
    with pytest.raises(
        MeshError, match=r"has 127\.10\.1\.1 of helloworld\.sample:5000 still ejected"
    ):
        wait_returned(Sidecar(), CLIENTS, *TARGET, {"127.10.1.1"}, threading.Event())
