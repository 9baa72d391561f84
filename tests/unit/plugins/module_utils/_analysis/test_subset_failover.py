# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subset that cannot fail over, where a rule promises it, always has a finding, and no other has one."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.checker import check
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.routed_forecast import (
    forecast_routes,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ForecastClient,
    ServiceTarget,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.cluster_builder import Proxy
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    FAILOVER,
    HOST,
    REGION,
    ZONE,
    node,
    pod,
    policy,
    root,
    routes,
    rule,
    service,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ZONES = {"e1": ("east", "zone1"), "e2": ("east", "zone2"), "w1": ("west", "zone3")}
NODES = [node(name, *place) for name, place in ZONES.items()]
CLIENT = pod("sleep", "e1", "sleep", app="sleep")
PODS = st.lists(
    st.tuples(st.sampled_from(sorted(ZONES)), st.sampled_from(["v1", "v2"]), st.booleans()),
    min_size=1,
    max_size=5,
)
SETTINGS = st.sampled_from([FAILOVER, {"failoverPriority": [REGION, ZONE]}])


def mesh(pods: t.Iterable[tuple[int, str, str, bool]], setting: t.Any) -> Topology:
    made = [
        pod(f"helloworld-{number}", where, labels={"version": version}, ready=ready)
        for number, where, version, ready in pods
    ]
    subsets = [{"name": each, "labels": {"version": each}} for each in ("v1", "v2")]
    to = [
        {"destination": {"host": HOST, "subset": "v1"}, "weight": 60},
        {"destination": {"host": HOST, "subset": "v2"}, "weight": 40},
    ]
    ruled = rule(policy(setting), subsets=subsets)
    objects = [root(""), *NODES, CLIENT, service(), *made, ruled, routes({"route": to})]
    return Topology({"east": objects})


def lost_by_subset(topology: Topology) -> dict[str, float]:
    """The part of the requests to each subset that fails, from outcomes."""
    view = topology.view("east")
    asked = next(each for each in view.services.all if each.host == HOST)
    client = ForecastClient(Proxy(view.client(CLIENT), "sleep"), "east", "")
    found = forecast_routes(topology, client, ServiceTarget(asked, asked.ports[0]))
    return {each.target.subset or str(n): each.lost for n, each in enumerate(found)}


@settings(max_examples=60, deadline=None)
@given(pods=PODS, setting=SETTINGS)
def test_requests_that_a_place_takes_with_it_have_a_finding(pods, setting):
    """The objects without the pods of a place are computed anew: nothing of the check is used."""
    all_pods = [(number, *each) for number, each in enumerate(pods)]
    now = lost_by_subset(mesh(all_pods, setting))
    named = {each.field for each in check(mesh(all_pods, setting), "east") if each.code == "EW629"}
    for index, name in enumerate(("v1", "v2")):
        loses = False
        own = {ZONES[where] for _number, where, version, _ready in all_pods if version == name}
        places = [*own, *{(region,) for region, _zone in own}]
        for place in places:
            left = [each for each in all_pods if ZONES[each[1]][: len(place)] != place]
            is_there = any(ready for _number, _where, _version, ready in left)
            if (
                is_there
                and now.get(name) == 0
                and lost_by_subset(mesh(left, setting)).get(name) != 0
            ):
                loses = True
        assert (f"spec.subsets[{index}]" in named) == loses
