# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import locality_rules
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import defaults

CLUSTERS = {
    "east": [{"region": "east", "zone": "zone1"}, {"region": "east", "zone": "zone2"}],
    "west": [{"region": "west", "zone": "zone3", "subzone": "rack"}],
}
EJECTS = {"consecutive5xxErrors": 1, "maxEjectionPercent": 100}
SETTING = "DestinationRule sample/web: spec.trafficPolicy.loadBalancer.localityLbSetting."
KEY = "DestinationRule sample/web: a key of spec.trafficPolicy.loadBalancer.localityLbSetting."


def rule(setting: dict[str, t.Any], ejects: dict[str, t.Any] | None) -> dict[str, t.Any]:
    return {
        "name": "web",
        "namespace": "sample",
        "host": "web.sample.svc.cluster.local",
        "traffic_policy": {"loadBalancer": {"localityLbSetting": setting}},
        "outlier_detection": ejects or {},
    }


def rule_problems(
    rules: list[dict[str, t.Any]],
    clusters: dict[str, t.Any],
    imports: list[dict[str, t.Any]],
    provider: str,
) -> list[str]:
    hosts = {
        name: {**defaults(), "mesh_provider": provider, "cluster_nodes": nodes}
        for name, nodes in {"east": [], **clusters}.items()
    }
    hosts["east"]["import_service_list"] = imports
    return list(locality_rules.rule_problems(Lab(hosts, [*hosts]), "east", rules))


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
    assert len(rule_problems([odd], CLUSTERS, [], "loopback")) == 2
    allowed = {**odd, "allow_unknown_localities": True}
    assert rule_problems([allowed], CLUSTERS, [], "loopback") == []


def test_fields_that_only_loopback_refuses() -> None:
    odd = rule(failover("east", "west"), {"consecutive5xxError": 1})
    assert (
        "consecutive5xxError is not supported" in rule_problems([odd], CLUSTERS, [], "loopback")[0]
    )
    assert rule_problems([odd], CLUSTERS, [], "existing") == []


@pytest.mark.parametrize("host", ["web.sample", "web.sample.svc"])
def test_incomplete_host(host: str) -> None:
    (found, *_more) = rule_problems([{**rule({}, EJECTS), "host": host}], CLUSTERS, [], "kind")
    assert found == (
        f"locality_rules: host {host} is not fully qualified,"
        " write <service>.<namespace>.svc.cluster.local"
    )


def test_zones_of_two_clusters() -> None:
    both = {"east": [{"region": "r", "zone": "z"}], "west": [{"region": "r", "zone": "z"}]}
    odd = {**rule({}, EJECTS), "distribute": [{"from": "r/z", "to": {"r/z": 100}}]}
    assert rule_problems([odd], both, [], "kind") == [
        "rule 'web': r/z is in the clusters east and west, so the rule cannot tell them apart;"
        " give the nodes different zones"
    ]
    assert rule_problems([{**odd, "allow_shared_zones": True}], both, [], "kind") == []


def manifest(fields: dict[str, t.Any], **host: t.Any) -> dict[str, t.Any]:
    given = {"name": "web", "namespace": "sample", "host": "web.sample.svc.cluster.local", **fields}
    hosts = {"east": {**defaults(), "locality_rules": [given], **host}}
    (built,) = locality_rules.rule_manifests(Lab(hosts, ["east"]), "east")
    assert built["metadata"] == {"name": "web", "namespace": "sample"}
    spec: dict[str, t.Any] = built["spec"]
    return spec


def test_manifest_of_the_defaults() -> None:
    assert manifest({}) == {
        "host": "web.sample.svc.cluster.local",
        "trafficPolicy": {
            "loadBalancer": {"simple": "ROUND_ROBIN"},
            "connectionPool": {"http": {"maxRequestsPerConnection": 1}},
            "outlierDetection": defaults()["locality_outlier_detection"],
        },
    }


@pytest.mark.parametrize(
    ("fields", "host", "policy"),
    [
        (
            {"failover": [{"from": "a", "to": "b"}], "load_balancer": "LEAST_REQUEST"},
            {},
            {
                "loadBalancer": {
                    "simple": "LEAST_REQUEST",
                    "localityLbSetting": {"failover": [{"from": "a", "to": "b"}]},
                }
            },
        ),
        (
            {"enabled": False},
            {},
            {"loadBalancer": {"simple": "ROUND_ROBIN", "localityLbSetting": {"enabled": False}}},
        ),
        ({"max_requests_per_connection": "0"}, {}, {"connectionPool": None}),
        (
            {"connection_pool": {"tcp": {"connectTimeout": "5s"}}},
            {"locality_max_requests_per_connection": 3},
            {
                "connectionPool": {
                    "http": {"maxRequestsPerConnection": 3},
                    "tcp": {"connectTimeout": "5s"},
                }
            },
        ),
        ({"outlier_detection": {}}, {}, {"outlierDetection": None}),
        (
            {"outlier_detection": EJECTS},
            {"locality_as_commonly_written": "true"},
            {"outlierDetection": {"consecutive5xxErrors": 1}},
        ),
        (
            {"traffic_policy": {"outlierDetection": {"interval": "9s"}, "tls": {"mode": "SIMPLE"}}},
            {"locality_outlier_detection": EJECTS},
            {"outlierDetection": {**EJECTS, "interval": "9s"}, "tls": {"mode": "SIMPLE"}},
        ),
    ],
)
def test_manifest(
    fields: dict[str, t.Any], host: dict[str, t.Any], policy: dict[str, t.Any]
) -> None:
    built = manifest(fields, **host)["trafficPolicy"]
    assert {part: built.get(part) for part in policy} == policy


def test_manifest_with_subsets() -> None:
    spec = manifest({"subsets": [{"name": "v1"}], "export_to": ["."]})
    assert (spec["subsets"], spec["exportTo"]) == ([{"name": "v1"}], ["."])
