# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.scenario_names import (
    Scenario,
    name_problems,
)

WEB = {"namespace": "shop", "app": "helloworld", "service": {"name": "web", "port": 5000}}
OWN = [
    {"name": "curl", "namespace": "front", "app": "sleep"},
    {**WEB, "name": "web-a"},
    {
        **WEB,
        "name": "web-b",
        "service": {"name": "web", "port": 5000, "more_ports": [{"port": 81}]},
    },
]
ELSEWHERE = [{**WEB, "name": "db-c", "service": {"name": "db", "port": 80}}]
RULE = {"name": "r", "namespace": "shop", "host": "web.shop.svc.cluster.local"}
SERVICES = "api.example.com, api.shop, db.shop.svc.cluster.local, web.shop.svc.cluster.local"


def problems(**changes: t.Any) -> list[str]:
    fields: dict[str, t.Any] = {
        "name": "failover",
        "rules": [RULE],
        "steps": [{"name": "s"}],
        "client": {"namespace": "front", "workload": "curl"},
        "url": "http://web.shop:5000/hello",
        "namespace": "shop",
        "restore": [],
        "cluster": "east",
        **changes,
    }
    hosts = ["api.example.com", "api.shop"]
    return name_problems(Scenario(**fields), {"east": OWN, "west": ELSEWHERE}, hosts)


def step(**fields: t.Any) -> dict[str, t.Any]:
    return {"steps": [{"name": "s", **fields}]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rules": [{**RULE, "host": "db.shop.svc.cluster.local"}]},
        step(events=[{"action": "drain", "workloads": ["web-a"]}]),
        step(events=[{"action": "drain", "cluster": "west", "workloads": ["db-c"]}]),
        step(events=[{"action": "drain", "cluster": "west"}]),
        step(events=[{"action": "drain", "zone": "z"}]),
        # no service of a cluster, or many
        {"rules": [{**RULE, "host": "api.example.org"}]},
        {"rules": [{**RULE, "host": "*.shop.svc.cluster.local", "namespace": "istio-system"}]},
        {"url": "http://web.shop.svc:81"},
        {"url": "http://web.shop.svc.cluster.local:5000"},
        {"url": "http://db.shop"},
        {"url": "http://api.example.org:9"},
        {"url": "http://api.shop:9"},
        {"url": "http://127.0.0.1:9"},
        # a short name is completed with the client's namespace
        step(url="http://web:5000", client={"namespace": "shop", "workload": "web-a"}),
        step(drain=["web-a"], restore=["web-b"]),
        {"namespace": "istio-system", **step(drain=["istio-eastwestgateway"])},
        {"client": {}, **step(client={"namespace": "front", "workload": "curl"})},
    ],
)
def test_good(changes: dict[str, t.Any]) -> None:
    assert problems(**changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"rules": [{**RULE, "host": "wbe.shop.svc.cluster.local"}]},
            "failover_rules: rule 'r': host is 'wbe.shop.svc.cluster.local', which is no service of"
            f" the lab; it has {SERVICES}",
        ),
        (
            step(rules=[{**RULE, "namespace": "shp"}]),
            "failover_rules: rule 'r': namespace is 'shp', which the cluster will not have;"
            " workload_list has front, istio-system, shop",
        ),
        (
            {"client": {"namespace": "front", "workload": "crl"}},
            "proof_client is 'front/crl', which workload_list does not have;"
            " it has front/curl, shop/web-a, shop/web-b",
        ),
        (
            step(client={"namespace": "shop", "workload": "curl"}),
            "failover_steps: client of step 's' is 'shop/curl', which workload_list does not have;"
            " it has front/curl, shop/web-a, shop/web-b",
        ),
        (
            {"url": "http://wbe.shop:5000/hello"},
            "the URL http://wbe.shop:5000/hello: wbe.shop is no service of the lab;"
            f" it has {SERVICES}",
        ),
        (
            {"url": "http://web:5000"},
            f"the URL http://web:5000: web is no service of the lab; it has {SERVICES}",
        ),
        (
            {"url": "http://web.shop:5001"},
            "the URL http://web.shop:5001: web.shop has no port 5001; it has 5000, 81",
        ),
        (
            step(url="http://web.shop"),
            "the URL http://web.shop: web.shop has no port 80; it has 5000, 81",
        ),
        (
            step(drain=["web-c"]),
            "failover_steps: drain of step 's' names 'web-c', which workload_list does not have in"
            " namespace shop; it has web-a, web-b",
        ),
        (
            {"restore": ["curl"]},
            "proof_restore names 'curl', which workload_list does not have in"
            " namespace shop; it has web-a, web-b",
        ),
    ],
)
def test_bad(changes: dict[str, t.Any], expected: str) -> None:
    assert problems(**changes) == [expected]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"cluster": "north"}, "names the cluster 'north'; the lab has east, west"),
        ({"workloads": ["db-c"]}, "names 'db-c', which workload_list of east does not have"),
        (
            {"cluster": "west", "workloads": ["db-c", "web-a"]},
            "names 'web-a', which workload_list of west does not have in namespace shop; it has db-c",
        ),
    ],
)
def test_events_that_nothing_in_the_lab_fits(event: dict[str, t.Any], said: str) -> None:
    (problem,) = problems(**step(events=[{"action": "drain", **event}]))
    assert problem.startswith("failover_steps: an event of step 's'")
    assert said in problem
