# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import kubernetes
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)

SERVES = "listener_manager.listener_stopped: 0\n"
DRAINED = "listener_manager.listener_stopped: 1\n"


def deployment(replicas: int = 1, **status: t.Any) -> dict[str, t.Any]:
    return {
        "metadata": {"name": "web", "namespace": "sample", "generation": 2},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"observedGeneration": 2, "updatedReplicas": replicas, **status},
    }


def pod(name: str, *, ready: bool = True, restarts: int = 0, proxy: bool = True, **changes: t.Any):
    containers = ["app", *(["istio-proxy"] if proxy else [])]
    made = {
        "metadata": {
            "name": name,
            "namespace": "sample",
            "labels": {"app": "web", "pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-abc"}],
        },
        "spec": {"nodeName": "n1", "containers": [{"name": each} for each in containers]},
        "status": {
            "phase": "Running",
            "podIP": "10.1.2.3",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {"name": each, "restartCount": restarts, "state": {}} for each in containers
            ],
        },
    }
    for part, values in changes.items():
        made[part].update(values)
    return made


class Api:
    """An API whose objects change with every question for pods, and Envoys that answer in turn."""

    name = "east"

    def __init__(self) -> None:
        self.deployment: dict[str, t.Any] = deployment()
        self.pods: list[list[dict[str, t.Any]]] = []
        self.answers: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.selectors: list[str] = []
        self.deleted: list[tuple[str, str]] = []
        self.scaled: list[tuple[str, str, int]] = []

    def get(self, kind: str, namespace: str, name: str) -> dict[str, t.Any]:
        if kind == "Pod":
            return next(each for each in self.pods[0] if each["metadata"]["name"] == name)
        if (namespace, name) != ("sample", "web"):
            raise NotFound("no")
        return copy.deepcopy(self.deployment)

    def find_all(self, kind: str, namespace: str | None = None, selector: str = "") -> list[t.Any]:
        self.selectors.append(selector)
        if kind == "Deployment":
            return [self.deployment] if namespace == "sample" else []
        return self.pods.pop(0) if len(self.pods) > 1 else self.pods[0]

    def delete_pod(self, namespace: str, name: str) -> None:
        self.deleted.append((namespace, name))

    def log(self, namespace: str, name: str, container: str, lines: int) -> str:
        return f"the last {lines} of {container} in {namespace}/{name}"

    def patch(self, kind: str, namespace: str, name: str, body: t.Any, *, action: str) -> None:
        assert (kind, action) == ("Deployment", "scale")
        self.scaled.append((namespace, name, body["spec"]["replicas"]))

    def call(self, api: t.Any, namespace: str, name: str, method: str, path: str) -> str:
        assert api is self
        assert namespace == "sample"
        self.asked.append((name, method, path))
        answers = self.answers.get(name, [SERVES])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.startswith("Error"):
            raise MeshError(answer)
        return answer


@pytest.fixture
def api(monkeypatch):
    made = Api()
    monkeypatch.setattr(kubernetes, "client_for", lambda _options: made)
    monkeypatch.setattr(kubernetes.envoy_admin, "call", made.call)
    return made


@pytest.fixture
def clock(fake_time, monkeypatch):
    monkeypatch.setattr(kubernetes, "time", fake_time)
    return fake_time


@pytest.fixture
def cluster(api, clock):
    return kubernetes.KubernetesCluster({})


def names(pods: list[PodRef]) -> list[str]:
    return [each.name for each in pods]


def test_labels_select_objects(api, cluster):
    api.pods = [[pod("a")]]
    cluster.objects("Pod", "sample", {"app": "web", "version": "v1"})
    assert api.selectors == ["app=web,version=v1"]


