# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.filter.rule_problems import FilterModule

rule_problems = FilterModule().filters()["rule_problems"]

CLUSTERS = {
    "east": [{"region": "east", "zone": "zone1"}, {"region": "east", "zone": "zone2"}],
    "west": [{"region": "west", "zone": "zone3", "subzone": "rack"}],
}
EJECTS = {"consecutive5xxErrors": 1, "maxEjectionPercent": 100}
SETTING = "DestinationRule sample/web: spec.trafficPolicy.loadBalancer.localityLbSetting."
KEY = "DestinationRule sample/web: a key of spec.trafficPolicy.loadBalancer.localityLbSetting."


def rule(setting: dict[str, t.Any], ejects: dict[str, t.Any] | None) -> dict[str, t.Any]:
    policy: dict[str, t.Any] = {"loadBalancer": {"localityLbSetting": setting}}
    if ejects is not None:
        policy["outlierDetection"] = ejects
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "web", "namespace": "sample"},
        "spec": {"host": "web.sample.svc.cluster.local", "trafficPolicy": policy},
    }


def failover(source: str, target: str) -> dict[str, t.Any]:
    return {"failover": [{"from": source, "to": target}]}


def distribute(source: str, **to: t.Any) -> dict[str, t.Any]:
    return {"distribute": [{"from": source, "to": to}]}


@pytest.mark.parametrize(
    "setting",
    [
        failover("east", "west"),
        distribute("east/zone1", **{"east/zone1": 20, "west/*": 80}),
        distribute("east", **{"*": 100}),
        distribute("*", **{"east/zone1/*": 20, "west/zone3/rack": 80}),
        # only an import says that it is there
        distribute("east", **{"us/west/zone3/*": 100}),
        {"failoverPriority": ["topology.istio.io/network"]},
        {},
    ],
)
def test_good_rules(setting: dict[str, t.Any]) -> None:
    imports = [{"name": "web", "locality": "us/west/zone3"}, {"name": "nowhere"}]
    assert rule_problems([rule(setting, EJECTS)], CLUSTERS, imports, "loopback") == []


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (
            failover("east", "wst"),
            f"{SETTING}failover[0].to is 'wst', where no node and no imported service is;"
            " there are east, west",
        ),
        (
            failover("esat", "west"),
            f"{SETTING}failover[0].from is 'esat', where no node and no imported service is;"
            " there are east, west",
        ),
        (
            distribute("east/zone3", **{"east/zone1": 100}),
            f"{SETTING}distribute[0].from is 'east/zone3', where no node and no imported service is;"
            " there are east/zone1, east/zone2, west/zone3",
        ),
        (
            distribute("east", **{"east/zone1": 20, "west/zone4/*": 80}),
            f"{KEY}distribute[0].to is 'west/zone4/*', where no node and no imported service is;"
            " there are east/zone1, east/zone2, west/zone3",
        ),
        (
            distribute("east", **{"east/zone1": 20, "west/*": 70}),
            f"{SETTING}distribute[0].to: the weights add up to 90; make them add up to 100",
        ),
    ],
)
def test_bad_rules(setting: dict[str, t.Any], expected: str) -> None:
    assert rule_problems([rule(setting, EJECTS)], CLUSTERS, [], "loopback") == [expected]


@pytest.mark.parametrize("provider", ["loopback", "kind", "existing"])
def test_failover_without_outlier_detection(provider: str) -> None:
    (found,) = rule_problems([rule(failover("east", "west"), None)], CLUSTERS, [], provider)
    assert found.startswith(f"{SETTING}failover: failover does nothing without outlierDetection")


def test_names_are_judged_only_where_all_nodes_are_known() -> None:
    odd = rule(failover("a", "b"), EJECTS)
    assert rule_problems([odd], {**CLUSTERS, "west": []}, [], "loopback") == []
    assert rule_problems([odd], {**CLUSTERS, "west": [{"role": "worker"}]}, [], "loopback") == []
    assert rule_problems([odd], {}, [], "loopback") == []
    assert rule_problems([odd], CLUSTERS, [], "loopback", ["web"]) == []
    assert len(rule_problems([odd], CLUSTERS, [], "loopback", ["other"])) == 2


def test_fields_that_only_loopback_refuses() -> None:
    odd = rule(failover("east", "west"), {"consecutive5xxError": 1})
    assert (
        "consecutive5xxError is not supported" in rule_problems([odd], CLUSTERS, [], "loopback")[0]
    )
    assert rule_problems([odd], CLUSTERS, [], "existing") == []
