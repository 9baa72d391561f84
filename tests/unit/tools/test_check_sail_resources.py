# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role istio gives the Sail operator, and the tool that holds it against the operator's definitions."""

from __future__ import annotations

import functools
import typing as t

import check_sail_resources
import pytest

# Every field that the role sets, as found in the definitions of v1alpha1 (releases 0.1.0 and 0.2.0 of the operator) and of
# v1 (1.0.0, 1.26.3, 1.28.3 and 1.30.3). Whoever changes this runs tests/tools/check_sail_resources.py with those.
KNOWN = {
    "IstioCNI": {
        "metadata.name": "string",
        "spec.namespace": "string",
        "spec.version": "string",
    },
    "Istio": {
        "metadata.name": "string",
        "spec.namespace": "string",
        "spec.version": "string",
        "spec.values.pilot.cni.enabled": "boolean",
        "spec.values.global.meshID": "string",
        "spec.values.global.network": "string",
        "spec.values.global.multiCluster.clusterName": "string",
        "spec.values.meshConfig.accessLogFile": "string",
        "spec.values.meshConfig.defaultConfig.meshId": "string",
        "spec.values.meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE": "string",
        "spec.values.meshConfig.localityLbSetting.distribute[].from": "string",
        "spec.values.meshConfig.localityLbSetting.distribute[].to.region1/*": "integer",
        "spec.values.meshConfig.localityLbSetting.enabled": "boolean",
        "spec.values.meshConfig.localityLbSetting.failover[].from": "string",
        "spec.values.meshConfig.localityLbSetting.failover[].to": "string",
        "spec.values.meshConfig.localityLbSetting.failoverPriority[]": "string",
        "spec.values.meshConfig.outboundTrafficPolicy.mode": "string",
        "spec.values.meshConfig.trustDomain": "string",
        "spec.values.meshConfig.trustDomainAliases[]": "string",
    },
}


@functools.cache
def rendered(version: str) -> list[dict[str, t.Any]]:
    return check_sail_resources.render(
        {
            **check_sail_resources.EVERYTHING,
            "istio_sail_version": "v1.30-latest" if version == "v1" else "v1.24.1",
            "istio_sail_api_version": version,
        }
    )


@pytest.mark.parametrize("version", ["v1", "v1alpha1"])
def test_the_role_sets_no_field_that_was_not_checked(version):
    resources = rendered(version)
    assert {each["apiVersion"] for each in resources} == {f"sailoperator.io/{version}"}
    found = {
        each["kind"]: dict(
            check_sail_resources.fields({"metadata": each["metadata"], "spec": each["spec"]})
        )
        for each in resources
    }
    assert found == KNOWN


def test_the_values_are_those_of_the_cluster():
    (istio,) = [each for each in rendered("v1") if each["kind"] == "Istio"]
    assert istio["spec"]["values"]["global"] == {
        "meshID": "mesh1",
        "network": "network1",
        "multiCluster": {"clusterName": "cluster1"},
    }
    assert istio["spec"]["values"]["meshConfig"]["accessLogFile"] == "/dev/stdout"


def test_specs_are_merged_over_the_rest():
    resources = {
        each["kind"]: each["spec"]
        for each in check_sail_resources.render(
            {
                "istio_sail_version": "v1.30.3",
                "istio_operator_spec": {"hub": "ignored", "values": {"global": {"hub": "mirror"}}},
                "istio_sail_spec": {"profile": "demo", "values": {"pilot": {"replicaCount": 2}}},
                "istio_cni_spec": {"version": "v1.30.2", "values": {"global": {"hub": "mirror"}}},
            }
        )
    }
    istio = resources["Istio"]
    assert (istio["profile"], istio["version"]) == ("demo", "v1.30.3")
    assert istio["values"]["global"]["hub"] == "mirror"
    assert istio["values"]["global"]["multiCluster"] == {"clusterName": "cluster1"}
    assert istio["values"]["pilot"] == {"cni": {"enabled": True}, "replicaCount": 2}
    assert resources["IstioCNI"] == {
        "namespace": "istio-cni",
        "version": "v1.30.2",
        "values": {"global": {"hub": "mirror"}},
    }


# -e istio_cni_enabled=false is a text
@pytest.mark.parametrize("disabled", [False, "false"])
def test_without_the_cni_nothing_asks_for_it(disabled):
    (istio,) = check_sail_resources.render({"istio_cni_enabled": disabled})
    assert istio["kind"] == "Istio" and "pilot" not in istio["spec"]["values"]


def test_without_a_version_the_operator_chooses_one():
    resources = check_sail_resources.render({})
    assert {each["kind"] for each in resources} == set(KNOWN)
    assert not any("version" in each["spec"] for each in resources)


SCHEMA = {
    "type": "object",
    "required": ["name", "version"],
    "properties": {
        "name": {"type": "string"},
        "version": {"type": "string", "enum": ["v1", "v2"], "default": "v2"},
        "replicas": {"type": "integer"},
        "port": {"x-kubernetes-int-or-string": True},
        "on": {"type": "boolean"},
        "weights": {"type": "object", "additionalProperties": {"type": "integer"}},
        "places": {
            "type": "array",
            "items": {"type": "object", "properties": {"zone": {"type": "string"}}},
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "a"}, []),
        ({"name": "a", "port": 80, "free": {"x": 1}, "weights": {"z": 1}, "on": True}, []),
        ({"name": "a", "port": "http", "places": [{"zone": "z"}]}, []),
        ({}, ["spec.name is missing"]),
        ({"name": 1}, ["spec.name: 1 is no string"]),
        ({"name": "a", "replicas": True}, ["spec.replicas: True is no integer"]),
        ({"name": "a", "on": 1}, ["spec.on: 1 is no boolean"]),
        ({"name": "a", "port": 1.5}, ["spec.port: 1.5 is no integer or string"]),
        ({"name": "a", "version": "v3"}, ["spec.version: 'v3' is none of v1, v2"]),
        ({"name": "a", "weights": {"z": "1"}}, ["spec.weights.z: '1' is no integer"]),
        (
            {"name": "a", "places": [{"zone": "z"}, {"zome": "z"}]},
            ["spec.places[1].zome is unknown and would be dropped"],
        ),
        ({"name": "a", "nmae": "b"}, ["spec.nmae is unknown and would be dropped"]),
    ],
)
def test_what_a_server_would_refuse_or_drop(value, expected):
    assert list(check_sail_resources.problems(SCHEMA, value, "spec")) == expected


def definition(*versions: tuple[str, bool]) -> dict[str, t.Any]:
    schema = {"openAPIV3Schema": {"properties": {"spec": SCHEMA}}}
    return {
        "spec": {
            "names": {"kind": "Istio"},
            "versions": [
                {"name": name, "served": served, "schema": schema} for name, served in versions
            ],
        }
    }


def test_each_served_version_is_asked():
    resources = [{"kind": "Istio", "spec": {"name": 1}}, {"kind": "Other", "spec": {"x": 1}}]
    found = check_sail_resources.check(
        definition(("v1", True), ("v1alpha1", True), ("v0", False)), resources
    )
    problem = ["spec.name: 1 is no string"]
    assert found == {"v1": problem, "v1alpha1": problem}


def test_a_kind_that_the_role_does_not_make():
    found = check_sail_resources.check(definition(("v1", True)), [])
    assert found == {"v1": ["the role makes nothing of this kind"]}
