# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.plugin_utils import apply as apply_module
from ansible_collections.eastwest.mesh.plugins.plugin_utils.apply import apply

K8S = "kubernetes.core.k8s"
LAB_OBJECTS = "eastwest.mesh.lab_objects"
READY = "eastwest.mesh.objects_ready"
CONFLICT = (
    'Failed to apply object: {"message":"Apply failed with 1 conflict: conflict with '
    r'\"helm\" using v1: .spec.ports","reason":"Conflict"}'
)
WEBHOOK = 'failed calling webhook "validate.example.io": connection refused'


def manifest(name="web", kind="ConfigMap"):
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "sample"},
    }


def outcome(*definitions, manager="eastwest.mesh", changed=True):
    """What kubernetes.core.k8s says that it did."""
    parts = []
    for definition in definitions:
        fields = [{"manager": manager, "operation": "Apply"}]
        metadata = {**definition["metadata"], "uid": "1", "managedFields": fields}
        after = {"data": {"a": "b"}} if changed else {}
        parts.append(
            {
                "result": {**definition, "metadata": metadata},
                "changed": changed,
                "diff": {"before": {}, "after": after},
            }
        )
    return {"changed": changed, "result": {"results": parts}}


def conflict():
    return {"failed": True, "msg": CONFLICT}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time passes in sleeps only."""

    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    found = Clock()
    monkeypatch.setattr(apply_module, "time", found)
    return found


@pytest.mark.parametrize(("provider", "force"), [("kind", True), ("existing", False)])
def test_only_a_cluster_of_the_labs_own_is_changed_whoever_manages_it(
    modules, server, provider, force
):
    definitions = [manifest()]
    modules.answer(K8S, **outcome(*definitions, changed=False))
    if provider == "existing":
        modules.answer(READY, changed=True)
    result = apply(server(provider, context=""), definitions, diff=False)
    (asked, *_rest) = modules.asked
    assert asked["resource_definition"] == definitions
    assert asked["server_side_apply"] == {
        "field_manager": "eastwest.mesh",
        "force_conflicts": force,
    }
    assert asked["context"] is None
    assert asked["diff"] is True
    assert result["changed"] is False
    assert [obj["metadata"]["name"] for obj in result["objects"]] == ["web"]


@pytest.mark.parametrize("wanted", [True, False])
def test_the_diff_is_shown_to_who_wants_it(modules, server, wanted):
    modules.answer(K8S, **outcome(manifest()))
    result = apply(server("kind"), [manifest()], diff=wanted)
    assert result["changed"] is True
    assert ("diff" in result) is wanted


@pytest.mark.parametrize(
    ("definitions", "options", "expected"),
    [
        ([], {}, {"changed": False, "objects": []}),
        (
            [manifest()],
            {"check_mode": True, "kubeconfig": "/nowhere/kubeconfig"},
            {"changed": True, "objects": [manifest()]},
        ),
    ],
    ids=["nothing to apply", "no cluster yet in check mode"],
)
def test_nothing_is_asked(server, definitions, options, expected):
    assert apply(server(**options), definitions, diff=False) == expected


def test_what_is_not_there_yet_is_waited_for(modules, server, clock, capsys):
    for _again in range(2):
        modules.answer(K8S, failed=True, msg=WEBHOOK)
    modules.answer(K8S, **outcome(manifest()))
    assert apply(server("kind"), [manifest()], diff=False)["changed"] is True
    assert clock.now == pytest.approx(4)
    said = "waiting: [east] the webhook validate.example.io does not answer yet"
    assert capsys.readouterr().out.count(said) == 1


def test_waiting_ends(modules, server, clock):
    for _again in range(3):
        modules.answer(K8S, failed=True, msg=WEBHOOK)
    result = apply(server("kind", wait_timeout=3), [manifest()], diff=False)
    assert result["failed"]
    assert result["msg"].startswith(
        "cluster east: after 3 s the webhook validate.example.io does not answer yet"
    )


def test_other_failures_are_not_waited_for(modules, server, clock):
    modules.answer(K8S, failed=True, msg="Unauthorized")
    result = apply(server("kind"), [manifest()], diff=False)
    assert (result["failed"], result["msg"], clock.now) == (True, "Unauthorized", 0)


def test_check_mode_takes_for_granted_what_an_earlier_task_would_bring(modules, server):
    modules.answer(K8S, failed=True, msg="Failed to find exact match for v1.Gateway")
    result = apply(server("kind", check_mode=True), [manifest()], diff=False)
    assert "failed" not in result


def test_a_field_that_somebody_else_manages_is_taken_from_the_labs_own_objects_only(
    modules, server
):
    own, other = manifest("own"), manifest("other")
    modules.answer(K8S, **conflict())
    modules.answer(LAB_OBJECTS, own=["ConfigMap sample/own"], kept=["ConfigMap sample/other"])
    modules.answer(K8S, **outcome(own, changed=False))
    modules.answer(K8S, **outcome(other, manager="helm", changed=False))
    modules.answer(READY, changed=True)
    result = apply(server(), [own, other], diff=False)
    first, listed, forced, asked_nicely, _ready = modules.asked
    assert listed["state"] == "listed"
    assert [
        (one["resource_definition"], one["server_side_apply"]["force_conflicts"])
        for one in (first, forced, asked_nicely)
    ] == [([own, other], False), ([own], True), ([other], False)]
    assert [obj["metadata"]["name"] for obj in result["objects"]] == ["own", "other"]


def test_a_field_that_somebody_else_manages_in_their_object_is_an_error(modules, server):
    modules.answer(K8S, **conflict())
    modules.answer(LAB_OBJECTS, own=[], kept=["ConfigMap sample/web"])
    modules.answer(K8S, **conflict())
    result = apply(server(), [manifest()], diff=False)
    assert result["failed"]
    assert result["msg"] == (
        "cluster east: the lab did not make ConfigMap sample/web and does not change what others "
        'made: rename yours, or delete theirs (conflict with "helm" using v1: .spec.ports)'
    )


def test_a_conflict_in_a_cluster_of_the_labs_own_is_told_as_it_is(modules, server):
    modules.answer(K8S, **conflict())
    assert apply(server("kind"), [manifest()], diff=False)["msg"] == (
        'cluster east: Apply failed with 1 conflict: conflict with "helm" using v1: .spec.ports'
    )


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_was_added_to_objects_of_others_is_withdrawn(modules, server, check_mode):
    modules.answer(K8S, **outcome(manifest(), manager="helm"))
    if not check_mode:
        modules.answer(LAB_OBJECTS, changed=True)
    result = apply(server(check_mode=check_mode), [manifest()], diff=False)
    assert result["failed"]
    assert "the lab did not make ConfigMap sample/web" in result["msg"]
    assert [one["state"] for one in modules.asked[1:]] == ([] if check_mode else ["released"])


def test_what_cannot_be_withdrawn_is_told(modules, server):
    modules.answer(K8S, **outcome(manifest(), manager="helm"))
    modules.answer(LAB_OBJECTS, failed=True, msg="Forbidden")
    assert apply(server(), [manifest()], diff=False)["msg"] == "Forbidden"


@pytest.mark.parametrize("wait", [True, False])
def test_objects_are_waited_for(modules, server, wait):
    unready = {**manifest(kind="Deployment"), "spec": {"replicas": 1}}
    unready["apiVersion"] = "apps/v1"
    modules.answer(K8S, **outcome(unready))
    if wait:
        modules.answer(READY, failed=True, msg="after 5 s not ready", changed=False)
    result = apply(server("kind", wait=wait, wait_timeout=5), [unready], diff=False)
    assert result["changed"] is True
    assert result.get("failed", False) is wait
    assert ("objects" in result) is not wait
