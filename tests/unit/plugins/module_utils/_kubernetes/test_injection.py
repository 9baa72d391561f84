# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods are injected with the settings of their time; the API server's dry run has the new ones."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import injection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import FakeApi

Json = dict[str, t.Any]
PODS = "/api/v1/namespaces/sample/pods"
DEPLOYMENT = "/apis/apps/v1/namespaces/sample/deployments"


class Webhook:
    """What istiod does with a new pod, with the mesh's settings of the moment."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.image = "proxyv2:1"
        self.variables: dict[str, str] = {}
        self.errors: list[MeshError] = []
        self.requests: list[Json] = []
        api._post = self.post  # type: ignore[attr-defined]

    def post(self, path: str, body: Json, query: Json) -> Json:
        assert query == {"dryRun": "All"}
        self.requests.append(body)
        for error in self.errors:
            raise error
        return self.inject(copy.deepcopy(body))

    def inject(self, pod: Json) -> Json:
        if pod["metadata"].get("annotations", {}).get("sidecar.istio.io/inject") != "false":
            owner = {"name": "OWNER", "value": pod["metadata"]["ownerReferences"][0]["name"]}
            given = [{"name": name, "value": value} for name, value in self.variables.items()]
            env = [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
            proxy = {"name": "istio-proxy", "image": self.image, "env": [*env, owner, *given]}
            pod["spec"]["containers"] = [*pod["spec"]["containers"], proxy]
        return pod

    def deploy(self, name: str, annotations: Json | None = None, **metadata: t.Any) -> None:
        template = {
            "metadata": {"labels": {"app": name}, "annotations": annotations or {}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        }
        self.api.add(
            *("apps/v1", "Deployment", name, "sample"),
            metadata=metadata,
            spec={"template": template, "selector": {"matchLabels": {"app": name}}},
        )
        pod = copy.deepcopy(template)
        pod["metadata"] |= {
            "labels": {"app": name, "pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{name}-abc"}],
            "generateName": f"{name}-abc-",
        }
        self.api.add("v1", "Pod", f"{name}-abc-1", "sample", **self.inject(pod))


@pytest.fixture
def webhook(fake_api):
    return Webhook(fake_api)


VARIABLES = st.dictionaries(
    st.sampled_from(["ISTIO_META_DNS_CAPTURE", "PROXY_CONFIG", "TRUST_DOMAIN", "A", "B"]),
    st.sampled_from(["", "true", '{"meshId": "a"}', '{"meshId":"b"}', "cluster.local"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(VARIABLES, VARIABLES)
def test_the_settings_that_changed_are_named_and_no_others(before, after):
    webhook = Webhook(FakeApi())
    webhook.variables = before
    webhook.deploy("web")
    webhook.variables = after
    outdated, errors = injection.find_outdated(webhook.api)
    changed = {
        f"{name} of istio-proxy"
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    }
    assert {name for each in outdated for name in each.settings} == changed
    assert [each.workload["metadata"]["name"] for each in outdated] == ["web"][: bool(changed)]
    assert errors == []


def test_another_image_is_a_setting(webhook):
    webhook.deploy("web")
    webhook.image = "proxyv2:2"
    outdated, _errors = injection.find_outdated(webhook.api)
    assert [str(each) for each in outdated] == ["Deployment sample/web (image of istio-proxy)"]


def test_the_same_configuration_in_other_spaces_is_no_difference(webhook):
    webhook.variables = {"PROXY_CONFIG": json.dumps({"a": 1})}
    webhook.deploy("web")
    webhook.variables = {"PROXY_CONFIG": '{ "a":1}'}
    assert injection.find_outdated(webhook.api) == ([], [])


def test_one_pod_of_several_is_enough(webhook):
    webhook.deploy("web")
    second = copy.deepcopy(webhook.api.objects[f"{PODS}/web-abc-1"])
    second["metadata"]["name"] = "web-abc-2"
    second["spec"]["containers"][1]["env"].append({"name": "OLD", "value": "1"})
    webhook.api.objects[f"{PODS}/web-abc-2"] = second
    outdated, _errors = injection.find_outdated(webhook.api)
    assert [each.settings for each in outdated] == [("OLD of istio-proxy",)]
    assert len(webhook.requests) == 1


def test_pods_without_a_proxy_are_not_compared(webhook):
    webhook.deploy("web", {"sidecar.istio.io/inject": "false"})
    webhook.variables = {"NEW": "1"}
    assert injection.find_outdated(webhook.api) == ([], [])
    assert webhook.requests == []


def test_a_workload_that_cannot_be_compared_does_not_hide_others(webhook):
    webhook.deploy("web")
    webhook.errors = [MeshError("may not create pods")]
    assert injection.find_outdated(webhook.api) == ([], ["may not create pods"])


def test_a_user_who_may_not_list_pods_is_told(webhook):
    webhook.deploy("web")

    def refuse(_method: str, path: str) -> None:
        if path == "/api/v1/pods":
            raise MeshError("may not list Pod")

    webhook.api.before = refuse
    assert injection.find_outdated(webhook.api) == ([], ["may not list Pod"])
