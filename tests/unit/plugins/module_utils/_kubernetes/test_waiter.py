# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import waiter

READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


@pytest.fixture
def clock(fake_time, monkeypatch):
    monkeypatch.setattr(waiter, "time", fake_time)
    return fake_time


def deployment(api, name="web", status=None):
    return api.add(
        "apps/v1",
        "Deployment",
        name,
        "sample",
        metadata={"generation": 1},
        spec={"replicas": 1, "selector": {"matchLabels": {"app": name}}},
        status=status or {},
    )


def test_waits_for_all_at_the_same_time(fake_api, clock):
    first, second = deployment(fake_api), deployment(fake_api, "other")

    def become_ready(_method, path):
        for obj, at in ((first, 3), (second, 4)):
            if clock.now >= at:
                obj["status"] = READY

    fake_api.before = become_ready
    ready = waiter.wait_ready(fake_api, [first, second], 60)
    assert [obj["metadata"]["name"] for obj in ready] == ["web", "other"]
    assert clock.now == pytest.approx(4, abs=0.5)


def test_what_is_ready_is_not_asked_again(fake_api, clock):
    deployment(fake_api, "done", READY)
    slow = deployment(fake_api, "slow")
    fake_api.before = lambda *_unused: slow.update(status=READY) if clock.now > 2 else None
    waiter.wait_ready(fake_api, list(fake_api.objects.values()), 60)
    asked = [path for _method, path in fake_api.calls]
    assert sum(path.endswith("/done") for path in asked) == 1
    assert sum(path.endswith("/slow") for path in asked) > 2


def test_the_error_names_image_and_node(fake_api, clock):
    deployment(fake_api)
    fake_api.add(
        "v1",
        "Pod",
        "web-1",
        "sample",
        metadata={"labels": {"app": "web"}},
        spec={"nodeName": "node7", "containers": [{"name": "web", "image": "nowhere/web:1"}]},
        status={
            "containerStatuses": [
                {
                    "name": "web",
                    "state": {"waiting": {"reason": "ErrImagePull", "message": "no host"}},
                }
            ]
        },
    )
    with pytest.raises(waiter.NotReady) as caught:
        waiter.wait_ready(fake_api, [next(iter(fake_api.objects.values()))], 10)
    message = str(caught.value)
    for part in ("Deployment sample/web", "after 10 s", "node7", "nowhere/web:1", "ErrImagePull"):
        assert part in message


def test_the_error_repeats_the_last_warning(fake_api, clock):
    service = fake_api.add("v1", "Service", "gateway", "mesh", spec={"type": "LoadBalancer"})
    for number, reason in ((2, "AllocationFailed"), (1, "Older")):
        fake_api.add(
            "v1",
            "Event",
            f"e{number}",
            "mesh",
            type="Warning",
            reason=reason,
            message="no available IPs",
            lastTimestamp=f"2026-01-0{number}T00:00:00Z",
            involvedObject={"kind": "Service", "name": "gateway"},
        )
    with pytest.raises(waiter.NotReady, match="AllocationFailed: no available IPs") as caught:
        waiter.wait_ready(fake_api, [service], 1)
    assert "NodePort" in str(caught.value) and "Older" not in str(caught.value)


def test_an_object_that_goes_is_not_waited_for(fake_api, clock):
    obj = deployment(fake_api)
    fake_api.objects.clear()
    with pytest.raises(NotFound, match="Deployment sample/web is gone"):
        waiter.wait_ready(fake_api, [obj], 10)


def operated(api, **status):
    return api.add(
        "sailoperator.io/v1",
        "Istio",
        "default",
        metadata={"generation": 1},
        spec={"namespace": "mesh"},
        status=status,
    )


def refused(message="version unknown"):
    condition = {"type": "Reconciled", "status": "False", "reason": "Error", "message": message}
    return {"observedGeneration": 1, "conditions": [condition]}


def test_what_is_refused_for_long_ends_the_wait(fake_api, clock):
    obj = operated(fake_api, **refused())
    # only the words change, which an operator that tries again may do
    fake_api.before = lambda *_unused: obj.update(status=refused(f"try at {clock.now}"))
    with pytest.raises(
        waiter.NotReady, match=r"not ready after 20 s: Istio default: .* Error: try"
    ):
        waiter.wait_ready(fake_api, [obj, deployment(fake_api)], 300)


def test_a_refusal_that_passes_is_borne(fake_api, clock):
    obj = operated(fake_api)
    looks = [
        (15, refused()),
        (30, {"observedGeneration": 1}),
        (45, refused()),
        (999, {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}),
    ]

    def change(_method, _path):
        obj["status"] = next(status for until, status in looks if clock.now < until)

    fake_api.before = change
    waiter.wait_ready(fake_api, [obj], 300)
    assert clock.now == pytest.approx(45, abs=0.5)


def test_where_no_operator_runs_the_wait_ends(fake_api, clock):
    obj = operated(fake_api)
    with pytest.raises(waiter.NotReady, match=r"after 60 s: .*does the Sail operator run"):
        waiter.wait_ready(fake_api, [obj], 300)


def test_the_pods_of_an_operator_say_why(fake_api, clock):
    condition = {"type": "Ready", "status": "False", "reason": "IstiodNotReady"}
    obj = operated(fake_api, observedGeneration=1, conditions=[condition])
    waiting = {"reason": "ErrImagePull", "message": "no host"}
    fake_api.add(
        "v1",
        "Pod",
        "istiod-1",
        "mesh",
        metadata={"labels": {"app": "istiod"}},
        spec={"nodeName": "node7", "containers": [{"name": "discovery", "image": "pilot:1"}]},
        status={"containerStatuses": [{"name": "discovery", "state": {"waiting": waiting}}]},
    )
    with pytest.raises(waiter.NotReady, match=r"IstiodNotReady \(.*node7.*ErrImagePull"):
        waiter.wait_ready(fake_api, [obj], 10)
