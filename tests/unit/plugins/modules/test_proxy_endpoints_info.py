# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module around the logic, with what a sidecar in a Kubernetes cluster answered."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.modules import proxy_endpoints_info

ENVOY = Path(__file__).parents[1] / "module_utils" / "_envoy" / "recorded" / "clusters.json"
CLIENT = {"provider": "kind", "kubeconfig": "/nowhere", "cluster": "east", "namespace": "sleep"}

Answer = dict[str, t.Any]


class Cluster:
    name = "east"

    def __init__(self, pods: t.Sequence[str]) -> None:
        self._pods = pods
        self.asked: list[tuple[str, str, str]] = []

    def pods(self, namespace: str, workload: str) -> list[PodRef]:
        assert (namespace, workload) == ("sleep", "sleep")
        return [PodRef(namespace, name, "10.10.0.1", "node") for name in self._pods]

    def admin(self, pod: PodRef, method: str, path: str) -> str:
        self.asked.append((pod.name, method, path.partition("?")[0]))
        return ENVOY.read_text(encoding="utf-8")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> t.Any:
    def call(cluster: Cluster, **options: t.Any) -> Answer:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {**CLIENT, "workload": "sleep", **options}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr(proxy_endpoints_info, "connect", lambda _params: cluster)
        with pytest.raises(SystemExit):
            proxy_endpoints_info.main()
        return t.cast("Answer", json.loads(capsys.readouterr().out))

    return call


def test_it_says_what_each_sidecar_knows(run):
    cluster = Cluster(["sleep-1", "sleep-2"])
    answer = run(cluster, host="helloworld.sample", port=5000)
    assert answer["changed"] is False
    known = [(e["pod"], e["locality"]["zone"], e["health"]) for e in answer["endpoints"]]
    assert known == [
        (pod, *endpoint)
        for pod in ("sleep-1", "sleep-2")
        for endpoint in (("zone1", "ejected"), ("zone2", "healthy"))
    ]
    # nothing but questions
    assert {(method, path) for _pod, method, path in cluster.asked} == {("GET", "/clusters")}


def test_a_host_that_no_sidecar_knows_is_told(run, monkeypatch):
    # where a warning goes depends on whether Ansible's controller is there, too
    warnings: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: warnings.append(text))
    answer = run(Cluster(["sleep-1"]), host="other.sample")
    assert answer["endpoints"] == []
    (warning,) = warnings
    assert "know no endpoint of 'other.sample'" in warning


def test_a_workload_without_pods_is_an_error(run):
    answer = run(Cluster([]))
    assert answer["failed"] is True
    assert "sleep/sleep of cluster east has no running pod" in answer["msg"]
