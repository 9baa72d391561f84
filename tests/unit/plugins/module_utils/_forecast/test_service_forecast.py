# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.document import as_dict
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.options import (
    forecast_request,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.service_forecast import (
    forecast_service,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.text import render

from .conftest import HOST, deployment, east, entry, gateway, network, node, rule, service, west

DETECTION = {"consecutive5xxErrors": 1, "maxEjectionPercent": 100}
POOL = {"http": {"maxRequestsPerConnection": 1}}
NEAR = {"outlierDetection": DETECTION, "connectionPool": POOL}
TO_WEST = NEAR | {
    "loadBalancer": {
        "simple": "ROUND_ROBIN",
        "localityLbSetting": {"failover": [{"from": "east", "to": "west"}]},
    }
}
WEIGHTS = {
    "connectionPool": POOL,
    "loadBalancer": {
        "localityLbSetting": {
            "distribute": [
                {
                    "from": "east/zone1",
                    "to": {"east/zone1": 10, "east/zone2": 10, "west/zone3": 80},
                }
            ]
        }
    },
}


def forecasts(params):
    world, _local, questions, *_doubt = forecast_request(params)
    return [forecast_service(world, asker, asked) for asker, asked in questions]


def forecast(params):
    found = forecasts(params)
    assert len(found) == 1
    return found[0]


def shares(params, by="version"):
    found = forecast(params).shares(by)
    return {name: round(share, 4) for name, share in found.items() if share}


def drained(*names, cluster=""):
    return [{"namespace": "sample", "workload": name, "cluster": cluster} for name in names]


THIRDS = {"zone1": 0.3333, "zone2": 0.3333, "zone3": 0.3333}


@pytest.mark.parametrize(
    ("policy", "down", "expected"),
    [
        (None, (), THIRDS),
        (NEAR, (), {"zone1": 1.0}),
        (NEAR, ("zone1",), {"zone2": 1.0}),
        (TO_WEST, ("zone1", "zone2"), {"zone3": 1.0}),
        (WEIGHTS, (), {"zone1": 0.1, "zone2": 0.1, "zone3": 0.8}),
        # nothing ejects it: tried again elsewhere
        (WEIGHTS, ("zone1",), {"zone2": 0.1111, "zone3": 0.8889}),
        (None, ("zone1",), {"zone2": 0.5, "zone3": 0.5}),
        # one of three may be ejected, which is the one that is asked first
        (
            NEAR | {"outlierDetection": {"maxEjectionPercent": 34}},
            ("zone1", "zone2"),
            {},
        ),
        # the default of 10 % ejects nobody, and nobody else has the priority
        (NEAR | {"outlierDetection": {}}, ("zone1",), {}),
        (NEAR | {"outlierDetection": {}}, ("zone2",), {"zone1": 1.0}),
    ],
)
def test_shares_by_version(asked, policy, down, expected):
    objects = east(*([rule(policy)] if policy else []))
    assert shares(asked(objects, drained=drained(*down))) == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("locality", {"east/zone1": 0.3333, "east/zone2": 0.3333, "west/zone3": 0.3333}),
        ("cluster", {"east": 0.6667, "west": 0.3333}),
        ("workload", THIRDS),
        ("app", {"helloworld": 1.0}),
    ],
)
def test_shares_by_other_names(asked, by, expected):
    assert shares(asked(), by) == expected


def test_what_the_client_takes_a_locality_for_and_what_it_is(asked):
    found = forecast(asked([*east(imported=False), entry("us/west/zone3")]))
    assert found.shares("locality")["us/west/zone3"] == pytest.approx(1 / 3)
    assert {leaf.locality for leaf in found.destinations} == {
        "east/zone1",
        "east/zone2",
        "west/zone3",
    }


