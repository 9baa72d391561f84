# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster of a lab says of what it does not have. What it has, Molecule tests."""

from __future__ import annotations

import typing as t
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.connect import connect
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.interface import PodRef
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.loopback import (
    LoopbackCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab_state import LabState
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.store import Store

POD = PodRef("sample", "web-1", "127.1.0.9")


@pytest.fixture
def cluster(tmp_path: Path) -> LoopbackCluster:
    lab = Lab(tmp_path / "lab")
    lab.create()
    lab.add_cluster("east", IPv4Network("10.255.10.0/24"))
    lab.save()
    Store(lab.cluster_directory("east") / "objects.json").save()
    return LoopbackCluster(str(lab.directory), "east")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda cluster: cluster.pods("sample", "web"),
            "workload: cluster east has no Deployment 'web' in namespace 'sample'; it has: none",
        ),
        (
            lambda cluster: cluster.scale("sample", "web", 2),
            "cluster east has no Deployment 'sample/web'",
        ),
        (lambda cluster: cluster.replace_pod(POD), "cluster east has no pod 'sample/web-1'"),
        (
            lambda cluster: cluster.dns_lookup(POD, "web.sample"),
            "cluster east has no pod 'sample/web-1'",
        ),
    ],
    ids=["pods", "scale", "replace", "resolve"],
)
def test_what_is_not_there(
    cluster: LoopbackCluster, ask: t.Callable[[LoopbackCluster], object], message: str
) -> None:
    with pytest.raises(NotFound) as raised:
        ask(cluster)
    assert str(raised.value) == message


def test_an_address_needs_no_resolver(cluster: LoopbackCluster) -> None:
    assert cluster.dns_lookup(POD, "192.0.2.1") == ("192.0.2.1",)


def test_an_envoy_that_has_ended(cluster: LoopbackCluster, tmp_path: Path) -> None:
    (tmp_path / "lab/clusters/east/pods/sample_web-1").mkdir(parents=True)
    with pytest.raises(LabBroken, match="the Envoy of sample_web-1 does not answer GET /ready"):
        cluster.admin(POD, "GET", "/ready")
    assert cluster.proxy_log(POD, 5) == ""


def test_providers() -> None:
    with pytest.raises(InvalidInput, match="provider: 'gke' is unknown; choose loopback, kind or"):
        connect({"provider": "gke"})


class Rejecting:
    """A rollout that an Envoy rejects, as the first of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, replacement: dict[str, t.Any]) -> None:
        self.rollouts = 0
        self.replacement = replacement
        mine = self

        def reconcile(
            state: LabState, *, write: bool, new_pods_ready_later: bool = False
        ) -> object:
            mine.rollouts += 1
            store = state.store("east")
            if mine.rollouts == 1:
                store.objects = [mine.replacement]
            store.save()
            return mine

        monkeypatch.setattr(LabState, "reconcile", reconcile)

    def wait(self) -> None:
        if self.rollouts == 1:
            raise LabBroken("the Envoy of web rejects it")


def with_pod(name: str) -> dict[str, t.Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "sample"},
        "spec": {"nodeName": "n"},
        "status": {"podIP": "127.1.0.9"},
    }


@pytest.mark.parametrize(
    "change",
    [lambda cluster: cluster.scale("sample", "web", 5), lambda cluster: cluster.replace_pod(POD)],
    ids=["scale", "replace"],
)
def test_what_an_envoy_rejects_is_taken_back(
    cluster: LoopbackCluster,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: t.Callable[[LoopbackCluster], None],
) -> None:
    directory = Lab(tmp_path / "lab").cluster_directory("east")
    deployment = {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "sample"},
        "spec": {"replicas": 2},
    }
    store = Store.load(directory)
    store.manifests["Deployment", "sample", "web"] = deployment
    store.objects = [with_pod("web-1")]
    store.save()
    rejecting = Rejecting(monkeypatch, with_pod("web-2"))
    with pytest.raises(LabBroken, match="rejects it"):
        change(cluster)
    assert rejecting.rollouts == 2
    store = Store.load(directory)
    assert store.manifests == {("Deployment", "sample", "web"): deployment}
    assert [pod["metadata"]["name"] for pod in store.pods()] == ["web-1"]
    assert "deletionTimestamp" not in store.pods()[0]["metadata"]
