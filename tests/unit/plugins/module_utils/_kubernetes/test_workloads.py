# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import controller
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"app": "a", "version": "v1"}}, "app=a,version=v1"),
        (
            {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]},
            "tier in (a,b)",
        ),
        (
            {
                "matchLabels": {"app": "a"},
                "matchExpressions": [
                    {"key": "x", "operator": "Exists"},
                    {"key": "y", "operator": "DoesNotExist"},
                    {"key": "z", "operator": "NotIn", "values": ["c"]},
                ],
            },
            "app=a,x,!y,z notin (c)",
        ),
    ],
)
def test_a_selector_becomes_a_query(selector, expected):
    assert workloads.selector_of({"spec": {"selector": selector}}) == expected


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (("ReplicaSet", "sleep-8b546cfd6"), ("sleep", "Deployment", "sleep")),
        # Made without a Deployment
        (("ReplicaSet", "sleep-8b5"), ("sleep", "ReplicaSet", "sleep-8b5")),
        (("StatefulSet", "db"), ("sleep", "StatefulSet", "db")),
        (None, ("sleep", "", "")),
    ],
)
def test_the_workload_that_owns_a_pod(objects, owner, expected):
    metadata = objects["pod"]["metadata"]
    metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1]}] if owner else []
    assert controller(objects["pod"]) == expected


def test_the_sidecar_may_be_an_init_container_that_stays(objects):
    assert workloads.has_proxy(objects["pod"])
    assert not workloads.has_proxy(objects["bad"])


def test_restarts_of_the_sidecar_are_counted(objects):
    assert workloads.proxy_restarts(objects["pod"]) == 0
    objects["pod"]["status"]["initContainerStatuses"][1]["restartCount"] = 3
    assert workloads.proxy_restarts(objects["pod"]) == 3


@pytest.mark.parametrize(
    ("annotation", "containers", "expected"),
    [
        ("app", ["istio-proxy", "other", "app"], "app"),
        (None, ["istio-proxy", "app"], "app"),
        ("gone", ["app", "other"], "app"),
        # a gateway
        (None, ["istio-proxy"], "istio-proxy"),
    ],
)
def test_the_application_is_found(objects, annotation, containers, expected):
    pod = objects["pod"]
    pod["metadata"]["annotations"] = (
        {"kubectl.kubernetes.io/default-container": annotation} if annotation else {}
    )
    pod["spec"]["containers"] = [{"name": name} for name in containers]
    assert workloads.application_container(pod) == expected


@pytest.mark.parametrize(
    ("change", "ending"),
    [
        ({}, False),
        ({"status": {"phase": "Failed"}}, True),
        ({"status": {"phase": "Succeeded"}}, True),
    ],
)
def test_a_pod_at_its_end_is_recognised(objects, change, ending):
    assert workloads.is_ending({**objects["pod"], **change}) is ending


def test_a_pod_that_is_being_deleted_is_at_its_end(objects):
    objects["pod"]["metadata"]["deletionTimestamp"] = "2026-11-21T11:10:33Z"
    assert workloads.is_ending(objects["pod"])


def test_readiness_is_the_kubelets_word(objects):
    assert workloads.is_ready(objects["pod"])
    assert not workloads.is_ready(objects["bad"])


def test_an_image_that_cannot_be_pulled_is_named_with_its_node(objects):
    said = workloads.pod_problem(objects["bad"])
    assert said.startswith("pod badimage-d5f97cf6b-rjnm4 on node east-worker: container app (")
    assert "example.com/badimage:1" in said
    assert "ImagePullBackOff: Back-off pulling image" in said


def test_a_pod_that_no_node_takes_says_why(objects):
    pod = objects["bad"]
    del pod["spec"]["nodeName"]
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    pod["status"] = {"phase": "Pending", "conditions": [condition]}
    assert workloads.pod_problem(pod) == "pod badimage-d5f97cf6b-rjnm4: 0/3 nodes are available"


def test_a_deployment_that_gets_no_pods_says_why(objects):
    deployment = objects["deployment"]
    assert workloads.replica_failure(deployment) == ""
    deployment["status"]["conditions"].append(
        {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    )
    assert workloads.replica_failure(deployment) == "exceeded quota"
