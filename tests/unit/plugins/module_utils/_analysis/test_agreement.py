# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker and the forecast look at the same thing, for every client and every service."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.context import AnalysisContext
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.targets import (
    ServiceTarget,
    client_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.topology import Topology
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    name_of,
    namespace_of,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.builders import (
    mesh_config,
    node,
    obj,
    pod,
    policy,
    root,
    rule,
    service,
)
from ansible_collections.eastwest.mesh.tests.unit.plugins.module_utils._analysis.random_meshes import (
    meshes,
)
from hypothesis import given, settings

DEFAULT_EJECTION = "defaultTrafficPolicy: {outlierDetection: {maxEjectionPercent: 100}}"
NODES = [node("one", "east", "zone1"), node("two", "east", "zone2")]
CLIENT = pod("client", "one", "sleep", app="sleep")


def context_of(objects):
    topology = Topology(objects)
    return topology, AnalysisContext(topology, "east")


@settings(max_examples=40, deadline=None)
@given(meshes())
def test_every_client_is_forecast_what_its_findings_rest_on(objects):
    topology, context = context_of(objects)
    pods = {
        f"{namespace_of(each)}/{name_of(each)}": each
        for each in topology.state("east").objects("Pod")
    }
    for case in context.all_cases():
        for name in case.origin.names:
            client = client_of(topology, "east", pods[name])
            target = ServiceTarget(case.service, case.port, case.subset)
            forecast = forecast_service(topology, client, target)
            assert forecast.effective.shares.by_name() == case.now.by_name()
            assert forecast.outbound.assignment.reasons == case.assignment.reasons


@settings(max_examples=40, deadline=None)
@given(meshes())
def test_a_client_sees_the_definition_of_a_host_that_its_namespace_chooses(objects):
    topology, context = context_of(objects)
    visible = topology.view("east").services.visible
    for case in context.all_cases():
        if case.origin.names:
            assert visible(case.origin.proxy.namespace)[case.service.host] is case.service


def two_zones(*objects, **spec):
    pods = [CLIENT, pod("near", "one"), pod("far", "two")]
    return {"east": [root(""), *NODES, *pods, service(**spec), *objects]}


def test_internal_traffic_policy_local_keeps_requests_on_the_node():
    _topology, context = context_of(two_zones(internalTrafficPolicy="Local"))
    case = next(context.all_cases())
    assert case.origin.names == {"sleep/client"}
    assert case.now.by_name() == {"sample/near": 1.0}


def test_the_meshs_outlier_detection_counts_for_names_that_envoy_resolves():
    entry = obj(
        "ServiceEntry",
        "bank",
        "sample",
        spec={
            "hosts": ["bank.example.test"],
            "resolution": "DNS",
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
            "endpoints": [
                {"address": "one.example.test", "locality": "east/zone1"},
                {"address": "two.example.test", "locality": "east/zone2"},
            ],
        },
    )
    objects = [root(""), *NODES, CLIENT, entry, mesh_config(DEFAULT_EJECTION)]
    _topology, context = context_of({"east": objects})
    case = next(context.all_cases())
    assert case.origin.names == {"sleep/client"}
    assert case.now.by_name()["sample/bank#0"] == 1.0
    params = {"manifests": objects, "clients": [{"locality": "east/zone1"}]}
    assert "EW405" not in [each.code for each in explain(params).findings]


@pytest.mark.parametrize("label", ["version", "kubernetes.io/hostname"])
def test_clients_that_choose_differently_are_told_apart(label):
    """By a label that failoverPriority compares, and by their nodes."""
    nodes = [*NODES, node("three", "east", "zone1")]
    pods = [
        pod("a", "one", "sleep", app="sleep", labels={"version": "v1"}),
        pod("b", "three", "sleep", app="sleep", labels={"version": "v2"}),
        pod("near", "one", labels={"version": "v1"}),
        pod("far", "three", labels={"version": "v2"}),
    ]
    ruled = rule(policy({"failoverPriority": [label]}))
    _topology, context = context_of({"east": [root(""), *nodes, *pods, service(), ruled]})
    shares = {
        min(each.origin.names): each.now.by_name()
        for each in context.all_cases()
        if each.origin.names
    }
    assert shares["sleep/a"]["sample/near"] == shares["sleep/b"]["sample/far"] == 1.0
