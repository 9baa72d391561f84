# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clusters are taken for one mesh."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    ClusterState,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.completion import complete
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("a", "b", "c")


def mesh_settings(mesh_id: str) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "istio-system"},
        "data": {"mesh": f"defaultConfig: {{meshId: {mesh_id}}}"},
    }


@given(
    ids=st.lists(st.sampled_from(["", "one", "other"]), min_size=3, max_size=3),
    read=st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_only_what_nothing_speaks_against_is_one_mesh(ids: list[str], read: list[bool]) -> None:
    clusters = {
        name: [mesh_settings(own)] if own else [] for name, own in zip(NAMES, ids, strict=True)
    }
    facts = {name: {"Secret"} for name, fully in zip(NAMES, read, strict=True) if fully}
    found = complete(clusters, facts).ways[0]
    for name, own in zip(NAMES, ids, strict=True):
        joined = {
            other
            for other, its in zip(NAMES, ids, strict=True)
            if other != name and (not own or not its or own == its)
            if not (name in facts and other in facts)
        }
        assert set(ClusterState(name, found[name]).remote_clusters) == joined


@given(
    st.sampled_from(["door", "shop/door", "./door", "door.shop.svc.cluster.local"]), st.booleans()
)
def test_a_gateway_that_was_not_given_is_said(name: str, present: bool) -> None:
    meta = {"name": "shop", "namespace": "shop"}
    virtual = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": meta,
        "spec": {"gateways": [name, "mesh"]},
    }
    gateway = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "door", "namespace": "shop"},
        "spec": {},
    }
    notes = complete({"a": [virtual, *([gateway] if present else [])]}).notes["a"]
    assert present != any(each.startswith("no Gateway shop/door was given") for each in notes)


@given(st.sampled_from(["Deployment", "Pod", ""]), st.sampled_from(["door", "other"]))
def test_a_gateway_without_pods_is_said(kind: str, name: str) -> None:
    meta = {"name": "door", "namespace": "shop"}
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta}
    labels = {"gateway.networking.k8s.io/gateway-name": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "istio-proxy"}]}}
    made = {
        "kind": kind,
        "apiVersion": "apps/v1" if kind == "Deployment" else "v1",
        "metadata": {**meta, "labels": labels},
    }
    made["spec"] = {"template": pod} if kind == "Deployment" else pod["spec"]
    objects = [{**gateway, "spec": {"gatewayClassName": "istio"}}, *([made] if kind else [])]
    notes = complete({"a": objects}).notes["a"]
    said = any(each.startswith("no pods of Gateway shop/door are known") for each in notes)
    assert said == (not kind or name == "other")
