# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live clusters, as far as the user's rights go."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._clusters import kubernetes
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotAllowed,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.contexts import read_context

FORBIDDEN = "cluster east: list Node: HTTP 403: nodes is forbidden"


class Api:
    """An API server with these objects; some kinds may not be read, and there is no Gateway API."""

    name = "east"

    def __init__(self, objects, forbidden=()):
        self.objects = objects
        self.forbidden = forbidden
        self.asked = []

    def find_all(self, kind, namespace=None, selector=""):
        self.asked.append((kind, namespace))
        if kind.endswith("Route"):
            raise NotSupported(kind)
        if kind in self.forbidden or (self.forbidden == "all namespaces" and namespace is None):
            raise NotAllowed(FORBIDDEN)
        return [
            copy.deepcopy(each)
            for each in self.objects
            if each["kind"] == kind and namespace in (None, each["metadata"].get("namespace"))
        ]


def obj(kind, name, namespace="shop", version="v1", **parts):
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **parts}


OBJECTS = [
    obj("Service", "cart", spec={"ports": [{"port": 80}]}),
    obj("Pod", "cart-1", spec={"containers": [{"name": "app", "image": "app"}]}),
    obj("ConfigMap", "istio", "istio-system", data={"mesh": ""}),
    obj("ConfigMap", "other", "istio-system", data={"secret": "no"}),
    obj("EnvoyFilter", "lua", version="networking.istio.io/v1alpha3"),
]


@pytest.fixture
def cluster(monkeypatch):
    def call(*args, **options):
        api = Api(*args, **options)
        monkeypatch.setattr(kubernetes, "client_for", lambda _options: api)
        return api

    return call


def test_what_is_looked_at_is_read_and_nothing_else_is_done(cluster):
    cluster(OBJECTS)
    found = read_context("east", None)
    assert sorted(each.key for each in found.objects) == [
        ("ConfigMap", "istio-system", "istio"),
        ("Pod", "shop", "cart-1"),
        ("Service", "shop", "cart"),
    ]
    assert {each.place for each in found.objects} == {"context east"}
    assert found.other_kinds == {"EnvoyFilter": 1}
    assert found.complete_kinds >= {"Node", "Pod", "Service"}


def test_kinds_without_rights_are_named_and_are_no_facts(cluster):
    cluster(OBJECTS, forbidden=("Node", "Secret"))
    found = read_context("east", None)
    assert found.unreadable == {"Node": FORBIDDEN, "Secret": FORBIDDEN}
    assert "Node" not in found.complete_kinds


def test_without_rights_in_all_namespaces_some_can_be_named(cluster):
    api = cluster(OBJECTS, forbidden="all namespaces")
    found = read_context("east", None, ["shop"])
    assert ("Pod", "shop") in api.asked
    kinds = [each.key[0] for each in found.objects if each.key[1] == "shop"]
    assert sorted(kinds) == ["Pod", "Service"]
    assert "Service" not in found.complete_kinds


def test_without_any_right_it_is_an_error(cluster):
    cluster([], forbidden="all namespaces")
    with pytest.raises(NotAllowed, match="name these in namespaces"):
        read_context("east", None)


def test_a_cluster_that_does_not_answer_is_an_error(cluster, monkeypatch):
    api = cluster(OBJECTS)

    def silent(*_unused, **_options):
        raise MeshError("cluster east: the API at https://east does not answer")

    monkeypatch.setattr(api, "find_all", silent)
    with pytest.raises(MeshError, match="does not answer"):
        read_context("east", None)