@pytest.mark.parametrize(
    ("zone3", "expected"),
    [(1, {"zone1": 0.5, "zone3": 0.5}), (3, {"zone1": 0.5, "zone3": 0.5}), (0, {"zone1": 1.0})],
)
def test_one_endpoint_stands_for_all_pods_behind_the_gateway(asked, zone3, expected):
    params = asked(east(zone2=0), west(zone3=zone3))
    assert shares(params) == expected
    leaves = [leaf for leaf in forecast(params).destinations if leaf.cluster == "west" and leaf.pod]
    assert [round(leaf.share, 4) for leaf in leaves] == [round(0.5 / max(zone3, 1), 4)] * zone3
    assert {leaf.via for leaf in leaves} <= {("192.0.2.200",)}


@pytest.mark.parametrize(
    ("peer", "why"),
    [
        (west(exposed=["other.sample.svc.cluster.local"]), "does not expose"),
        ([each for each in west() if each["kind"] != "Gateway"], "no server with AUTO_PASSTHROUGH"),
        (
            [each for each in west() if each["metadata"]["name"] != "helloworld"],
            "knows no service",
        ),
        (
            [each for each in west() if each["metadata"]["name"] != "helloworld"] + [service(5001)],
            "no port 5000",
        ),
        (
            [
                each
                for each in west()
                if (each["kind"], each["metadata"]["name"]) != ("Deployment", "eastwest")
            ],
            "no pod is behind the gateway",
        ),
        (west(zone3=0), "no endpoints"),
    ],
)
def test_a_gateway_that_leads_nowhere_refuses(asked, peer, why):
    params = asked(east(zone1=0, zone2=0), peer)
    found = forecast(params)
    assert found.lost == 1
    params = asked(east(rule(TO_WEST)), peer, drained=drained("zone1", "zone2"))
    assert forecast(params).lost == 1
    assert why in " ".join(
        reason for each in found.tracer._backends.values() for reason in each.reasons
    )


def test_a_gateway_that_routes_is_not_followed(asked):
    found = forecast(asked(peers=west(mode="PASSTHROUGH")))
    assert [leaf.name for leaf in found.destinations if not leaf.pod] == ["helloworld-west"]
    assert found.lost == 0


def test_what_is_drained_behind_the_gateway(asked):
    params = asked(east(rule(TO_WEST)), drained=drained("zone3", cluster="west"))
    assert shares(params) == {"zone1": 1.0}
    params["drained"] += drained("zone1", "zone2")
    assert forecast(params).lost == 1


def test_one_mesh_of_two_networks(asked):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "remote",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
        },
        "data": {"west": ""},
    }
    objects = east(secret, imported=False)
    # the gateway weighs as much as the pods behind it
    assert shares(asked(objects, west(zone3=2))) == {"zone1": 0.25, "zone2": 0.25, "zone3": 0.5}
    # without the secret nobody in east knows of west
    assert shares(asked(east(imported=False))) == {"zone1": 0.5, "zone2": 0.5}


@pytest.mark.parametrize(
    ("policy", "by", "model"),
    [
        (None, "version", "random"),
        (WEIGHTS, "version", "exact"),
        (NEAR, "version", "exact"),
        ({"loadBalancer": {"simple": "ROUND_ROBIN"}}, "version", "exact"),
        ({"loadBalancer": {"simple": "ROUND_ROBIN"}}, "instance", "connection"),
        ({"loadBalancer": {"simple": "ROUND_ROBIN"}, "connectionPool": POOL}, "instance", "random"),
        # the gateway is not asked
        (NEAR, "instance", "exact"),
    ],
)
def test_how_counts_vary(asked, policy, by, model):
    objects = east(*([rule(policy)] if policy else []))
    assert forecast(asked(objects, west(zone3=2))).model(by) == model


def test_a_gateway_that_takes_turns_is_exact(asked):
    policy = {"loadBalancer": {"simple": "ROUND_ROBIN"}}
    objects = east(rule(policy | {"connectionPool": POOL}))
    assert forecast(asked(objects, west(rule(policy), zone3=2))).model("instance") == "exact"


