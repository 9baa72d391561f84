# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of sidecars is what they report, whatever a run remembers."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import sidecars
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.response_faults import (
    ResponseFaults,
    read_response_faults,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    LabBroken,
    NotAllowed,
)
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]
ANSWERS = {
    sidecars.SERVING: "listener_manager.listener_stopped: 0\n",
    sidecars.DRAINED: "listener_manager.listener_stopped: 2\n",
}


class Cluster:
    """Pods with sidecars in given states, by namespace, workload and number."""

    def __init__(self, states: dict[tuple[str, str, int], str]) -> None:
        self.states = {
            (namespace, f"{workload}-abc-{number}"): (workload, state)
            for (namespace, workload, number), state in states.items()
        }

    def objects(self, kind: str, namespace: str | None = None) -> list[Json]:
        assert kind == "Pod"
        return [
            pod(name, own, workload, proxy=state != "none", ending=state == "ending")
            for (own, name), (workload, state) in self.states.items()
            if namespace in (None, own)
        ]

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        assert (method, path) == ("GET", "/stats?filter=^listener_manager.listener_stopped$")
        _workload, state = self.states[pod.namespace, pod.name]
        if state == sidecars.UNREACHABLE:
            raise LabBroken("no answer")
        if state == sidecars.UNKNOWN:
            raise NotAllowed("pods/exec is forbidden")
        return ANSWERS[state]


def pod(name: str, namespace: str, workload: str, *, proxy: bool, ending: bool) -> Json:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{workload}-abc"}],
            "deletionTimestamp": "now" if ending else None,
        },
        "spec": {"containers": [{"name": "app"}, *([{"name": "istio-proxy"}] if proxy else [])]},
        "status": {"podIP": "10.0.0.1"},
    }


STATES = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["web", "db"]), st.integers(0, 3)),
    st.sampled_from(["serving", "drained", "unreachable", "unknown", "none", "ending"]),
    max_size=12,
)


@given(STATES, st.sampled_from([None, "a", "b"]), st.sets(st.sampled_from(["web", "db"])))
def test_every_selected_sidecar_is_reported_once_with_its_state(states, namespace, names):
    found = sidecars.read_status(t.cast(t.Any, Cluster(states)), namespace, names)
    expected = {
        (own, workload, f"{workload}-abc-{number}", state)
        for (own, workload, number), state in states.items()
        if namespace in (None, own) and workload in (names or {"web", "db"})
        if state not in ("none", "ending")
    }
    assert len(found) == len(expected)
    assert {(s.namespace, s.workload, s.pod, s.state) for s in found} == expected


def test_an_error_of_the_cluster_is_no_state():
    class Broken(Cluster):
        def objects(self, kind: str, namespace: str | None = None) -> list[Json]:
            raise LabBroken("the API does not answer")

    with pytest.raises(LabBroken, match="the API does not answer"):
        sidecars.read_status(t.cast(t.Any, Broken({})))


class FaultyCluster:
    """Keeps the runtime of one sidecar, as Envoy's admin interface does, and makes pods anew."""

    has_faults = True
    pod = PodRef("shop", "web-abc-1")

    def __init__(self) -> None:
        self.runtime: dict[str, str] = {}
        self.replaced: list[PodRef] = []

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        if method == "POST":
            for pair in path.removeprefix("/runtime_modify?").split("&"):
                key, _equals, value = pair.partition("=")
                self.runtime[key] = value
            self.runtime = {key: value for key, value in self.runtime.items() if value}
            return "OK"
        if "admin_overrides" in path:
            return f"runtime.admin_overrides_active: {int(bool(self.runtime))}\n"
        if path == "/runtime":
            entries = {
                key: {"layer_values": [value], "final_value": value}
                for key, value in self.runtime.items()
            }
            return json.dumps({"layers": ["admin"], "entries": entries})
        return "listener_manager.listener_stopped: 0\n"

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        return [self.pod]

    def replace_pod(self, pod: PodRef) -> None:
        self.replaced.append(pod)
        self.runtime = {}

    def wait_serving(self, namespace: str, workload: str, timeout: float) -> list[PodRef]:
        return [self.pod]


PERCENT = st.integers(0, 100)


@given(PERCENT, st.integers(500, 599), PERCENT, st.integers(1, 9999))
def test_faults_are_read_as_they_were_set(fail, status, delay, delay_ms):
    cluster = t.cast(t.Any, FaultyCluster())
    settings = sidecars.fault_settings(
        fail_percent=fail, status=status, delay_percent=delay, delay_ms=delay_ms
    )
    if settings:
        sidecars.set_faults(cluster, [cluster.pod], settings)
    (found,) = read_response_faults(cluster, [cluster.pod])
    expected = ResponseFaults(fail, status if fail else 503, delay, delay_ms if delay else 0)
    assert found == expected
    assert found.serves_nothing == (fail == 100)
    assert (f"answers {fail} % of the requests with {status}" in str(found)) == bool(fail)
    assert (f"delays {delay} % of the requests by {delay_ms} ms" in str(found)) == bool(delay)


def test_a_sidecar_that_does_not_answer_or_can_give_none_has_no_faults():
    class Silent(FaultyCluster):
        def admin(self, pod: PodRef, method: str, path: str) -> str:
            raise LabBroken("no answer")

    cluster = t.cast(t.Any, Silent())
    assert read_response_faults(cluster, [cluster.pod]) == [ResponseFaults()]
    cluster.has_faults = False
    assert read_response_faults(cluster, [cluster.pod] * 2) == [ResponseFaults()] * 2


def test_faults_are_set_and_taken_away():
    cluster = t.cast(t.Any, FaultyCluster())
    settings = sidecars.fault_settings(fail_percent=10, status=500)
    sidecars.set_faults(cluster, [cluster.pod], settings)
    assert cluster.runtime == {
        "fault.http.abort.abort_percent": "10",
        "fault.http.abort.http_status": "500",
    }
    sidecars.set_faults(cluster, [cluster.pod], dict.fromkeys(settings))
    assert cluster.runtime == {}
    late = sidecars.fault_settings(delay_percent=100, delay_ms=30)
    assert late == {
        "fault.http.delay.fixed_delay_percent": 100,
        "fault.http.delay.fixed_duration_ms": 30,
    }


def test_faults_that_a_killed_run_left_are_repaired():
    cluster = t.cast(t.Any, FaultyCluster())
    selection = sidecars.SidecarSelection("shop", ("web",))
    assert sidecars.restore(cluster, selection, "replace", 1) == []
    sidecars.set_faults(cluster, [cluster.pod], sidecars.fault_settings(fail_percent=100))
    assert sidecars.restore(cluster, selection, "replace", 1) == ["web-abc-1"]
    assert cluster.replaced == [cluster.pod]
