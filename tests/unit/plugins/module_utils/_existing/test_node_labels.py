# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    CONTROL_PLANE_ROLE,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._existing import node_labels

ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
NOTE = "eastwest.mesh/labels-lab"


def node(name, labels=None, note=None):
    annotations = {NOTE: json.dumps(note)} if note else {}
    return {"metadata": {"name": name, "labels": labels or {}, "annotations": annotations}}


def apply(listed, changes):
    """The nodes after the changes, as the API server merges them."""
    by_name = {change.node: change for change in changes}
    for entry in listed:
        change = by_name.get(entry["metadata"]["name"])
        for part in ("labels", "annotations") if change else ():
            for key, value in getattr(change, part).items():
                entry["metadata"][part].pop(key, None)
                if value is not None:
                    entry["metadata"][part][key] = value
    return listed


def plan(listed, *specs, force=False):
    return node_labels.plan("east", "lab", listed, specs, force=force)


def labels(listed):
    return {entry["metadata"]["name"]: entry["metadata"]["labels"] for entry in listed}


def test_a_second_run_changes_nothing_and_undo_restores():
    listed = [node("n1", {"os": "linux"}), node("n2")]
    specs = ({"name": "n1", "zone": "z1", "region": "r"}, {"name": "n2", "labels": {"a": "b"}})
    apply(listed, plan(listed, *specs))
    assert labels(listed) == {"n1": {"os": "linux", ZONE: "z1", REGION: "r"}, "n2": {"a": "b"}}
    assert plan(listed, *specs) == []
    apply(listed, node_labels.undo("lab", listed))
    assert listed == [node("n1", {"os": "linux"}), node("n2")]
    assert node_labels.undo("lab", listed) == []


def test_labels_that_are_there_are_not_the_labs():
    listed = [node("n1", {ZONE: "z1"})]
    assert plan(listed, {"name": "n1", "zone": "z1"}) == []
    assert node_labels.undo("lab", listed) == []


def test_a_label_of_others_is_changed_by_force_only_and_put_back():
    listed = [node("n1", {ZONE: "cloud-a"})]
    with pytest.raises(InvalidInput, match=r"n1 has .*zone=cloud-a, not z1"):
        plan(listed, {"name": "n1", "zone": "z1"})
    apply(listed, plan(listed, {"name": "n1", "zone": "z1"}, force=True))
    assert labels(listed) == {"n1": {ZONE: "z1"}}
    # what the lab has set itself is no conflict any more
    apply(listed, plan(listed, {"name": "n1", "zone": "z2"}))
    assert labels(listed) == {"n1": {ZONE: "z2"}}
    apply(listed, node_labels.undo("lab", listed))
    assert listed == [node("n1", {ZONE: "cloud-a"})]


def test_a_spec_that_is_gone_is_taken_back():
    listed = [node("n1")]
    apply(listed, plan(listed, {"name": "n1", "zone": "z1", "region": "r"}))
    apply(listed, plan(listed, {"name": "n1", "zone": "z1"}))
    assert labels(listed) == {"n1": {ZONE: "z1"}}


def test_what_others_changed_since_is_theirs():
    listed = [node("n1")]
    apply(listed, plan(listed, {"name": "n1", "zone": "z1"}))
    listed[0]["metadata"]["labels"][ZONE] = "theirs"
    apply(listed, node_labels.undo("lab", listed))
    assert listed == [node("n1", {ZONE: "theirs"})]


def test_labs_do_not_know_each_others_labels():
    listed = [node("n1")]
    apply(listed, plan(listed, {"name": "n1", "zone": "z1"}))
    assert node_labels.undo("other", listed) == []


@pytest.mark.parametrize(
    ("listed", "specs", "expected"),
    [
        # those that have the labels first, whatever their order
        (
            [node("a"), node("b", {ZONE: "z1"})],
            [{"zone": "z1"}, {"zone": "z2"}],
            {"a": {ZONE: "z2"}, "b": {ZONE: "z1"}},
        ),
        # a node with a name is not given away
        (
            [node("a"), node("b")],
            [{"zone": "z1"}, {"name": "a", "zone": "z2"}],
            {"a": {ZONE: "z2"}, "b": {ZONE: "z1"}},
        ),
        # control planes run no workloads
        (
            [node("a", {CONTROL_PLANE_ROLE: ""}), node("b")],
            [{"zone": "z1"}],
            {"a": {CONTROL_PLANE_ROLE: ""}, "b": {ZONE: "z1"}},
        ),
        # an empty spec takes no node
        ([node("a")], [{}, {"zone": "z1"}], {"a": {ZONE: "z1"}}),
    ],
)
def test_which_node_a_spec_without_a_name_means(listed, specs, expected):
    assert labels(apply(listed, plan(listed, *specs))) == expected


@pytest.mark.parametrize(
    ("listed", "spec", "message"),
    [
        ([node("a")], {"name": "b", "zone": "z1"}, "has no node 'b'; it has a"),
        ([node("a", {ZONE: "other"})], {"region": "r", "zone": "z1"}, "has no node 'r/z1'"),
        ([], {"zone": "z1"}, "it has none"),
    ],
)
def test_a_node_that_is_missing(listed, spec, message):
    with pytest.raises(InvalidInput, match=message):
        plan(listed, spec)