def test_the_failover_order(asked):
    found = as_dict(forecast(asked(east(rule(TO_WEST)))), ["version"])
    assert [(stage["dead"], stage["failed"]) for stage in found["order"]] == [
        ([], 0),
        ([0], 0),
        ([0, 1], 0),
        ([0, 1, 2], 1),
    ]
    told = [
        {name for name, share in stage["shares"]["version"].items() if share}
        for stage in found["order"]
    ]
    assert told == [{"zone1"}, {"zone2"}, {"zone3"}, set()]
    assert all(stage["by_ejection"] for stage in found["order"])
    assert found["without"] == []
    assert found["risks"] == []


def test_where_localities_share_a_priority_each_may_die(asked):
    found = as_dict(forecast(asked(east(rule(WEIGHTS | {"outlierDetection": DETECTION})))))
    assert {stage["dead"][0]: stage["shares"]["locality"] for stage in found["without"]} == {
        "east/zone1": {"east/zone1": 0, "east/zone2": 0.111111, "west/zone3": 0.888889},
        "east/zone2": {"east/zone1": 0.111111, "east/zone2": 0, "west/zone3": 0.888889},
        "west/zone3": {"east/zone1": 0.5, "east/zone2": 0.5, "west/zone3": 0},
    }


@pytest.mark.parametrize(
    ("policy", "down", "lost", "said"),
    [
        (TO_WEST, (), 0, ""),
        (TO_WEST | {"outlierDetection": {}}, (), 0, "until readiness probes take them out"),
        (TO_WEST | {"outlierDetection": {}}, ("zone1",), 1, "no other endpoint of the priority"),
        (None, (), 0, "tried again elsewhere"),
        (None, ("zone1",), 0, "tried again elsewhere"),
        (None, ("zone1", "zone2"), 0, "refuse connections and stay in"),
    ],
)
def test_what_may_be_lost(asked, policy, down, lost, said):
    objects = east(*([rule(policy)] if policy else []))
    found = forecast(asked(objects, drained=drained(*down)))
    assert found.lost == lost
    assert said in " ".join(found.risks)
    assert bool(said) == bool(found.risks)


def test_what_is_no_http_is_not_tried_again(asked):
    objects = [each for each in east() if each["kind"] != "Service"]
    objects.append(service(port_name="tcp"))
    objects = [each for each in objects if each["kind"] != "WorkloadEntry"]
    found = forecast(asked(objects, drained=drained("zone1")))
    assert found.lost == pytest.approx(0.5)
    assert "nothing is tried twice" in found.risks[0]


def test_a_whole_document(asked):
    found = as_dict(forecast(asked(east(rule(WEIGHTS)))), ["version", "nothing"])
    assert found["client"] == {
        "name": "sleep/sleep",
        "namespace": "sleep",
        "cluster": "east",
        "locality": "east/zone1",
        "network": "east-network",
    }
    assert (found["host"], found["port"], found["rule"]) == (HOST, 5000, "sample/helloworld")
    assert list(found["shares"]) == ["locality", "cluster", "workload", "instance", "version"]
    assert found["shares"]["version"] == {"zone1": 0.1, "zone2": 0.1, "zone3": 0.8}
    (priority,) = found["priorities"]
    assert [(each["locality"], each["weight"]) for each in priority["localities"]] == [
        ("east/zone1", 10),
        ("east/zone2", 10),
        ("west/zone3", 80),
    ]
    assert all(each["reason"] for each in (priority, *priority["localities"]))


def test_the_rule_in_effect_and_those_that_are_not(asked):
    second = rule(TO_WEST, name="second")
    first = rule(WEIGHTS, name="first")
    found = as_dict(forecast(asked(east(first, second))))
    assert found["rule"] == "sample/first"
    assert [each["name"] for each in found["ignored_rules"]] == ["sample/second"]


