# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import types

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    istiod_debug,
    pod_exec,
)

LOG = "2026/01/01 00:00:00 INFO memory limit is updated\n"


@pytest.fixture
def istiod(fake_api, monkeypatch):
    """Pods of istiod that give the answers they are told, the last one again and again."""
    answers: dict[str, list[str]] = {}

    def run(_api, container, command, timeout):
        assert container.name == "discovery" and timeout > 0
        listed = answers[container.pod]
        text = listed.pop(0) if len(listed) > 1 else listed[0]
        return pod_exec.ExecResult(0, text, "", "")

    def add(name, *texts):
        fake_api.add(
            "v1",
            "Pod",
            name,
            "istio-system",
            metadata={"labels": {"app": "istiod"}},
            spec={"containers": []},
            status={"conditions": [{"type": "Ready", "status": "True"}]},
        )
        answers[name] = [text if isinstance(text, str) else json.dumps(text) for text in texts]

    clock = types.SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
    monkeypatch.setattr(istiod_debug, "time", clock)
    monkeypatch.setattr(pod_exec, "run", run)
    monkeypatch.setattr(istiod_debug, "_LABEL", "app=istiod")
    return types.SimpleNamespace(add=add, clock=clock)


def proxy(sent, acked, name="web.sample"):
    return {"proxy": name, "cluster_sent": sent, "cluster_acked": acked}


def test_waits_until_all_is_acknowledged_and_nothing_more_comes(fake_api, istiod):
    istiod.add(
        "istiod-1",
        [proxy("1", "1")],
        [proxy("2", "1")],
        [proxy("2", "2")],
        [proxy("3", "3")],
        [proxy("3", "3")],
    )
    assert istiod_debug.wait_synced(fake_api, "istio-system", 60)
    assert istiod.clock.now == pytest.approx(5 * 0.4)


def test_a_proxy_that_never_acknowledges_ends_the_wait(fake_api, istiod):
    istiod.add("istiod-1", [proxy("2", "1")])
    assert not istiod_debug.wait_synced(fake_api, "istio-system", 5)
    assert istiod.clock.now >= 5


def test_without_the_right_to_ask_it_waits_a_moment(fake_api, istiod):
    assert not istiod_debug.wait_synced(fake_api, "istio-system", 60)
    assert 1 <= istiod.clock.now <= 5


def clusters(**statuses):
    return [{"id": "own", "secretName": "", "syncStatus": "synced"}] + [
        {"id": name, "secretName": f"istio-system/{name}", "syncStatus": status}
        for name, status in statuses.items()
    ]


def test_a_cluster_counts_when_all_pods_have_read_it(fake_api, istiod):
    istiod.add("istiod-1", clusters(west="synced", north="synced"))
    istiod.add("istiod-2", clusters(west="timeout", north="synced"))
    found = istiod_debug.remote_clusters(fake_api, "istio-system")
    assert [(c["id"], c["status"]) for c in found] == [("north", "synced"), ("west", "timeout")]


@pytest.mark.parametrize("text", ["[]", "null", LOG + "[]"])
def test_no_clusters_and_a_log_before_the_answer(fake_api, istiod, text):
    istiod.add("istiod-1", text)
    assert istiod_debug.remote_clusters(fake_api, "istio-system") == []


def test_an_answer_that_is_none(fake_api, istiod):
    istiod.add("istiod-1", "404 page not found")
    with pytest.raises(MeshError, match="404 page not found"):
        istiod_debug.remote_clusters(fake_api, "istio-system")
