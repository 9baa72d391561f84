# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.types import (
    Assignment,
    Endpoint,
    LocalityGroup,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import hostnames

POD = {
    "spec": {
        "hostAliases": [
            {"ip": "127.0.9.1", "hostnames": ["west.example", "gateway.example"]},
            {"ip": "127.0.9.2", "hostnames": ["west.example"]},
        ]
    }
}


def further(name):
    return {"elsewhere.example": ["192.0.2.1"]}.get(name, [])


def test_the_pods_own_names_come_first():
    found = hostnames.lookup(POD, further)
    assert found("west.example") == ["127.0.9.1", "127.0.9.2"]
    assert found("gateway.example") == ["127.0.9.1"]
    assert found("elsewhere.example") == ["192.0.2.1"]
    assert hostnames.lookup({"spec": {}}, further)("west.example") == []


def test_an_endpoint_for_each_address():
    endpoints = (
        Endpoint("west.example", 15443, weight=3, name="sample/west"),
        Endpoint("nowhere.example", 15443),
    )
    assignment = Assignment((LocalityGroup("west/zone3", 1, 7, endpoints),))
    (group,) = hostnames.resolve_assignment(assignment, hostnames.lookup(POD, further)).groups
    assert (group.locality, group.priority, group.weight) == ("west/zone3", 1, 7)
    assert [(e.address, e.port, e.weight, e.name) for e in group.endpoints] == [
        ("127.0.9.1", 15443, 3, "sample/west"),
        ("127.0.9.2", 15443, 3, "sample/west"),
    ]
    assert group.counts.hosts == 2
