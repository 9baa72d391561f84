# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    apply_result,
    ownership,
)

OURS = {"manager": "eastwest.mesh", "operation": "Apply"}
THEIRS = {"manager": "kubectl-create", "operation": "Update"}
STATUS = {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status"}


def obj(kind="Service", managers=(OURS,), labels=None, **rest):
    metadata = {"name": "web", "namespace": "sample", "uid": "1", "managedFields": list(managers)}
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def result(*parts):
    return {"changed": True, "result": {"results": list(parts)}}


def changed(found, before=None, after=None):
    return {
        "changed": True,
        "result": found,
        "diff": {"before": before or {}, "after": after or {}},
    }


@pytest.mark.parametrize(
    ("before", "after", "is_change"),
    [
        ({"status": {"replicas": 1}}, {"status": {"replicas": 2}}, False),
        ({"metadata": {"resourceVersion": "1"}}, {"metadata": {"resourceVersion": "2"}}, False),
        ({"metadata": {"managedFields": [1]}}, {"metadata": {"managedFields": [2]}}, False),
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, True),
        ({"metadata": {"labels": {}}}, {"metadata": {"labels": {"a": "b"}}}, True),
        ({}, {"metadata": {"name": "web"}}, True),
        ({}, {}, False),
    ],
)
def test_a_status_that_moves_is_no_change(before, after, is_change):
    outcome = result(changed(obj(), before, after))
    (part,) = apply_result.applied_objects(outcome)
    assert part.changed is is_change
    assert outcome["changed"] is is_change


def test_one_object_and_several_are_told_differently_by_the_module():
    single = {"changed": True, "method": "apply", **changed(obj(), {}, {"spec": 1})}
    (part,) = apply_result.applied_objects(single)
    assert part.obj["metadata"]["name"] == "web"
    assert len(apply_result.applied_objects(result(changed(obj()), changed(obj())))) == 2


@pytest.mark.parametrize(
    ("managers", "after", "made"),
    [
        ([OURS], {}, True),
        ([OURS, STATUS], {}, True),
        ([THEIRS, OURS], {}, False),
        ([THEIRS], {}, False),
        # nobody manages an object without fields; that it was made shows in the diff
        ([], {"metadata": {"uid": "1", "name": "web"}}, True),
        ([], {}, False),
    ],
)
def test_who_made_an_object(managers, after, made):
    (part,) = apply_result.applied_objects(result(changed(obj(managers=managers), {}, after)))
    assert part.created is made
    assert "managedFields" not in part.obj["metadata"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            'Internal error occurred: failed calling webhook "ipaddresspoolvalidationwebhook.metallb.io":'
            " failed to call webhook: Post: dial tcp 10.1.1.1:443: connect: connection refused",
            "the webhook ipaddresspoolvalidationwebhook.metallb.io does not answer yet",
        ),
        (
            r"{\"message\":\"failed calling webhook \\\"validation.istio.io\\\": no endpoints\"}",
            "the webhook validation.istio.io does not answer yet",
        ),
        (
            "Failed to find exact match for metallb.io/v1beta1.IPAddressPool by [kind, name]",
            "metallb.io/v1beta1.IPAddressPool is not known yet",
        ),
        ("500 Reason: etcdserver: request timed out", "etcdserver: request timed out"),
        (
            "504 Reason: request did not complete within requested timeout - context deadline",
            "request did not complete within requested timeout",
        ),
        ("Failed to find exact match for sailoperator.io/v1.Istio by [kind, name]", ""),
        ('admission webhook "validation.istio.io" denied the request: weights', ""),
        ("services is forbidden: User cannot create resource", ""),
    ],
)
def test_what_passes_with_time(message, reason):
    assert apply_result.transient_reason({"failed": True, "msg": message}) == reason


def test_a_webhook_that_does_not_answer_is_named():
    message = (
        'Failed to apply object: {"kind":"Status","message":"Internal error occurred: failed calling'
        r" webhook \"pools.example.org\": failed to call webhook: Post"
        r" \"https://hook.metallb-system.svc:443/validate?timeout=10s\": dial tcp 10.2.0.1:443:"
        ' connect: connection refused","reason":"InternalError"}'
    )
    assert apply_result.webhook_service({"msg": message}) == (
        " (Service metallb-system/hook: dial tcp 10.2.0.1:443: connect: connection refused); do its"
        " pods run? kubectl --namespace metallb-system get pods"
    )
    assert apply_result.webhook_service({"msg": "Failed to find exact match for Gateway"}) == ""


def test_a_missing_operator_is_told():
    raw = "Failed to find exact match for sailoperator.io/v1.Istio by [kind, name]"
    told = apply_result.with_advice({"failed": True, "msg": raw}, "cluster east")["msg"]
    assert told.startswith("cluster east does not know sailoperator.io/v1.Istio: install")


