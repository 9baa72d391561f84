# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a scenario from being proved."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.preflight import (
    explanation_problems,
    lab_problems,
    scenario,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import defaults

WEB = {
    "name": "web",
    "namespace": "shop",
    "app": "helloworld",
    "service": {"name": "web", "port": 5000},
}
RULE = {"name": "web", "namespace": "shop", "host": "web.shop.svc.cluster.local"}
HOST = {
    **defaults(),
    "cluster_provider": "loopback",
    "mesh_lab": "lab",
    "mesh_lab_directory": "/lab",
    "remote_secret_clusters": [],
    "workload_nodes": [],
    "workload_list": [WEB, {"name": "curl", "namespace": "front", "app": "sleep"}],
    "proof_client": {"namespace": "front", "workload": "curl"},
    "proof_url": "http://web.shop:5000",
    "proof_namespace": "shop",
}
FAILOVER = {"failover_rules": [RULE], "failover_steps": [{"name": "s"}]}


def lab(east: dict[str, t.Any], west: dict[str, t.Any] | None = None) -> Lab:
    hosts = {
        "east": {**HOST, "cluster_pod_subnet": "10.10.0.0/16", **east},
        "west": {**HOST, "cluster_pod_subnet": "10.20.0.0/16", **(west or {})},
    }
    return Lab(hosts, ["east", "west"])


def problems(name: str, east: dict[str, t.Any], west: dict[str, t.Any] | None = None) -> list[str]:
    return lab_problems(lab(east, west), scenario(name))


def test_good() -> None:
    assert problems("failover", FAILOVER) == []
    assert lab_problems(lab({})) == []
    outage = {"failover_rules": [RULE], "failover_steps_outage": [{"name": "s"}]}
    assert lab_problems(lab(outage), scenario("failover", "_outage")) == []


@pytest.mark.parametrize(
    ("east", "expected"),
    [
        ({}, "no cluster of this inventory has failover_steps, so there is nothing to prove"),
        (
            {"failover_rules": [RULE], "failover_steps": []},
            "no cluster of this inventory has failover_steps, so there is nothing to prove",
        ),
        (
            {"failover_steps": [{"name": "s"}]},
            "east: there are failover_steps and no failover_rules: list the rules that the steps"
            " are to prove",
        ),
        (
            {**FAILOVER, "failover_rules": [{**RULE, "host": "web.shop"}]},
            "east: locality_rules: host web.shop is not fully qualified,"
            " write <service>.<namespace>.svc.cluster.local",
        ),
        (
            {**FAILOVER, "failover_steps": [{"name": "s", "rules": [{**RULE, "name": "other"}]}]},
            "east: failover_steps: the rules other would be left behind;"
            " give them names of failover_rules",
        ),
        (
            {
                **FAILOVER,
                "failover_steps": [
                    {"name": "s", "scale": {"workloads": ["web", "db"], "replicas": 0}}
                ],
            },
            "east: failover_steps: db would be left scaled, as workload_list does not have it",
        ),
        (
            {**FAILOVER, "failover_steps": [{"name": "s", "drain": ["db"]}]},
            "east: failover_steps: drain of step 's' names 'db', which workload_list does not have"
            " in namespace shop; it has web",
        ),
        (
            {**FAILOVER, "proof_requests": 0},
            "east: proof_requests is 0; write 1 or more",
        ),
        (
            {**FAILOVER, "failover_steps": [{"name": "s", "drian": ["web"]}]},
            "east: failover_steps[0] has no field 'drian'; did you mean drain?",
        ),
        (
            {**FAILOVER, "cluster_pod_subnet": "10.20.1.0/24"},
            "10.20.1.0/24 of east and 10.20.0.0/16 of west overlap;"
            " change cluster_pod_subnet or cluster_service_subnet",
        ),
        (
            {**FAILOVER, "mesh_lab": "."},
            "east: mesh_lab is '.'; choose a name that a directory can have, without /",
        ),
        (
            {**FAILOVER, "workload_list": [*HOST["workload_list"], WEB]},
            "east: workload_list has shop/web twice",
        ),
    ],
)
def test_bad(east: dict[str, t.Any], expected: str) -> None:
    assert problems("failover", east) == [expected]


