# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import random
import re
from collections import Counter
from ipaddress import IPv4Network

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
)

ZONE = "topology.kubernetes.io/zone"


def names(objects):
    return [pod["metadata"]["name"] for pod in objects]


def nodes(objects):
    return [pod["spec"]["nodeName"] for pod in objects]


def test_a_deployment_gets_its_pods(lab):
    objects = lab.run(lab.deployment(replicas=2, annotations={"a": "b"}))
    first, second = lab.pods(objects)
    assert re.fullmatch(r"hello-[a-z0-9]{10}-[a-z0-9]{5}", first["metadata"]["name"])
    digest = first["metadata"]["labels"]["pod-template-hash"]
    assert first["metadata"]["name"].startswith(f"hello-{digest}-")
    assert first["metadata"]["ownerReferences"][0]["name"] == f"hello-{digest}"
    assert first["metadata"]["labels"]["app"] == "hello"
    assert first["metadata"]["annotations"] == {"a": "b"}
    assert first["spec"]["hostname"] == first["metadata"]["name"]
    assert first["spec"]["serviceAccountName"] == "default"
    assert first["status"]["phase"] == "Running"
    assert first["status"]["conditions"] == [{"type": "Ready", "status": "True"}]
    assert [p["status"]["podIP"] for p in (first, second)] == ["127.9.0.1", "127.9.0.2"]
    status = lab.find(objects, "Deployment", "hello")["status"]
    assert (status["replicas"], status["readyReplicas"]) == (2, 2)


def test_another_pass_changes_nothing(lab):
    objects = lab.run(lab.deployment(replicas=2), lab.service(), lab.deployment("other"))
    assert lab.again(objects, random=random.Random(9), now="2027-01-01T00:00:00Z") == objects


def test_the_given_objects_are_not_changed(lab):
    given = [lab.deployment(), lab.service()]
    before = copy.deepcopy(given)
    lab.run(*given)
    assert given == before


@pytest.mark.parametrize(("replicas", "count"), [(None, 1), (0, 0), (3, 3)])
def test_replicas(lab, replicas, count):
    assert len(lab.pods(lab.run(lab.deployment(replicas=replicas)))) == count


def test_scaling_keeps_pods(lab):
    two = lab.run(lab.deployment(replicas=2))
    four = lab.again(two, lab.deployment(replicas=4))
    assert names(lab.pods(four))[:2] == names(lab.pods(two))
    one = lab.again(four, lab.deployment(replicas=1))
    assert names(lab.pods(one))[0] in names(lab.pods(four))
    assert lab.find(one, "Deployment", "hello")["status"]["replicas"] == 1
    assert lab.pods(lab.again(one, lab.deployment(replicas=0))) == []


def test_scaling_down_prefers_unready_then_crowded_then_young_pods(lab):
    objects = lab.run(lab.deployment(replicas=3, nodeSelector={ZONE: "zone1"}))
    old, unready, young = (copy.deepcopy(pod) for pod in lab.pods(objects))
    old["metadata"]["creationTimestamp"] = "2025-01-01T00:00:00Z"
    unready["status"]["conditions"][0]["status"] = "False"
    young["spec"]["nodeName"] = "n2"
    rest = [o for o in objects if o["kind"] != "Pod"]
    step = lab.again(
        [*rest, unready, old, young], lab.deployment(replicas=2, nodeSelector={ZONE: "zone1"})
    )
    assert names(lab.pods(step)) == names([old, young])
    young["spec"]["nodeName"] = "n1"
    step = lab.again([*rest, young, old], lab.deployment(replicas=1, nodeSelector={ZONE: "zone1"}))
    assert names(lab.pods(step)) == names([old])


def test_readiness_is_counted(lab):
    objects = copy.deepcopy(lab.run(lab.deployment(replicas=2)))
    lab.pods(objects)[0]["status"]["conditions"][0]["status"] = "False"
    status = lab.find(lab.again(objects), "Deployment", "hello")["status"]
    assert (status["replicas"], status["readyReplicas"]) == (2, 1)
    assert status["conditions"] == [{"type": "Available", "status": "False"}]


def test_a_changed_template_makes_new_pods_with_new_addresses(lab):
    objects = lab.run(lab.deployment())
    (old,) = lab.pods(objects)
    (new,) = lab.pods(lab.again(objects, lab.deployment(labels={"v": "2"})))
    assert new["metadata"]["labels"]["v"] == "2"
    hashes = {pod["metadata"]["labels"]["pod-template-hash"] for pod in (old, new)}
    assert len(hashes) == 2
    assert new["status"]["podIP"] != old["status"]["podIP"]


