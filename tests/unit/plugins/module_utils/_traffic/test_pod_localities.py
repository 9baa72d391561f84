# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.pod_localities import (
    pod_localities,
)


class Cluster:
    def __init__(self, name, nodes, pods):
        self.name = name
        self._objects = {
            "Node": [{"metadata": {"name": n, "labels": labels}} for n, labels in nodes.items()],
            "Pod": [
                {"metadata": {"name": name, "labels": spec.pop("labels", {})}, "spec": spec}
                for name, spec in pods.items()
            ],
        }

    def objects(self, kind):
        return self._objects[kind]


def labels(region, zone=None, subzone=None):
    result = {"topology.kubernetes.io/region": region}
    if zone:
        result["topology.kubernetes.io/zone"] = zone
    if subzone:
        result["topology.istio.io/subzone"] = subzone
    return result


def test_places():
    east = Cluster(
        "east",
        {
            "n1": labels("east", "zone1"),
            "n2": labels("east", "zone2", "rack"),
            "n3": {},
            "n4": None,
        },
        {"a": {"nodeName": "n1"}, "b": {"nodeName": "n2"}, "c": {"nodeName": "n3"}, "d": {}},
    )
    west = Cluster("west", {"n1": labels("west")}, {"e": {"nodeName": "n1"}})
    assert pod_localities([east, west]) == {
        "a": {"cluster": "east", "locality": "east/zone1"},
        "b": {"cluster": "east", "locality": "east/zone2/rack"},
        "c": {"cluster": "east"},
        "d": {"cluster": "east"},
        "e": {"cluster": "west", "locality": "west"},
    }


def test_a_name_that_two_clusters_use_says_nothing():
    clusters = [
        Cluster(name, {"n": labels(name)}, {"web-0": {"nodeName": "n"}, f"{name}-0": {}})
        for name in ("east", "west", "north")
    ]
    assert set(pod_localities(clusters)) == {"east-0", "west-0", "north-0"}


@pytest.mark.parametrize(
    ("pod_labels", "locality"),
    [
        ({}, "east/zone1"),
        ({"istio-locality": "east.zone9"}, "east/zone9"),
        ({"topology.istio.io/locality": "west.zone2.rack"}, "west/zone2/rack"),
    ],
)
def test_a_label_overrides_the_node_as_it_does_in_the_forecast(pod_labels, locality):
    """The observed locality of a pod is the one that istiod gives its endpoint."""
    pod = {"nodeName": "n", "labels": dict(pod_labels)}
    east = Cluster("east", {"n": labels("east", "zone1")}, {"a": pod})
    assert pod_localities([east])["a"]["locality"] == locality
