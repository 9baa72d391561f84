# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import (
    adoption,
    cleanup,
    permissions,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import ownership

OURS = {"labels": {ownership.LAB: "lab"}}
ISTIO = {"labels": {ownership.ISTIOCTL_OWNER: "eastwest-lab"}}


@pytest.fixture
def context(fake_api, tmp_path, monkeypatch):
    monkeypatch.setattr(cleanup.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(permissions, "_is_allowed", lambda _api, _permission: True)
    record = tmp_path / "lab" / "clusters" / "east" / "existing.json"
    return adoption.AdoptionContext(fake_api, "lab", record, check=False, timeout=10)


def fill(api):
    """What the lab made, and what was there before."""
    api.add("v1", "Namespace", "mine", metadata={**OURS})
    api.add("v1", "Namespace", "theirs", metadata={})
    api.add("v1", "ConfigMap", "settings", "theirs")
    api.add("v1", "Service", "web", "theirs", metadata={**OURS})
    api.add("apps/v1", "Deployment", "istiod", "theirs", metadata={**ISTIO})
    api.add(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "inject",
        metadata={**ISTIO},
    )
    api.add(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "destinationrules.networking.istio.io",
        metadata={**ISTIO},
        spec={
            "group": "networking.istio.io",
            "names": {"kind": "DestinationRule", "plural": "destinationrules"},
            "versions": [{"name": "v1alpha3", "served": False}, {"name": "v1", "served": True}],
        },
    )
    api.add("networking.istio.io/v1", "DestinationRule", "rule", "theirs", metadata={**OURS})
    api.add(
        "v1",
        "ConfigMap",
        "istio-ca-root-cert",
        "theirs",
        metadata={"labels": {"istio.io/config": "true"}},
    )


def left(api):
    return {(obj["kind"], obj["metadata"]["name"]) for obj in api.objects.values()}


def deleted(api):
    return [path.rpartition("/")[2] for method, path in api.calls if method == "DELETE"]


def test_all_that_the_lab_made_goes_and_nothing_else(fake_api, context):
    fill(fake_api)
    adoption.release(context)
    assert left(fake_api) == {("Namespace", "theirs"), ("ConfigMap", "settings")}


def test_the_order_in_which_things_go(fake_api, context):
    fill(fake_api)
    adoption.release(context)
    order = deleted(fake_api)
    assert order[0] == "inject"
    assert order.index("rule") < order.index("istiod") < order.index("mine")
    assert order.index("mine") < order.index("istio-ca-root-cert")
    assert order[-1] == "destinationrules.networking.istio.io"


def test_a_definition_stays_while_others_have_objects_of_it(fake_api, context):
    fill(fake_api)
    fake_api.add("networking.istio.io/v1", "DestinationRule", "foreign", "theirs")
    adoption.release(context)
    kept = {"destinationrules.networking.istio.io", "foreign"}
    assert kept <= {name for _kind, name in left(fake_api)}


def test_what_istiod_wrote_stays_where_the_lab_did_not_install_it(fake_api, context):
    fill(fake_api)
    del fake_api.objects["/apis/apps/v1/namespaces/theirs/deployments/istiod"]
    adoption.release(context)
    assert ("ConfigMap", "istio-ca-root-cert") in left(fake_api)


def test_what_istiod_wrote_goes_where_an_operator_installed_it_for_the_lab(fake_api, context):
    fill(fake_api)
    del fake_api.objects["/apis/apps/v1/namespaces/theirs/deployments/istiod"]
    fake_api.add("sailoperator.io/v1", "Istio", "default", metadata={**OURS})
    adoption.release(context)
    assert left(fake_api) == {("Namespace", "theirs"), ("ConfigMap", "settings")}
    assert deleted(fake_api).index("default") < deleted(fake_api).index("istio-ca-root-cert")


def test_check_mode_says_what_would_go(fake_api, context):
    fill(fake_api)
    before = left(fake_api)
    checked = adoption.AdoptionContext(fake_api, "lab", context.record, check=True, timeout=10)
    adoption.release(checked)
    assert left(fake_api) == before
    assert "delete Service theirs/web" in checked.actions


def test_another_labs_objects_stay(fake_api):
    fill(fake_api)
    before = left(fake_api)
    adoption.release(adoption.AdoptionContext(fake_api, "other", None, check=False, timeout=10))
    assert left(fake_api) == before


def test_an_object_that_does_not_go_is_named_with_what_holds_it(fake_api, monkeypatch):
    fake_api.add("v1", "Service", "web", "x", metadata={**OURS, "finalizers": ["example.com/f"]})
    monkeypatch.setattr(cleanup.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(fake_api, "_delete", lambda *_unused: {}, raising=False)
    items = cleanup.find(fake_api, "lab")
    with pytest.raises(MeshError, match=r"Service x/web \(held by example\.com/f\)"):
        cleanup.delete(fake_api, items, timeout=0)


def test_labels_in_namespaces_of_others_are_taken_back(fake_api, context):
    fields = [{"manager": ownership.MANAGER}, {"manager": "kubectl"}]
    fake_api.add("v1", "Namespace", "theirs", metadata={"managedFields": fields})
    fake_api.add("v1", "Namespace", "never-touched", metadata={"managedFields": fields[1:]})
    adoption.release(context)
    assert context.actions == ["take back the labels of Namespace theirs"]


def test_the_cluster_is_remembered_and_another_one_refused(fake_api, context):
    adoption.adopt(context, [], force=False)
    assert json.loads(context.record.read_text())["api"] == "https://east:6443"
    assert context.record.stat().st_mode & 0o777 == 0o600
    assert context.record.parents[2].stat().st_mode & 0o777 == 0o700
    fake_api.host = "https://production:6443"
    for act in (
        lambda: adoption.adopt(context, [], force=False),
        lambda: adoption.release(context),
    ):
        with pytest.raises(InvalidInput, match="https://production:6443"):
            act()


def test_a_second_join_does_nothing(fake_api, context):
    fake_api.add("v1", "Node", "n1", metadata={"labels": {}, "annotations": {}})
    facts = adoption.adopt(context, [{"zone": "z1", "region": "r"}], force=False)
    assert facts["nodes"][0]["locality"] == "r/z1"
    done = list(context.actions)
    assert "label n1" in done
    adoption.adopt(context, [{"zone": "z1", "region": "r"}], force=False)
    assert context.actions == done


def test_missing_rights_are_named_together(fake_api, monkeypatch):
    refused = {"namespaces", "pods"}

    def answer(path, body, _query):
        if "accessreviews" in path:
            resource = body["spec"]["resourceAttributes"]["resource"]
            return {"status": {"allowed": resource not in refused}}
        return {"status": {"userInfo": {"username": "jane"}}}

    monkeypatch.setattr(fake_api, "_post", answer, raising=False)
    with pytest.raises(MeshError) as caught:
        permissions.check(fake_api, permissions.REQUIRED)
    message = str(caught.value)
    assert "user jane lacks" in message
    assert "create namespaces" in message and "create pods/exec" in message
    assert "deployments" not in message