def test_subsets(asked):
    policy = rule(NEAR, subsets=[{"name": "two", "labels": {"version": "zone2"}}])
    services = [{"host": HOST, "port": "5000", "subset": "two"}]
    found = forecast(asked(east(policy), services=services))
    assert {leaf.workload for leaf in found.destinations} == {"zone2"}
    assert len(as_dict(found)["dropped"]) == 2
    services[0]["subset"] = "three"
    with pytest.raises(NotFound, match=r"subset 'three' .* the rule has: two"):
        forecast(asked(east(policy), services=services))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"services": [{"host": "other"}]}, NotFound, "'other' is no service"),
        ({"services": [{"host": HOST, "port": "1"}]}, NotFound, "no port 1; its ports: 5000 http"),
        ({"clients": [{"workload": "other"}]}, NotFound, "no pod of workload 'default/other'"),
        ({"clients": [{}]}, InvalidInput, "workload .* or a locality"),
        ({"clients": [{"locality": "a", "cluster": "x"}]}, InvalidInput, "no cluster 'x'"),
        ({"drained": drained("other")}, NotFound, "drained: .*'sample/other'.* zone1, zone2"),
        ({"drained": drained("zone1", cluster="x")}, InvalidInput, "no cluster 'x'"),
        (
            {"scaled": [{"namespace": "sample", "workload": "other", "replicas": 1}]},
            NotFound,
            "scaled: .*'sample/other'",
        ),
        (
            {"scaled": [{"namespace": "sample", "workload": "zone1", "replicas": -1}]},
            InvalidInput,
            "0 or more",
        ),
        (
            {"scaled": [{"namespace": "a", "workload": "b", "replicas": 1, "cluster": "x"}]},
            InvalidInput,
            "no cluster 'x'",
        ),
        ({"rules": [{"kind": "Service"}]}, InvalidInput, "Service is no DestinationRule"),
        ({"rules": [{"localityLbSetting": {}}]}, InvalidInput, "no part of a trafficPolicy"),
        ({"rules": [NEAR], "services": []}, InvalidInput, "needs a service"),
    ],
)
def test_what_is_unknown_is_named(asked, options, error, message):
    with pytest.raises(error, match=message):
        forecasts(asked(**options))


def test_a_peer_needs_manifests_too(asked):
    with pytest.raises(InvalidInput, match="west lacks manifests"):
        forecasts(asked() | {"peers": [{"cluster": "west"}]})


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        (0, {"zone2": 0.5, "zone3": 0.5}),
        (1, THIRDS),
        (2, {"zone1": 0.5, "zone2": 0.25, "zone3": 0.25}),
        (4, {"zone1": 0.6667, "zone2": 0.1667, "zone3": 0.1667}),
    ],
)
def test_scaled(asked, replicas, expected):
    size = {"namespace": "sample", "workload": "zone1", "replicas": replicas}
    assert shares(asked(scaled=[size])) == expected
    # whatever there is now
    assert shares(asked(east(zone1=3), scaled=[size])) == expected
    assert shares(asked(east(zone1=0), scaled=[size])) == expected


def test_scaled_behind_the_gateway(asked):
    size = {"namespace": "sample", "workload": "zone3", "cluster": "west", "replicas": 2}
    found = forecast(asked(scaled=[size]))
    assert [round(leaf.share, 4) for leaf in found.destinations if leaf.cluster == "west"] == [
        0.1667
    ] * 2


def test_a_workload_without_pods_may_be_called_drained(asked):
    assert shares(asked(east(zone1=0), drained=drained("zone1"))) == {"zone2": 0.5, "zone3": 0.5}


def test_rules_that_are_only_thought_of(asked):
    params = asked(east(rule(WEIGHTS)), rules=[rule(NEAR)])
    assert shares(params) == {"zone1": 1.0}
    params = asked(rules=[NEAR], services=[{"host": HOST, "port": 5000}])
    assert shares(params) == {"zone1": 1.0}


def test_mesh_settings_that_are_only_thought_of(asked):
    mesh = {"localityLbSetting": WEIGHTS["loadBalancer"]["localityLbSetting"]}
    assert shares(asked(mesh=mesh)) == {"zone1": 0.1, "zone2": 0.1, "zone3": 0.8}