def test_a_refusal_is_told_in_the_servers_words():
    raw = (
        'Failed to apply object: {"kind":"Status","metadata":{},"status":"Failure","message":"Istio'
        r" \"default\" is invalid: [spec.version: Unsupported value: \"v9\": supported values:"
        r" \"v1\", \u003cnil\u003e: Invalid value: null: some validation rules were not checked because"
        r' the object was invalid; correct the existing errors to complete validation]","reason":'
        '"Invalid","details":{"causes":[{"message":"Unsupported value"}]},"code":422}'
    )
    # Ansible displays an exception rather than the message
    failure = {"failed": True, "msg": raw, "exception": "Traceback"}
    assert apply_result.with_advice(failure, "cluster east") == {
        "failed": True,
        "msg": 'cluster east: Istio "default" is invalid: [spec.version: Unsupported value: "v9":'
        ' supported values: "v1"]',
    }


@pytest.mark.parametrize("raw", ["forbidden", r'Failed: b\'{"message":"it\\x27s \'}'])
def test_what_is_not_understood_stays_as_it_is(raw):
    failure = {"failed": True, "msg": raw, "exception": "Traceback"}
    assert apply_result.with_advice(failure, "cluster east") == failure


def test_a_conflict_is_told_in_the_servers_words():
    message = (
        'Failed to apply object: {"kind":"Status","message":"Apply failed with 1 conflict: conflict'
        r' with \"kubectl-create\" using v1: .spec.replicas","reason":"Conflict"}'
    )
    assert apply_result.conflict({"msg": message}) == (
        'conflict with "kubectl-create" using v1: .spec.replicas'
    )
    assert apply_result.conflict({"msg": "something else"}) == ""


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (changed(obj(managers=[THEIRS, OURS]), {}, {"spec": 1}), ["web"]),
        # unchanged, made by the lab now, made by it before, a namespace that is shared
        (changed(obj(managers=[THEIRS, OURS])), []),
        (changed(obj(), {}, {"spec": 1}), []),
        (
            changed(obj(managers=[THEIRS, OURS], labels={ownership.LAB: "lab"}), {}, {"spec": 1}),
            [],
        ),
        (changed(obj("Namespace", [THEIRS, OURS]), {}, {"metadata": {"labels": 1}}), []),
    ],
)
def test_objects_of_others_that_were_changed(part, names):
    found = apply_result.foreign_changes(apply_result.applied_objects(result(part)))
    assert [entry["metadata"]["name"] for entry in found] == names


def test_the_advice_names_the_objects_and_not_their_namespace():
    advice = apply_result.foreign_objects_message(["Namespace sample", "Service sample/web"])
    assert "Service sample/web" in advice and "Namespace" not in advice
    assert "Namespace sample" in apply_result.foreign_objects_message(["Namespace sample"])


PENDING = obj("Deployment", spec={"replicas": 1}, status={})
RULE = {**obj("DestinationRule"), "apiVersion": "networking.istio.io/v1"}


@pytest.mark.parametrize(
    ("part", "provider", "wait", "expected"),
    [
        (changed(obj("ConfigMap")), "kind", True, None),
        # a cluster of the lab's own needs no labels
        (changed(obj("ConfigMap")), "existing", True, {"label": [0], "proxies": False}),
        (changed(PENDING), "kind", True, {"label": [], "proxies": False, "wait_timeout": 60}),
        (changed(PENDING), "kind", False, None),
        (changed(PENDING), "existing", False, {"label": [0], "wait_timeout": 0}),
        (changed(RULE, {}, {"spec": 1}), "kind", True, {"proxies": True}),
        (changed(RULE), "kind", True, None),
    ],
)
def test_what_is_left_to_do(part, provider, wait, expected):
    arguments = {"provider": provider, "wait": wait, "lab_directory": "/labs/one", "state": "x"}
    job = apply_result.follow_up(
        apply_result.applied_objects(result(copy.deepcopy(part))), arguments, 60
    )
    if expected is None:
        assert job is None
        return
    assert job.items() >= expected.items()
    assert job["labels"][ownership.LAB] == "one"
    assert "state" not in job


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("/home/me/labs/east-west", "east-west"),
        ("/labs/two words", "two-words"),
        ("/labs/__", "lab"),
        (None, "lab"),
        ("/labs/" + "x" * 70, "x" * 50),
    ],
)
def test_the_labs_name_is_the_value_of_a_label(directory, name):
    assert ownership.lab_name(directory) == name


def test_secrets_are_not_returned():
    secret = obj("Secret", data={"key": "value"}, stringData={"key": "value"})
    assert {"data", "stringData"}.isdisjoint(apply_result.without_secrets(secret))
    assert apply_result.without_secrets(obj("ConfigMap", data={"a": "b"}))["data"] == {"a": "b"}


def test_errors_of_single_objects_are_collected():
    outcome = result({"error": {"msg": "one"}, "result": {}}, {"result": {}})
    assert apply_result.errors(outcome) == ["one"]
    assert apply_result.errors({"failed": True, "msg": "all"}) == ["all"]
    assert apply_result.errors(result({"result": {}})) == []
