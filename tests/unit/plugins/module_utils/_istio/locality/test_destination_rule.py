# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DestinationRule counts, and what it says for one port and subset."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import NotFound
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.hosts import (
    full_host,
    most_specific,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.destination_rule import (
    Rules,
    find_rules,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.locality.traffic_policy import (
    EffectivePolicy,
    effective_policy,
)

HOST = "httpbin.sample.svc.cluster.local"
POLICY: dict[str, t.Any] = {"outlierDetection": {}}
OTHER = {"connectionPool": {"tcp": {"maxConnections": 1}}}


def rule(
    name: str, host: str = HOST, *, age: int = 5, policy: t.Any = "some", **spec: t.Any
) -> dict[str, t.Any]:
    """A rule called namespace/name; the greater the age, the older."""
    namespace, _unused, own = name.partition("/")
    policy = POLICY if policy == "some" else policy
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {
            "name": own,
            "namespace": namespace,
            "creationTimestamp": f"2026-01-{30 - age:02}T00:00:00Z",
        },
        "spec": {"host": host} | ({} if policy is None else {"trafficPolicy": policy}) | spec,
    }


def found(
    *rules: dict[str, t.Any], client: str = "sleep", labels: t.Mapping[str, str] | None = None
) -> Rules:
    return find_rules(
        rules,
        HOST,
        client_namespace=client,
        service_namespace="sample",
        client_labels=labels,
    )


def name(rules: Rules) -> str | None:
    return rules.effective.name if rules.effective else None


@pytest.mark.parametrize(
    ("host", "namespace", "expected"),
    [
        ("reviews", "sample", "reviews.sample.svc.cluster.local"),
        # neither short nor complete: it stays what it is, and matches nothing
        ("reviews.sample", "sample", "reviews.sample"),
        ("example.com", "sample", "example.com"),
        ("*", "sample", "*"),
    ],
)
def test_completing_hosts(host: str, namespace: str, expected: str) -> None:
    assert full_host(host, namespace) == expected


def test_an_exact_host_beats_a_wildcard_of_its_length() -> None:
    assert most_specific("a.example", ["*.example", "a.example"]) == "a.example"


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([HOST, "*"], HOST),
        (["*", "*.local", "*.sample.svc.cluster.local"], "*.sample.svc.cluster.local"),
        (["*.other.svc.cluster.local"], None),
        (["httpbin.sample"], None),
        ([], None),
    ],
)
def test_the_most_specific_host(patterns: list[str], expected: str | None) -> None:
    assert most_specific(HOST, patterns) == expected


@pytest.mark.parametrize(
    ("why", "rules", "client", "expected"),
    [
        ("no rule", [], "sleep", None),
        ("service's namespace", [rule("sample/a")], "sleep", "sample/a"),
        (
            "client's namespace first",
            [rule("sample/a"), rule("sleep/b")],
            "sleep",
            "sleep/b",
        ),
        (
            "even with a wildcard against the exact host",
            [rule("sample/a"), rule("sleep/b", "*.local")],
            "sleep",
            "sleep/b",
        ),
        (
            "root namespace last",
            [rule("istio-system/r", "*"), rule("sample/a")],
            "sleep",
            "sample/a",
        ),
        ("root namespace", [rule("istio-system/r", "*")], "sleep", "istio-system/r"),
        (
            "a client in the root namespace takes the service's first",
            [rule("istio-system/r"), rule("sample/a")],
            "istio-system",
            "sample/a",
        ),
        (
            "unless the root's is private",
            [rule("istio-system/r", exportTo=["."]), rule("sample/a")],
            "istio-system",
            "istio-system/r",
        ),
        ("third namespace", [rule("elsewhere/a")], "sleep", None),
        ("short name, right namespace", [rule("sample/a", "httpbin")], "sleep", "sample/a"),
        ("short name, wrong namespace", [rule("istio-system/a", "httpbin")], "sleep", None),
        ("half a name", [rule("sample/a", "httpbin.sample")], "sleep", None),
        ("private", [rule("sample/a", exportTo=["."])], "sleep", None),
        (
            "private, and the client is there",
            [rule("sample/a", exportTo=["."])],
            "sample",
            "sample/a",
        ),
        (
            "private to the service's namespace, so the root's counts",
            [rule("sample/a", exportTo=["."]), rule("istio-system/r")],
            "sleep",
            "istio-system/r",
        ),
        ("exported", [rule("sample/a", exportTo=["sleep"])], "sleep", "sample/a"),
        ("exported to others", [rule("sample/a", exportTo=["x", "y"])], "sleep", None),
        (
            "not exported, and the less specific one of the same namespace is not tried",
            [rule("sample/a", exportTo=["x"]), rule("sample/b", "*.local")],
            "sleep",
            None,
        ),
        (
            "not exported even to its own namespace",
            [rule("sample/a", exportTo=["x"])],
            "sample",
            None,
        ),
        (
            "the most specific of one namespace",
            [rule("sample/a", "*"), rule("sample/b"), rule("sample/c", "*.local")],
            "sleep",
            "sample/b",
        ),
        (
            "the older of two",
            [rule("sample/new", age=1), rule("sample/old", age=9)],
            "sleep",
            "sample/old",
        ),
        (
            "the newer of two with different exportTo",
            [rule("sample/new", age=1, exportTo=["*"]), rule("sample/old", age=9)],
            "sleep",
            "sample/new",
        ),
        (
            "merged into the older one, as the newer is exported to more namespaces",
            [
                rule("sample/new", age=1, exportTo=["sleep", "x"]),
                rule("sample/old", age=9, exportTo=["sleep"]),
            ],
            "sleep",
            "sample/old",
        ),
    ],
)
def test_the_rule_in_effect(
    why: str, rules: list[dict[str, t.Any]], client: str, expected: str | None
) -> None:
    assert name(found(*rules, client=client)) == expected, why


