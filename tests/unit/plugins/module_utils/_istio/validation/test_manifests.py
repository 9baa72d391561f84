# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Realistic mistakes in manifests: the field, the value and what would be right are named."""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    MAX_DEPTH,
    MAX_VALUES,
    load_manifests,
)


def named(kind: str, api: str = "v1", **fields: t.Any) -> dict[str, t.Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, **fields}


RULE = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "DestinationRule",
    "metadata": {"name": "a", "namespace": "b"},
    "spec": {"host": "a"},
}
A, B = named("Namespace"), named("ServiceAccount")


@pytest.mark.parametrize(
    ("definition", "kinds"),
    [
        (A, ["Namespace"]),
        (yaml.safe_dump_all([A, B]), ["Namespace", "ServiceAccount"]),
        ([A, yaml.safe_dump(B)], ["Namespace", "ServiceAccount"]),
        ({"kind": "List", "items": [A, B]}, ["Namespace", "ServiceAccount"]),
        (
            {"kind": "List", "items": [A, {"kind": "List", "items": [B]}]},
            ["Namespace", "ServiceAcc"],
        ),
        ([], []),
    ],
)
def test_definitions(definition: t.Any, kinds: list[str]) -> None:
    found = [obj["kind"] for obj in load_manifests(definition)]
    assert [kind[: len(each)] for kind, each in zip(found, kinds, strict=True)] == kinds


@pytest.mark.parametrize("definition", [1, [None], "just text", "- a\n- b\n", True, 1.5])
def test_what_is_no_definition_is_refused(definition: t.Any) -> None:
    with pytest.raises(InvalidInput, match="neither an object nor YAML text"):
        load_manifests(definition)


def policy(**fields: t.Any) -> dict[str, t.Any]:
    rule = copy.deepcopy(RULE)
    rule["spec"]["trafficPolicy"] = fields
    return rule


def locality(**fields: t.Any) -> dict[str, t.Any]:
    return policy(loadBalancer={"localityLbSetting": fields})


