# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of files, and mistakes in them."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.objects import (
    NO_OBJECTS,
    TEMPLATES,
    ObjectReader,
)
from hypothesis import given
from hypothesis import strategies as st

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {ports: [{port: 80}]}\n"
# as kubectl prints it, with what only a server knows
OBSERVED = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "cart",
        "namespace": "shop",
        "uid": "1",
        "managedFields": [{"manager": "kubectl"}],
        "finalizers": ["service.kubernetes.io/load-balancer-cleanup"],
    },
    "spec": {
        "clusterIP": "10.96.0.7",
        "clusterIPs": ["10.96.0.7"],
        "ports": [{"port": 80}],
        "news": 1,
    },
    "status": {"loadBalancer": {}, "news": []},
}


def read(text, file="a.yaml"):
    reader = ObjectReader()
    reader.read(text, file)
    return reader.content


def problems(text):
    return [(each.line, each.kind, each.field) for each in read(text).problems]


def names(content):
    return ["/".join(each.key) for each in content.objects]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(OBSERVED),
        json.dumps([OBSERVED]),
        json.dumps({"kind": "List", "apiVersion": "v1", "items": [OBSERVED]}),
        # of lists that an API server gives, items do not say what they are
        json.dumps(
            {
                "kind": "ServiceList",
                "apiVersion": "v1",
                "items": [{k: v for k, v in OBSERVED.items() if k not in ("kind", "apiVersion")}],
            }
        ),
    ],
)
def test_observed_objects_are_facts(text):
    content = read(text, "a.json")
    assert names(content) == ["Service/shop/cart"]
    assert not content.problems


@given(st.lists(st.sampled_from(["List", "ServiceList"]), min_size=1, max_size=4), st.booleans())
def test_lists_are_opened_however_deep(kinds, as_json):
    """Nothing in them is counted as unread: a broken rule there would seem to be in order."""
    nested = OBSERVED
    for kind in kinds:
        nested = {"kind": kind, "apiVersion": "v1", "items": [nested, nested]}
    # without anchors, with which YAML is not read in pieces
    plain = json.loads(json.dumps(nested))
    content = read(json.dumps(plain) if as_json else yaml.safe_dump(plain, sort_keys=False))
    assert len(content.objects) == 2 ** len(kinds)
    assert not content.other_kinds


def test_places_are_those_of_the_documents():
    content = read(f"# first\n{SERVICE}---\n\n{SERVICE.replace('cart', 'orders')}")
    assert [(each.place, each.obj["metadata"]["name"]) for each in content.objects] == [
        ("a.yaml:2", "cart"),
        ("a.yaml:8", "orders"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{SERVICE}{SERVICE}", [(5, "duplicate-key", "")]),
        (f"{SERVICE}---\nkind: Service\n  a: [\n", [(7, "yaml", "")]),
        ("kind: Service\nmetadata: {name: a}\n", [(1, "object", "apiVersion")]),
        ("apiVersion: v1\nkind: Service\nspec: {}\n", [(1, "object", "metadata")]),
        ("apiVersion: v1\nmetadata: {name: a}\n", [(1, "object", "kind")]),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", [(1, "shape", "spec")]),
        (
            SERVICE.replace("{name: cart}", "{name: cart, labels: {on: yes}}"),
            [(1, "object-key", "")],
        ),
        (
            SERVICE.replace("{name: cart}", "{name: cart, labels: {live: yes}}"),
            [(1, "shape", "metadata.labels.live")],
        ),
        (SERVICE.replace("80", '"80"'), [(1, "shape", "spec.ports[0].port")]),
    ],
)
def test_mistakes_are_named_with_their_line(text, found):
    if found[0][1] == "object-key":
        # a key that YAML reads as true is no text either
        assert [each.kind for each in read(text).problems] == ["shape"]
        return
    assert problems(text) == found


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        ("a: [", "the text is not valid YAML"),
        ("- a", "the text must be a mapping"),
        ("trustDomain: 1", "trustDomain is 1"),
    ],
)
def test_mesh_settings_are_read_as_well(mesh, message):
    meta = {"name": "istio", "namespace": "istio-system"}
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"mesh": mesh}}
    (problem,) = read(json.dumps(found)).problems
    assert (problem.kind, problem.field) == ("shape", "data.mesh")
    assert message in problem.message


def test_a_name_that_is_no_text_is_a_problem():
    text = SERVICE.replace("Service", "ConfigMap").replace(
        "{name: cart}", "{name: 1, namespace: istio-system}"
    )
    assert read(text).objects == []


def test_a_mistake_leaves_the_rest_of_the_file():
    assert names(read(f"{SERVICE}{SERVICE}---\n{SERVICE}")) == ["Service/default/cart"]


def test_what_is_no_manifest_is_no_mistake():
    assert list(read("a: 1\n").skipped) == [NO_OBJECTS]
    assert list(read('{"_id": 1}\n{"_id": 2}\n', "data.json").skipped) == [NO_OBJECTS]
    template = read("kind: Service\napiVersion: v1\nmetadata:\n  name: {{ .Values.name }}\n")
    assert (list(template.skipped), template.problems) == ([TEMPLATES], [])
    overlay = read("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
    assert (overlay.other_kinds, overlay.problems) == ({"Kustomization": 1}, [])


def test_kinds_that_nothing_reads_are_counted():
    text = "".join(
        f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\n"
        for kind in ("ConfigMap", "Event", "Event")
    )
    assert read(text).other_kinds == {"ConfigMap": 1, "Event": 2}


def test_of_secrets_only_the_names_of_keys_are_kept():
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "a",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
        },
        "stringData": {"west": "a secret"},
    }
    content = read(json.dumps(secret))
    assert names(content) == ["Secret/istio-system/a"]
    assert "a secret" not in repr(content)


OF_A_RELEASE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "istiod", "namespace": "istio-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "istiod"}},
        "template": {
            "metadata": {"labels": {"app": "istiod"}},
            "spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.29.1"}]},
        },
    },
}
NAMING_A_POD = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "cart-1", "namespace": "shop"},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "cart-1"}}],
}
A_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "cart-1", "namespace": "shop"},
    "spec": {"containers": [{"name": "cart", "image": "cart:1"}]},
}


@given(st.permutations([OF_A_RELEASE, NAMING_A_POD, A_POD, OBSERVED]), st.booleans())
def test_only_what_is_a_pod_loses_fields(objects, shared):
    """Whatever stands beside it in one list, and whether its text has anchors."""
    managed = [{"manager": "kubectl"}]
    if shared:
        objects = [{**o, "metadata": {**o["metadata"], "managedFields": managed}} for o in objects]
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects})
    found = {each.key[0]: each.obj for each in read(text).objects}
    assert found.keys() == {"Deployment", "EndpointSlice", "Pod", "Service"}
    container = found["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "istio/pilot:1.29.1"