def test_other_objects_are_passed_over() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "httpbin"}}
    foreign = rule("sample/a") | {"apiVersion": "example.com/v1"}
    assert name(found(service, foreign)) is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [({"app": "sleep"}, "sleep/selecting"), ({}, "sleep/plain"), (None, "sleep/plain")],
)
def test_a_rule_that_selects_the_client(labels: dict[str, str] | None, expected: str) -> None:
    selecting = rule("sleep/selecting", age=1, workloadSelector={"matchLabels": {"app": "sleep"}})
    assert name(found(rule("sleep/plain"), selecting, labels=labels)) == expected


def test_a_selector_counts_in_its_own_namespace_only() -> None:
    selecting = rule("sample/a", workloadSelector={"matchLabels": {"app": "sleep"}})
    rules = found(selecting, labels={"app": "sleep"})
    assert name(rules) is None
    assert rules.ignored == (
        ("sample/a", "a workloadSelector counts in the rule's own namespace only"),
    )


def test_merging() -> None:
    old = rule("sample/old", age=9, policy=None, subsets=[{"name": "v1", "labels": {"v": "1"}}])
    new = rule("sample/new", age=2, subsets=[{"name": "v1", "labels": {"v": "9"}}, {"name": "v2"}])
    newest = rule("sample/newest", age=1, policy=OTHER)
    rules = found(newest, new, old)
    assert rules.effective is not None
    assert rules.effective.names == ("sample/old", "sample/new", "sample/newest")
    assert rules.effective.traffic_policy == POLICY
    assert rules.effective.name == "sample/new"
    assert [each["name"] for each in rules.effective.subsets] == ["v1", "v2"]
    assert rules.effective.subsets[0]["labels"] == {"v": "1"}
    assert rules.ignored == (
        ("sample/new", "its subset v1 is ignored: sample/old is older"),
        (
            "sample/newest",
            "its trafficPolicy is ignored: the older sample/new has one for this host",
        ),
    )


def test_every_rule_without_effect_is_named_once() -> None:
    rules = found(
        rule("sleep/wins", "*.local"),
        rule("sample/a"),
        rule("sample/b", "*"),
        rule("sample/private", exportTo=["."]),
        rule("istio-system/r", "*"),
        rule("elsewhere/x"),
        rule("sample/unrelated", "other"),
    )
    assert rules.reason == "sleep/wins (host *.local)"
    first = "sleep/wins is found first, in namespace sleep"
    assert dict(rules.ignored) == {
        "sample/a": first,
        "sample/b": first,
        "istio-system/r": first,
        "sample/private": "its exportTo keeps it in its own namespace",
        "elsewhere/x": "for this client istiod does not look in namespace elsewhere",
    }
    assert len(rules.ignored) == 5


EJECT = {"consecutive5xxErrors": 1}
POOL = {"http": {"maxRequestsPerConnection": 1}}
LOCALITY = {"localityLbSetting": {"failover": [{"from": "east", "to": "west"}]}}
ROUND = {"simple": "ROUND_ROBIN"}
MUTUAL = {"mode": "ISTIO_MUTUAL"}
PLAIN = {"mode": "DISABLE"}


def resolved(
    policy: dict[str, t.Any] | None,
    subset: dict[str, t.Any] | None = None,
    port: int = 8000,
    **more: t.Any,
) -> EffectivePolicy:
    subsets = [] if subset is None else [{"name": "v1", "labels": {"v": "1"}} | subset]
    rules = found(rule("sample/a", policy=policy, subsets=subsets))
    return effective_policy(rules, HOST, port, "" if subset is None else "v1", **more)


def port_entry(number: int = 8000, **blocks: t.Any) -> dict[str, t.Any]:
    return {"portLevelSettings": [{"port": {"number": number}} | blocks]}


TOP = {"loadBalancer": LOCALITY | ROUND, "outlierDetection": EJECT, "connectionPool": POOL}


def test_top_level() -> None:
    effective = resolved(TOP)
    assert effective.policy.locality_lb == LOCALITY["localityLbSetting"]
    assert effective.policy.outlier_detection == effective.outlier_detection == EJECT
    assert effective.policy.load_balancer == "ROUND_ROBIN"
    assert effective.connection_pool == POOL
    assert effective.sources["outlierDetection"] == "trafficPolicy.outlierDetection"
    assert effective.hidden == ()