def test_a_pod_that_is_being_deleted_is_replaced_at_another_address(lab):
    objects = copy.deepcopy(lab.run(lab.deployment(replicas=2)))
    gone = lab.pods(objects)[1]
    gone["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
    kept, new = lab.pods(lab.again(objects))
    assert kept["status"]["podIP"] == "127.9.0.1"
    assert new["metadata"]["name"] != gone["metadata"]["name"]
    assert new["status"]["podIP"] == "127.9.0.3"


def test_pods_go_with_their_deployment_and_their_node(lab):
    objects = lab.run(lab.deployment(), lab.deployment("other"))
    without = [o for o in objects if o["metadata"]["name"] != "hello"]
    assert [p["metadata"]["labels"]["app"] for p in lab.pods(lab.again(without))] == ["other"]
    place = lab.pods(objects)[0]["spec"]["nodeName"]
    without = [o for o in objects if o["metadata"]["name"] != place]
    assert place not in nodes(lab.pods(lab.again(without)))
    assert len(lab.pods(lab.again(without))) == 2


def test_deployments_whose_names_begin_alike_keep_their_own_pods(lab):
    objects = lab.run(lab.deployment("a"), lab.deployment("a-b"))
    objects = lab.again(objects, lab.deployment("a", replicas=0))
    (pod,) = lab.pods(objects)
    assert pod["metadata"]["labels"]["app"] == "a-b"


def test_pods_are_spread_over_nodes(lab):
    objects = lab.run(lab.deployment(replicas=4))
    assert Counter(nodes(lab.pods(objects))) == {"n1": 2, "n2": 2}
    single = lab.run(lab.deployment("a"), lab.deployment("b"))
    assert nodes(lab.pods(single)) == ["n1", "n2"]


def test_pods_that_stay_count_for_those_that_come(lab):
    objects = lab.run(lab.deployment("a", nodeName="n1"), lab.deployment("b", nodeName="n1"))
    objects = lab.again(objects, lab.deployment("c"), lab.deployment("d"))
    placed = dict(
        zip(
            [p["metadata"]["labels"]["app"] for p in lab.pods(objects)],
            nodes(lab.pods(objects)),
            strict=True,
        )
    )
    assert placed == {"a": "n1", "b": "n1", "c": "n2", "d": "n2"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({"nodeSelector": {ZONE: "zone2"}}, "n2"), ({"nodeName": "n2"}, "n2")],
)
def test_pinned_pods(lab, spec, expected):
    assert set(nodes(lab.pods(lab.run(lab.deployment(replicas=2, **spec))))) == {expected}


def tainted(lab, **taint):
    return lab.node("cp", taints=[{"key": "role", "effect": "NoSchedule", **taint}])


@pytest.mark.parametrize(
    ("taint", "tolerations", "usable"),
    [
        ({}, [], False),
        ({"effect": "NoExecute"}, [], False),
        ({"effect": "PreferNoSchedule"}, [], True),
        ({}, [{"operator": "Exists"}], True),
        ({}, [{"key": "role", "operator": "Exists", "effect": "NoSchedule"}], True),
        ({}, [{"key": "role", "operator": "Exists", "effect": "NoExecute"}], False),
        ({}, [{"key": "other", "operator": "Exists"}], False),
        ({"value": "x"}, [{"key": "role", "value": "x"}], True),
        ({"value": "x"}, [{"key": "role", "value": "y"}], False),
    ],
)
def test_taints(lab, taint, tolerations, usable):
    base = (lab.namespace("sample"), tainted(lab, **taint))
    deployment = lab.deployment(tolerations=tolerations)
    if usable:
        assert nodes(lab.pods(lab.run(deployment, base=base))) == ["cp"]
    else:
        with pytest.raises(InvalidInput, match=r"no node of cluster east takes its pods .*cp"):
            lab.run(deployment, base=base)


def test_closed_nodes_are_left_out(lab):
    base = (lab.namespace("sample"), lab.node("n1", unschedulable=True), lab.node("n2"))
    assert nodes(lab.pods(lab.run(lab.deployment(), base=base))) == ["n2"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"nodeSelector": {ZONE: "zone9"}},
            r"Deployment sample/hello: no node of cluster east has the labels "
            rf"{ZONE}=zone9 .*n1, n2.*{ZONE} is zone1, zone2",
        ),
        ({"nodeSelector": {"disk": "ssd"}}, "disk=ssd .*no node has disk"),
        ({"nodeName": "n7"}, "nodeName n7 is no node of cluster east; its nodes: n1, n2"),
        ({"serviceAccountName": "sa"}, "Deployment sample/hello: .*no ServiceAccount sample/sa"),
    ],
)
def test_what_cannot_run_is_refused(lab, spec, message):
    with pytest.raises(InvalidInput, match=message):
        lab.run(lab.deployment(**spec))


def test_a_missing_namespace_is_named(lab):
    with pytest.raises(InvalidInput, match=r"Deployment nowhere/hello: .*no namespace nowhere"):
        lab.run(lab.deployment(space="nowhere"))
    assert lab.run(lab.deployment(space="default"))


def test_a_cluster_without_nodes_runs_nothing(lab):
    with pytest.raises(InvalidInput, match="all nodes: none"):
        lab.run(lab.deployment(), base=(lab.namespace("sample"),))


def test_existing_accounts_are_used(lab):
    account = lab.obj("ServiceAccount", "sa", "sample")
    (pod,) = lab.pods(lab.run(account, lab.deployment(serviceAccountName="sa")))
    assert pod["spec"]["serviceAccountName"] == "sa"


def test_a_full_block_is_named(lab):
    with pytest.raises(MeshError, match=r"pods of cluster east in 127.9.0.0/30"):
        lab.run(lab.deployment(replicas=4), pod_network=IPv4Network("127.9.0.0/30"))