def test_pods_that_serve_come_first_and_others_than_the_workloads_not_at_all(api, cluster):
    stranger = pod("stranger", metadata={"ownerReferences": []})
    going = pod("going", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    waiting = pod("waiting", status={"phase": "Pending"})
    api.pods = [[pod("b", ready=False), stranger, going, waiting, pod("c"), pod("a")]]
    found = cluster.pods("sample", "web")
    assert names(found) == ["a", "c", "b"]
    assert found[0] == PodRef("sample", "a", "10.1.2.3", "n1")


def test_a_workload_that_is_missing_is_told_with_those_that_exist(cluster):
    with pytest.raises(NotFound, match="no Deployment 'wep' in namespace 'sample'; it has: web"):
        cluster.pods("sample", "wep")
    with pytest.raises(NotFound, match="in namespace 'nowhere'; it has: none"):
        cluster.pods("nowhere", "web")


def test_replacing_a_pod_deletes_it(api, cluster):
    cluster.replace_pod(PodRef("sample", "a"))
    assert api.deleted == [("sample", "a")]


def test_scaling_a_workload(api, cluster):
    cluster.scale("sample", "web", 0)
    assert api.scaled == [("sample", "web", 0)]


def test_the_log_is_the_sidecars(cluster):
    said = cluster.proxy_log(PodRef("sample", "a"), 5)
    assert said == "the last 5 of istio-proxy in sample/a"


@pytest.mark.parametrize(
    ("said", "found"), [("address 240.240.0.1\nresolved\n", ("240.240.0.1",)), ("resolved\n", ())]
)
def test_names_are_looked_up_beside_the_app(api, cluster, monkeypatch, said, found):
    api.pods = [[pod("a")]]
    asked: list[t.Any] = []

    def run(_api: t.Any, container: t.Any, command: t.Any, _timeout: float) -> t.Any:
        asked.append((container.name, command[-1]))
        return kubernetes.pod_exec.ExecResult(0, said, "")

    monkeypatch.setattr(kubernetes.dns_lookup.pod_exec, "run", run)
    assert cluster.dns_lookup(PodRef("sample", "a"), "db.example.com") == found
    assert asked == [("app", "db.example.com")]


def test_a_lookup_that_cannot_be_made_says_why(api, cluster, monkeypatch):
    api.pods = [[pod("a")]]
    outcome = kubernetes.pod_exec.ExecResult(-1, "", "", "no such file: sh")
    monkeypatch.setattr(kubernetes.dns_lookup.pod_exec, "run", lambda *_arguments: outcome)
    with pytest.raises(MeshError, match=r"cannot look db\.example\.com up: no such file: sh"):
        cluster.dns_lookup(PodRef("sample", "a"), "db.example.com")
    assert cluster.dns_lookup(PodRef("sample", "a"), "192.0.2.1") == ("192.0.2.1",)


def test_a_workload_serves_when_its_pods_are_ready_and_not_drained(api, cluster, clock):
    api.deployment = deployment(replicas=2)
    api.pods = [[pod("a"), pod("b")]]
    assert names(cluster.wait_serving("sample", "web", 9)) == ["a", "b"]
    assert clock.now == 0


def test_a_workload_without_replicas_serves_at_once(api, cluster):
    api.deployment = deployment(replicas=0)
    api.pods = [[]]
    assert cluster.wait_serving("sample", "web", 9) == []


def test_a_pod_without_sidecar_has_none_to_wait_for(api, cluster):
    api.pods = [[pod("a", proxy=False)]]
    api.answers = {"a": ["Error: no sidecar"]}
    assert names(cluster.wait_serving("sample", "web", 9)) == ["a"]


@pytest.mark.parametrize(
    "pods",
    [
        pytest.param([[], [pod("new")]], id="no pod yet"),
        pytest.param([[pod("new", ready=False)], [pod("new")]], id="not ready"),
        pytest.param([[pod("old"), pod("new")], [pod("new")]], id="more pods than replicas"),
        pytest.param(
            [[pod("old", metadata={"deletionTimestamp": "x"})], [pod("new")]], id="the old one ends"
        ),
    ],
)
def test_it_is_waited_for_the_pods(api, cluster, clock, pods):
    api.pods = copy.deepcopy(pods)
    assert names(cluster.wait_serving("sample", "web", 9)) == ["new"]
    assert clock.now > 0


@pytest.mark.parametrize("answers", [[DRAINED, SERVES], ["Error: gone", SERVES]])
def test_it_is_waited_for_the_sidecar(api, cluster, clock, answers):
    api.pods = [[pod("a")]]
    api.answers = {"a": answers}
    assert names(cluster.wait_serving("sample", "web", 9)) == ["a"]
    assert clock.now > 0


@pytest.mark.parametrize(
    ("found", "pods", "answer", "said"),
    [
        (deployment(), [], SERVES, "it has 0 of 1 pods"),
        (
            deployment(
                conditions=[{"type": "ReplicaFailure", "status": "True", "message": "quota"}]
            ),
            [],
            SERVES,
            "it has 0 of 1 pods: quota",
        ),
        (deployment(observedGeneration=1), [pod("a")], SERVES, "has not seen its latest change"),
        (deployment(updatedReplicas=0), [pod("a")], SERVES, "it has 1 of 1 pods"),
        (deployment(), [pod("a", ready=False)], SERVES, "pod a on node n1 is not ready"),
        (deployment(), [pod("a")], DRAINED, "the sidecar of pod a does not serve"),
    ],
)
def test_the_wait_ends_with_what_is_missing(api, cluster, clock, found, pods, answer, said):
    api.deployment, api.pods, api.answers = found, [pods], {"a": [answer]}
    with pytest.raises(MeshError) as raised:
        cluster.wait_serving("sample", "web", 3)
    assert "Deployment sample/web does not serve after 3 s: " in str(raised.value)
    assert said in str(raised.value)
    assert clock.now == 3


def test_a_restarted_sidecar_serves_when_its_container_was_started_again(api, cluster, clock):
    # the pod counts as ready, and the old Envoy may still answer, until the kubelet sees the end
    api.pods = [[pod("a", restarts=1)]]
    cluster.restart_sidecar(PodRef("sample", "a"))
    assert api.asked == [("a", "POST", "/quitquitquit")]
    api.pods = [[pod("a", restarts=1)], [pod("a", restarts=2, ready=False)], [pod("a", restarts=2)]]
    assert names(cluster.wait_serving("sample", "web", 9)) == ["a"]
    assert clock.now == pytest.approx(1.0)


def test_a_sidecar_that_has_ended_needs_no_end(api, cluster):
    api.pods = [[pod("a")]]
    api.answers = {"a": ["Error: refused", "Error: refused", SERVES]}
    cluster.restart_sidecar(PodRef("sample", "a"))
    assert names(cluster.wait_serving("sample", "web", 9)) == ["a"]


def test_a_sidecar_that_does_not_end_is_an_error(api, cluster):
    api.pods = [[pod("a")]]
    api.answers = {"a": ["Error: forbidden", "LIVE\n"]}
    with pytest.raises(MeshError, match="forbidden"):
        cluster.restart_sidecar(PodRef("sample", "a"))


def test_requests_are_sent_from_the_application_through_its_sidecar(api, cluster, monkeypatch):
    sent = []

    def run_profile(profile, open_session, where, progress):
        sent.append((profile, where, progress))
        open_session(["sh"])
        return ["record"]

    opened = []
    monkeypatch.setattr(kubernetes, "run_profile", run_profile)
    monkeypatch.setattr(kubernetes.pod_exec, "Session", lambda *arguments: opened.append(arguments))
    api.pods = [[pod("a")]]
    assert cluster.sample(PodRef("sample", "a"), "profile", "progress") == ["record"]
    assert sent == [("profile", "cluster east: container app of pod sample/a", "progress")]
    container = kubernetes.pod_exec.Container("sample", "a", "app")
    assert opened == [(api, container, ["sh"])]


def test_greetings_are_heard_beside_the_app(api, cluster, monkeypatch):
    api.pods = [[pod("a")]]
    asked: list[t.Any] = []

    def run(_api: t.Any, container: t.Any, command: t.Any, _timeout: float) -> t.Any:
        asked.append((container.name, command[-1]))
        return kubernetes.pod_exec.ExecResult(0, "Hello\n", "")

    monkeypatch.setattr(kubernetes.tcp_probe.pod_exec, "run", run)
    said = cluster.tcp_probe(PodRef("sample", "a"), ("240.240.0.1", 3306), "/hello", 5.0)
    assert said == "Hello"
    assert asked == [("app", "http://240.240.0.1:3306/hello")]