def test_a_port_entry_replaces_everything_even_by_nothing() -> None:
    effective = resolved(TOP | port_entry(connectionPool={}))
    assert effective.outlier_detection is None
    assert effective.policy.locality_lb is None
    assert effective.policy.load_balancer == "LEAST_REQUEST"
    assert effective.connection_pool == {}
    assert effective.hidden == ("loadBalancer", "outlierDetection")
    assert effective.sources == {
        "connectionPool": "trafficPolicy.portLevelSettings[8000].connectionPool"
    }


def test_an_entry_for_another_port_does_nothing() -> None:
    assert resolved(TOP | port_entry(9000)).outlier_detection == EJECT


def test_a_subset_overrides_block_by_block() -> None:
    effective = resolved(TOP, {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}})
    assert effective.policy.load_balancer == "RANDOM"
    assert effective.policy.locality_lb is None
    assert effective.outlier_detection == EJECT
    assert effective.subset_labels == {"v": "1"}
    assert effective.sources["loadBalancer"] == "subsets[v1].trafficPolicy.loadBalancer"


def test_a_subset_without_policy_inherits() -> None:
    assert resolved(TOP, {}).outlier_detection == EJECT


def test_a_subset_over_the_port_entry_of_the_rule() -> None:
    policy = TOP | port_entry(loadBalancer=ROUND)
    effective = resolved(policy, {"trafficPolicy": {"outlierDetection": {}}})
    assert effective.policy.load_balancer == "ROUND_ROBIN"
    assert effective.outlier_detection == {}
    assert effective.connection_pool == {}


def test_a_port_entry_in_a_subset_replaces_everything() -> None:
    subset = {"trafficPolicy": {"outlierDetection": {}} | port_entry(loadBalancer=ROUND)}
    effective = resolved(TOP, subset)
    assert effective.outlier_detection is None
    assert effective.hidden == ("outlierDetection", "connectionPool")


def test_an_unknown_subset() -> None:
    rules = found(rule("sample/a", subsets=[{"name": "v1"}, {"name": "v2"}]))
    with pytest.raises(NotFound, match=r"subset 'v9' of httpbin\.sample.*has: v1, v2"):
        effective_policy(rules, HOST, 8000, "v9")


def test_no_rule_at_all() -> None:
    effective = effective_policy(found(), HOST, 8000)
    assert effective.rule is None
    assert effective.policy.locality_lb is None
    assert effective.policy.mesh_locality_lb == {"enabled": True}
    assert effective.mutual_tls is None


def test_mesh_settings() -> None:
    mesh = {
        "localityLbSetting": {"enabled": False},
        "zoneAwareLbSetting": {},
        "defaultTrafficPolicy": {"outlierDetection": EJECT},
    }
    policy = resolved(None, mesh=mesh, traffic_distribution="PreferClose").policy
    assert policy.mesh_locality_lb == {"enabled": False}
    assert policy.mesh_zone_aware_lb == {}
    assert policy.mesh_outlier_detection == EJECT
    assert policy.traffic_distribution == "PreferClose"


@pytest.mark.parametrize(
    ("load_balancer", "expected"),
    [
        ({}, "LEAST_REQUEST"),
        ({"simple": "UNSPECIFIED"}, "LEAST_REQUEST"),
        ({"simple": "LEAST_CONN"}, "LEAST_REQUEST"),
        ({"simple": "PASSTHROUGH"}, "PASSTHROUGH"),
        ({"simple": "RANDOM", "consistentHash": {"useSourceIp": True}}, "CONSISTENT_HASH"),
    ],
)
def test_algorithms(load_balancer: dict[str, t.Any], expected: str) -> None:
    assert resolved({"loadBalancer": load_balancer}).policy.load_balancer == expected


@pytest.mark.parametrize(
    ("why", "policy", "subset", "expected"),
    [
        ("nothing said", TOP, None, None),
        ("top", {"tls": MUTUAL}, None, True),
        ("top off", {"tls": PLAIN}, None, False),
        ("no mode is DISABLE", {"tls": {}}, None, False),
        ("port", {"tls": PLAIN} | port_entry(tls=MUTUAL), None, True),
        ("the port inherits here", {"tls": MUTUAL} | port_entry(loadBalancer=ROUND), None, True),
        ("subset", {"tls": PLAIN}, {"trafficPolicy": {"tls": MUTUAL}}, True),
        ("subset inherits", {"tls": PLAIN}, {}, False),
        (
            "the subset's port",
            {"tls": MUTUAL},
            {"trafficPolicy": {"tls": MUTUAL} | port_entry(tls=PLAIN)},
            False,
        ),
    ],
)
def test_mutual_tls(
    why: str,
    policy: dict[str, t.Any],
    subset: dict[str, t.Any] | None,
    expected: bool | None,
) -> None:
    assert resolved(policy, subset).mutual_tls is expected, why
