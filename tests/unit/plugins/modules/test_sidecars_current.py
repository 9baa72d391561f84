# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outdated workloads are restarted, and which are only named."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils import basic
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import injection, waiter
from ansible_collections.eastwest.mesh.plugins.modules import sidecars_current
from ansible_collections.eastwest.mesh.plugins.plugin_utils.in_worker import run_module

from ..module_utils.conftest import FakeApi, FakeTime

READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
RESTARTED = "kubectl.kubernetes.io/restartedAt"


@pytest.fixture
def api(monkeypatch):
    api = FakeApi()
    for name, labels in (("ours", {"eastwest.mesh/lab": "lab"}), ("theirs", {}), ("current", {})):
        api.add(
            *("apps/v1", "Deployment", name, "sample"),
            metadata={"labels": labels, "generation": 1},
            spec={"replicas": 1, "template": {}, "selector": {"matchLabels": {"app": name}}},
            status=READY,
        )

    def find(_api):
        objects = [copy.deepcopy(obj) for obj in api.objects.values()]
        outdated = [
            injection.OutdatedWorkload(obj, ("PROXY_CONFIG of istio-proxy",))
            for obj in objects
            if obj["metadata"]["name"] != "current"
        ]
        return outdated, ["may not create pods"]

    monkeypatch.setattr(sidecars_current, "client_for", lambda _options: api)
    monkeypatch.setattr(injection, "find_outdated", find)
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
    return api


@pytest.fixture
def warnings(monkeypatch):
    given: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _self, text: given.append(text))
    return given


def run(provider: str, **options: t.Any) -> dict[str, t.Any]:
    given = {"lab_directory": "/labs/lab", "cluster": "east", "kubeconfig": "/k", **options}
    return run_module(sidecars_current, {"provider": provider, **given})


def restarted(api: FakeApi) -> list[str]:
    return [
        obj["metadata"]["name"]
        for obj in api.objects.values()
        if RESTARTED in obj["spec"]["template"].get("metadata", {}).get("annotations", {})
    ]


@pytest.mark.parametrize(
    ("provider", "own", "others"),
    [("kind", ["ours", "theirs"], []), ("existing", ["ours"], ["theirs"]), ("loopback", [], [])],
)
def test_the_labs_own_are_restarted_and_others_named(api, warnings, provider, own, others):
    result = run(provider)
    assert restarted(api) == own
    assert [text.split()[1] for text in result["restarted"]] == [f"sample/{name}" for name in own]
    assert [text.split()[1] for text in result["outdated"]] == [f"sample/{name}" for name in others]
    assert result["changed"] is bool(own)
    text = "; ".join(warnings)
    assert ("sample/theirs (PROXY_CONFIG of istio-proxy)" in text) is bool(others)
    assert ("may not create pods" in text) is (provider != "loopback")


def test_check_mode_restarts_nothing(api):
    result = run("kind", _ansible_check_mode=True)
    assert restarted(api) == []
    assert len(result["restarted"]) == 2


def test_restarted_workloads_are_waited_for(api, monkeypatch):
    monkeypatch.setattr(waiter, "time", FakeTime())
    api.objects["/apis/apps/v1/namespaces/sample/deployments/ours"]["status"] = {}
    result = run("existing", wait_timeout=5)
    assert "Deployment sample/ours: not seen by its controller" in result["msg"]