def test_names_are_not_judged_where_others_have_services() -> None:
    foreign = {**FAILOVER, "proof_url": "http://elsewhere.shop:80"}
    (found,) = problems("failover", foreign)
    assert found.startswith("east: the URL http://elsewhere.shop:80: elsewhere.shop is no service")
    assert problems("failover", {**foreign, "cluster_provider": "existing"}) == []
    hosts = {**foreign, "scenario_hosts": ["elsewhere.shop.svc.cluster.local"]}
    assert problems("failover", hosts) == []


REGIONAL = {
    "multi_primary_failover_rules": [RULE],
    "multi_primary_failover_steps": [{"name": "s"}],
}


@pytest.mark.parametrize(
    ("east", "west", "wrong"),
    [
        (["a"], ["b"], []),
        ([], ["b"], ["east is in no region; "]),
        (["a", "b"], ["c"], ["east is in a and b; "]),
        (["a"], ["a"], ["east is in a; ", "west is in a; "]),
        (["a"], ["a", "b"], ["east is in a; ", "west is in a and b; "]),
    ],
)
def test_regions(east: list[str], west: list[str], wrong: list[str]) -> None:
    found = problems(
        "multi_primary_failover", {**REGIONAL, "cluster_regions": east}, {"cluster_regions": west}
    )
    assert [each[: len(start)] for each, start in zip(found, wrong, strict=True)] == wrong


FEDERATION = {
    "federation_exporter": "west",
    "federation_identify": {"pattern": "(?P<instance>.*)"},
    "federation_steps": [{"name": "s"}],
}


@pytest.mark.parametrize("name", ["federation", "load_balancing", "federation_variants"])
def test_federation(name: str) -> None:
    steps = [{"name": "s", "expect": {"a": 1, "b": 1}, "from_forecast": False}]
    variables = {
        "federation": "federation_steps",
        "load_balancing": "load_balancing_steps",
        "federation_variants": "federation_variant_steps",
    }
    host = {**FEDERATION, variables[name]: [{"name": "s"}]}
    assert problems(name, host) == []
    (undecided,) = problems(name, {**host, variables[name]: steps})
    assert undecided.startswith(f"east: {variables[name]}: where several names have a share")
    (empty,) = problems(name, {**host, variables[name]: []})
    assert empty == f"east: {variables[name]} is empty: there is nothing to prove"
    (pattern,) = problems(name, {**host, "federation_identify": {"pattern": "("}})
    assert pattern.startswith("east: federation_identify.pattern: '(' is not a regular expression")
    assert problems(name, {}) == [
        "no cluster of this inventory names a federation_exporter, so there is nothing to prove"
    ]
    assert problems(name, {**host, "federation_exporter": "north"}) == [
        "east: federation_exporter is 'north'; there are east, west"
    ]
    assert problems(name, {**host, "federation_trust_domains": "other"}) == [
        "east: federation_trust_domains is 'other'; choose same or distinct"
    ]


def test_dns_proxy() -> None:
    services = {"dns_proxy_services": [{"name": "web", "host": "web.example"}]}
    assert problems("dns_proxy", {**services, "dns_proxy_client": {"workload": "curl"}}) == []
    assert problems("dns_proxy", {}) == [
        "no cluster of this inventory has dns_proxy_services, so there is nothing to prove"
    ]
    assert problems("dns_proxy", services) == [
        "east: there are dns_proxy_services and no dns_proxy_client to ask for them"
    ]


def test_explanation() -> None:
    host = {**FAILOVER, "distribute_rules": [RULE], "own_rules": ["not ours"]}
    assert explanation_problems(lab(host), "") == []
    assert explanation_problems(lab(host), "distribute") == []
    assert explanation_problems(lab(host), "failovr") == [
        "explain_scenario is 'failovr', and no cluster of this inventory has failovr_rules;"
        " choose distribute or failover"
    ]
    bad = {**host, "failover_rules": [{**RULE, "host": "web.shop"}]}
    (found,) = explanation_problems(lab(bad), "failover")
    assert found.startswith("east: locality_rules: host web.shop is not fully qualified")
    assert explanation_problems(lab({"explain_scenari": "x"}), "")[0].startswith(
        "east: explain_scenari is no variable of the collection; did you mean explain_scenario?"
    )
