# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three clusters, one mesh: rules across clusters that are right, and the slip in the table."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.finding import INFO, Finding
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    NETWORK,
    Object,
    node,
    obj,
    pod,
    policy,
    root,
    rule,
    service,
)

PLACES = {
    "c1": ("region1/zone1", "region1/zone2", "region1/zone3"),
    "c2": (
        "region2/zone1",
        "region2/zone2",
        "region2/zone3",
        "region4/zone4",
        "region4/zone5",
    ),
    "c3": ("region3/zone1", "region3/zone2", "region3/zone3"),
}
HOST = "helloworld2.sample.svc.cluster.local"


def cluster(name: str, places: t.Sequence[str], rules: t.Sequence[Object] = ()) -> list[Object]:
    network = f"network{name[-1]}"
    objects = [
        root(network),
        service("helloworld2"),
        gateway(network, f"172.18.0.{name[-1]}"),
        *rules,
    ]
    secrets = {other: "" for other in PLACES if other != name}
    labels = {"istio/multiCluster": "true"}
    objects.append(obj("Secret", "remotes", "istio-system", labels=labels, data=secrets))
    for number, place in enumerate(places, 1):
        region, zone = place.split("/")
        where = f"{name}n{number}"
        objects += [
            node(where, region, zone),
            pod(f"{name}z{number}", where, app="helloworld2", network=network),
            pod(f"sleepz{number}-{name}", where, app="sleep", network=network),
        ]
    return objects


def gateway(network: str, address: str) -> Object:
    body = obj(
        "Service",
        "istio-eastwestgateway",
        "istio-system",
        labels={NETWORK: network},
        spec={"ports": [{"name": "tls", "port": 15443}], "clusterIP": "10.96.0.9"},
    )
    return {**body, "status": {"loadBalancer": {"ingress": [{"ip": address}]}}}


def found(*rules: Object, places: t.Mapping[str, t.Sequence[str]] | None = None) -> list[Finding]:
    places = places or PLACES
    objects = {name: cluster(name, places[name], rules if name == "c2" else ()) for name in PLACES}
    return check(Topology(objects), "c2")


THREE_RULES = {
    "distribute": [
        {"from": "region2/zone1/*", "to": {"region1/*": 50, "region3/*": 50}},
        {
            "from": "region2/zone2/*",
            "to": {"region2/zone3/*": 40, "region2/zone1/*": 40, "region3/*": 20},
        },
        {"from": "region2/zone3/*", "to": {"region4/zone5/*": 100}},
    ]
}


@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        ({"failover": [{"from": "region4", "to": "region3"}]}, set()),
        (None, {"EW401"}),
    ],
)
def test_the_scenarios_rules_give_hints_at_most(setting, codes):
    findings = found(rule(policy(setting), host=HOST))
    assert {each.code for each in findings} == codes
    assert {each.severity for each in findings} <= {INFO}


def test_the_weighted_rules_lose_weights_behind_gateways():
    """region3's three zones are one address, so two thirds of its weight are lost."""
    findings = found(rule(policy(THREE_RULES), host=HOST))
    # also what is left out, and the clients of region4, for whom no rule is
    assert {each.code for each in findings} == {"EW214", "EW216", "EW217"}
    assert [each.code for each in findings if each.severity != INFO] == ["EW217"]
    assert findings[0].field.endswith("distribute[1].to")
    assert "46 % to region2/zone1, 46 % to region2/zone3, 8 % to region3/zone1" in (
        findings[0].effect
    )
    assert "region3/*: 43" in findings[0].instead


def test_without_rules_there_is_nothing_to_find():
    assert found() == []


def test_the_slip_in_the_table():
    slip = {**PLACES, "c1": ("region1/zone1", "region1/zone2", "region1/zone2")}
    only = found(places=slip)
    assert [(each.code, each.object) for each in only] == [("EW702", "Node c1n3")]
    assert "c1n3 and c1n2 are both in region1/zone2" in only[0].message
    assert "topology.kubernetes.io/zone: zone3" in only[0].instead


def test_zones_of_another_cluster_are_reached_but_not_aimed_at():
    setting = {"distribute": [{"from": "region2/zone1", "to": {"region3/zone2": 100}}]}
    codes = {each.code for each in found(rule(policy(setting), host=HOST))}
    assert codes == {"EW214", "EW216", "EW218"}


def test_labels_of_zones_do_not_pass_gateways():
    setting = {"failoverPriority": ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]}
    findings = found(rule(policy(setting), host=HOST))
    assert [each.code for each in findings] == ["EW322"]
    assert "region1/zone1" in findings[0].message
