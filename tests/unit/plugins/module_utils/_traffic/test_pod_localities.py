# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.pod_localities import places


class Cluster:
    def __init__(self, name, nodes, pods):
        self.name = name
        self._objects = {
            "Node": [{"metadata": {"name": n, "labels": labels}} for n, labels in nodes.items()],
            "Pod": [{"metadata": {"name": p}, "spec": spec} for p, spec in pods.items()],
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
    assert places([east, west]) == {
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
    assert set(places(clusters)) == {"east-0", "west-0", "north-0"}