def deployment(**spec: t.Any) -> dict[str, t.Any]:
    return named("Deployment", "apps/v1", spec={"template": {"spec": {"containers": []}}, **spec})


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (locality(failover={"from": "a", "to": "b"}), "failover is a mapping of from, to; it must"),
        (locality(failoverPriority="topology.istio.io/network"), "it must be a list"),
        (locality(distribute=[{"from": "a", "to": ["b"]}]), r"distribute\[0\].to is a list of 1;"),
        (locality(distribute=[{"from": "a", "to": {"b": "all"}}]), "to.b is 'all'; it must be a"),
        (locality(enabled="true"), "enabled is 'true'; it must be true or false"),
        (policy(outlierDetection=True), "outlierDetection is True; it must be a mapping"),
        (policy(loadBalancer="ROUND_ROBIN"), "loadBalancer is 'ROUND_ROBIN'; it must be a mapping"),
        (policy(loadBalancer={"simple": "round_robin"}), "is 'round_robin'; write ROUND_ROBIN"),
        (policy(loadBalancer={"simple": "RANDOMLY"}), "choose one of UNSPECIFIED, LEAST_CONN"),
        (policy(outlierDetection={"consecutive5xxErrors": 2**32}), "must be 4294967295 or less"),
        (
            policy(connectionPool={"http": {"maxRequestsPerConnection": 8589934592}}),
            "must be 2147483647 or less",
        ),
        (policy(portLevelSettings=[None]), r"portLevelSettings\[0\] is empty"),
        ({**RULE, "spec": {}}, "spec.host is missing"),
        ({**RULE, "spec": None}, "DestinationRule b/a: spec is missing"),
        ({**RULE, "spec": {"host": ["a"]}}, "spec.host is a list of 1; it must be text"),
        ({**RULE, "metadata": "x"}, "metadata of a DestinationRule is 'x'; write a mapping"),
        ({**RULE, "metadata": {}}, "metadata.name is missing"),
        ({**RULE, "kind": ["x"]}, "kind of an object is a list of 1; write text"),
        ({"kind": "DestinationRule"}, "apiVersion of an object is NoneType"),
        (deployment(replicas=-1), "spec.replicas is -1; it must be 0 or more"),
        (deployment(template=None), "spec.template is missing"),
        (named("Deployment", "apps/v1", spec=None), "Deployment a: spec is missing"),
        (
            deployment(
                template={"metadata": {"labels": {"version": 1.0}}, "spec": {"containers": []}}
            ),
            "labels.version is 1.0; it must be text; quote it",
        ),
        (
            named("Pod", metadata={"name": "a", "labels": {"version": datetime.date(2026, 1, 2)}}),
            "labels.version is 2026-01-02; it must be text; quote it",
        ),
        (named("Service", spec={"ports": [{"name": "http"}]}), r"ports\[0\].port is missing"),
        (named("Service", spec={"selector": "app=x"}), "selector is 'app=x'; it must be a mapping"),
        (named("Service", spec={"ports": {"port": 80}}), "ports is a mapping of port; it must be"),
        (named("ConfigMap", metadata={"name": "istio"}, data={"mesh": "a: ["}), "not valid YAML"),
        (
            named("ConfigMap", metadata={"name": "istio"}, data={"mesh": "trustDomain: 1"}),
            "key mesh: trustDomain is 1; it must be text; quote it",
        ),
        (named("Widget", "x/v1", spec={1.5: 2}), "the key 1.5 is not text; quote it"),
        ({"kind": "List", "items": "x"}, "items of a List is 'x'; write a list"),
    ],
)
def test_mistakes(obj: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_manifests([obj])


def test_what_only_a_server_knows_is_fine() -> None:
    pod = named(
        "Pod",
        spec={"containers": [], "runtimeClassName": {"x": 1}},
        status={"podIPs": 1, "podIP": "1.2.3.4"},
    )
    widget = named("Widget", "example.com/v1", spec=[1, {"a": None}], status="x")
    assert load_manifests([pod, widget]) == [pod, widget]


def nested(depth: int) -> t.Any:
    value: t.Any = "x"
    for _unused in range(depth):
        value = {"a": [value]}
    return value


def cycle() -> t.Any:
    value: dict[str, t.Any] = {}
    value["a"] = [value]
    return value


def bomb() -> t.Any:
    value: t.Any = ["x"] * 10
    for _unused in range(9):
        value = [value] * 10
    return value


@pytest.mark.parametrize("value", [nested(450), cycle(), bomb(), list(range(MAX_VALUES + 1))])
def test_depth_and_size_have_bounds(value: t.Any) -> None:
    for definition in (
        named("Pod", spec={"containers": [], "x": value}),
        named("Widget", "x/v1", x=value),
    ):
        with pytest.raises(InvalidInput, match=r"levels deep|more than 100000"):
            load_manifests(definition)
    with pytest.raises(InvalidInput, match=r"neither an object|levels deep|more than 100000"):
        load_manifests(value)


def test_depth_within_the_bound() -> None:
    assert load_manifests(named("Widget", "x/v1", x=nested(MAX_DEPTH // 2 - 1)))


def test_a_removal_needs_names_only() -> None:
    named = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "web", "namespace": "sample"},
    }
    assert load_manifests([named], names_only=True) == [named]
    with pytest.raises(InvalidInput, match="spec is missing"):
        load_manifests([named])
    with pytest.raises(InvalidInput, match=r"metadata\.name is missing"):
        load_manifests([{**named, "metadata": {}}], names_only=True)


@pytest.mark.parametrize("block", ["outlierDetection", "connectionPool", "route"])
@pytest.mark.parametrize(("number", "right"), [(5, "5s"), (0.5, "500ms"), (2.0, "2s")])
def test_a_duration_without_a_unit_gets_one(block: str, number: float, right: str) -> None:
    parts: dict[str, t.Any] = {
        "outlierDetection": {"interval": number},
        "connectionPool": {"tcp": {"connectTimeout": number}},
    }
    if block == "route":
        spec = {"hosts": ["a"], "http": [{"timeout": number}]}
        made = named("VirtualService", "networking.istio.io/v1", spec=spec)
    else:
        made = policy(**{block: parts[block]})
    with pytest.raises(InvalidInput, match=f"it must be a duration: {right}$"):
        load_manifests([made])