def test_clients_everywhere_by_default(asked):
    found = forecasts(asked(east(rule(NEAR)), clients=None))
    assert [each.client.proxy.client.locality for each in found] == ["east/zone1/", "east/zone2/"]
    assert [shares_of(each) for each in found] == [{"zone1"}, {"zone2"}]
    assert forecasts(asked(clients=[])) == []


def shares_of(found):
    return {leaf.workload for leaf in found.destinations if leaf.share}


def test_a_client_in_each_place_of_a_workload(asked):
    spread = deployment("spread", "sleep", "sleep", "zone1", 4)
    del spread["spec"]["template"]["spec"]["nodeSelector"]
    params = asked(east(spread, rule(NEAR)), clients=[{"namespace": "sleep", "workload": "spread"}])
    assert [shares_of(each) for each in forecasts(params)] in (
        [{"zone1"}, {"zone2"}],
        [{"zone2"}, {"zone1"}],
    )


def test_a_client_that_is_only_described(asked):
    policy = {
        "outlierDetection": DETECTION,
        "loadBalancer": {"localityLbSetting": {"failoverPriority": ["tier"]}},
    }
    front = deployment("front", "sample", "helloworld", "zone2", tier="front")
    objects = east(front, rule(policy))
    client = {"locality": "north/zone9", "labels": {"tier": "front"}}
    assert shares(asked(objects, clients=[client])) == {"front": 1.0}
    assert "front" not in shares(asked(objects, clients=[{"locality": "north/zone9"}]))


def test_services_that_are_asked_for_by_default(asked):
    other = service(name="other")
    params = asked(east(rule(NEAR), other), services=None)
    assert [each.target.service.name for each in forecasts(params)] == ["helloworld"]
    objects = east(deployment("o", "sample", "other", "zone1"), other)
    found = forecasts(asked(objects, services=None))
    assert [each.target.service.name for each in found] == ["helloworld", "other"]


def test_headless_services_are_not_balanced_by_sidecars(asked):
    headless = service()
    headless["spec"]["clusterIP"] = "None"
    objects = [each for each in east(imported=False) if each["kind"] != "Service"]
    found = forecast(asked([*objects, headless]))
    assert found.lost == 0
    assert "headless" in " ".join(as_dict(found)["reasons"])


def test_only_endpoints_on_the_own_node(asked):
    local = service()
    local["spec"]["internalTrafficPolicy"] = "Local"
    objects = [each for each in east(imported=False) if each["kind"] != "Service"]
    found = forecast(asked([*objects, local]))
    assert shares_of(found) == {"zone1"}
    assert "client's node" in as_dict(found)["dropped"][0]["reason"]


def test_several_gateway_pods(asked):
    peers = west(zone3=2)
    for each in peers:
        if each["metadata"]["name"] == "eastwest" and each["kind"] == "Deployment":
            each["spec"]["replicas"] = 2
    found = forecast(asked(east(zone2=0), peers))
    beyond = [leaf for leaf in found.destinations if leaf.cluster == "west"]
    assert [round(leaf.share, 4) for leaf in beyond] == [0.25, 0.25]


def test_the_helpers_make_what_they_say():
    assert len(gateway()) == 3
    assert network("n")["metadata"]["labels"]["topology.istio.io/network"] == "n"
    assert node("n", "r", "z")["metadata"]["labels"]["topology.kubernetes.io/zone"] == "z"


def test_of_many_localities_the_end_of_those_with_the_greatest_shares_is_told():
    """A document of each would grow with the cube of the localities."""
    endpoints = [
        {"locality": f"r{number}/z", "count": 1 + number % 3, "healthy": 1 + number % 3}
        for number in range(30)
    ]
    found = forecast({"endpoints": endpoints, "clients": [{"locality": "far/z"}]})
    assert [stage.locality for stage in found.without] == sorted(found.alike[:12])
    shares = found.shares("locality")
    left_out = max(shares[name] for name in found.alike[12:])
    assert all(shares[stage.locality] >= left_out - 1e-9 for stage in found.without)
    assert len(found.alike) == 30
    assert any("and 18 more localities" in line.text for line in render(found))
