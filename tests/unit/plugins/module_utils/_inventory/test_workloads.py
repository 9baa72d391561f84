# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.apps import (
    stand_in_notice,
    stand_ins,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.role_specs import defaults
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.workloads import (
    workload_manifests,
    workload_problems,
)

WEB = {"name": "web-a", "namespace": "shop", "app": "helloworld"}
SERVICE = {"name": "web", "port": "5000", "more_ports": [{"name": "tcp-b", "port": 81}]}


def build(*workloads: dict[str, t.Any], **host: t.Any) -> list[dict[str, t.Any]]:
    own = {**defaults(), "workload_list": list(workloads), **host}
    return workload_manifests(Lab({"east": own}, ["east"]), "east")


def deployment(fields: dict[str, t.Any], **host: t.Any) -> dict[str, t.Any]:
    (found,) = [obj for obj in build({**WEB, **fields}, **host) if obj["kind"] == "Deployment"]
    return found


def test_objects_that_workloads_share_are_there_once() -> None:
    web, other = {**WEB, "service": SERVICE}, {**WEB, "name": "web-b", "service": SERVICE}
    client = {"name": "curl", "namespace": "front", "app": "sleep"}
    names = [(obj["kind"], obj["metadata"]["name"]) for obj in build(web, client, other)]
    assert names == [
        ("Namespace", "shop"),
        ("Namespace", "front"),
        ("ServiceAccount", "helloworld"),
        ("ServiceAccount", "sleep"),
        ("Service", "web"),
        ("Deployment", "web-a"),
        ("Deployment", "curl"),
        ("Deployment", "web-b"),
    ]
    assert build() == []


def test_service() -> None:
    (service,) = [obj for obj in build({**WEB, "service": SERVICE}) if obj["kind"] == "Service"]
    assert service["spec"] == {
        "selector": {"app": "helloworld"},
        "ports": [
            {"name": "http", "port": 5000, "targetPort": 5000},
            {"name": "tcp-b", "port": 81, "targetPort": 5000},
        ],
    }


def test_a_version_is_a_label_and_so_a_text() -> None:
    built = deployment({"version": 1, "labels": {"track": 2}, "replicas": "0"})
    labels = {"app": "helloworld", "version": "1"}
    assert built["spec"]["selector"] == {"matchLabels": labels}
    assert built["spec"]["template"]["metadata"]["labels"] == {**labels, "track": "2"}
    assert built["spec"]["replicas"] == 0
    environment = built["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environment == [{"name": "SERVICE_VERSION", "value": "1"}]


@pytest.mark.parametrize("app", ["helloworld", "sleep", "httpbin", "fortio"])
def test_containers(app: str) -> None:
    (container,) = deployment({"app": app})["spec"]["template"]["spec"]["containers"]
    assert container["image"] == defaults()["workload_images"][app]
    assert ("readinessProbe" in container) == (app != "sleep")
    assert ("lifecycle" in container) == (app == "helloworld")
    assert ("command" in container) == (app == "sleep")


def test_pod() -> None:
    spec = deployment(
        {
            "zone": "zone1",
            "host_aliases": {"gateway.example": "192.0.2.1"},
            "service_account": "shop",
            "image": "mirror.example/web:1",
        },
        workload_drain_seconds="0",
    )["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {"topology.kubernetes.io/zone": "zone1"}
    assert spec["hostAliases"] == [{"ip": "192.0.2.1", "hostnames": ["gateway.example"]}]
    assert spec["serviceAccountName"] == "shop"
    assert spec["containers"][0]["image"] == "mirror.example/web:1"
    assert "lifecycle" not in spec["containers"][0]


def test_nodes_that_cannot_be() -> None:
    own = {**defaults(), "workload_list": [WEB], "workload_nodes": [{"role": "king"}]}
    assert list(workload_problems(Lab({"east": own}, ["east"]), "east")) == [
        "cluster_nodes of east: role is 'king'; choose worker or control-plane"
    ]


def test_pods_that_two_services_would_reach() -> None:
    other = {**WEB, "name": "other", "service": {"name": "other", "port": 80}}
    lab = Lab({"east": {**defaults(), "workload_list": [WEB, other]}}, ["east"])
    (problem,) = workload_problems(lab, "east")
    assert "have different Services" in problem


OWN = {
    "name": "shop-a",
    "namespace": "shop",
    "app": "shop",
    "image": "registry.example/shop:7",
    "ports": [8080, 9090],
    "command": ["/shop"],
    "args": ["--verbose", True],
    "env": {"CURRENCY": "EUR", "DEBUG": False},
    "ready_path": "/ready",
    "probes": {"liveness": {"tcpSocket": {"port": 9090}}},
    "service": {
        "name": "shop",
        "port": 80,
        "more_ports": [{"name": "tcp", "port": 90, "target_port": 9090}],
    },
}


def test_a_program_of_ones_own() -> None:
    found = deployment(OWN)["spec"]["template"]["spec"]["containers"][0]
    assert found == {
        "name": "shop",
        "image": "registry.example/shop:7",
        "imagePullPolicy": "IfNotPresent",
        "command": ["/shop"],
        "args": ["--verbose", "true"],
        "env": [{"name": "CURRENCY", "value": "EUR"}, {"name": "DEBUG", "value": "false"}],
        "ports": [{"containerPort": 8080}, {"containerPort": 9090}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
        "livenessProbe": {"tcpSocket": {"port": 9090}},
    }
    (service,) = [obj for obj in build(OWN) if obj["kind"] == "Service"]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [8080, 9090]


def test_a_readiness_probe_takes_the_place_of_the_path() -> None:
    probe = {"exec": {"command": ["/ready"]}}
    (container,) = deployment({**OWN, "probes": {"readiness": probe}})["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["readinessProbe"] == probe


def test_a_known_program_may_have_another_environment() -> None:
    (container,) = deployment({"env": {"A": 1}})["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "SERVICE_VERSION", "value": "web-a"},
        {"name": "A", "value": "1"},
    ]


def test_envoy_answers_for_programs_of_ones_own() -> None:
    annotations = deployment(OWN)["spec"]["template"]["metadata"]["annotations"]
    assert annotations["eastwest.mesh/response"] == "{}"
    assert (
        "eastwest.mesh/response"
        not in deployment({})["spec"]["template"]["metadata"]["annotations"]
    )
    described = deployment({**OWN, "response": {"status": 201, "body": "{pod}"}})
    assert described["spec"]["template"]["metadata"]["annotations"]["eastwest.mesh/response"] == (
        '{"body": "{pod}", "status": 201}'
    )
    assert stand_ins([OWN, OWN, WEB]) == ["shop"]


def test_a_notice_names_the_programs_that_envoy_answers_for() -> None:
    assert stand_in_notice("east", []) == []
    (notice,) = stand_in_notice("east", ["shop", "cart"])
    assert notice.startswith("east: No image runs on loopback: Envoy answers for shop, cart,")


def test_a_workload_that_is_there_already_is_left_alone() -> None:
    assert build({**WEB, "existing": True, "service": SERVICE}) == []


@pytest.mark.parametrize(
    ("workload", "provider", "said"),
    [
        ({**OWN, "image": None}, "kind", "no image is known of the app 'shop'"),
        ({**OWN, "ports": []}, "loopback", "it has a service and no ports"),
        ({**WEB, "existing": True}, "kind", "mesh_provider is kind, and this goes with existing"),
        (
            {**OWN, "response": {"status": 99}},
            "loopback",
            "response.status is 99; write 200 to 599",
        ),
        ({**OWN, "response": {"delay": 61}}, "loopback", "response.delay is 61; write seconds"),
    ],
)
def test_programs_that_cannot_run(workload, provider, said) -> None:
    host = {**defaults(), "workload_list": [workload], "mesh_provider": provider}
    (problem,) = workload_problems(Lab({"east": host}, ["east"]), "east")
    assert said in problem


def test_loopback_needs_no_image_and_existing_workloads_nothing() -> None:
    own = {**OWN, "image": None}
    host = {**defaults(), "workload_list": [own], "mesh_provider": "loopback"}
    assert list(workload_problems(Lab({"east": host}, ["east"]), "east")) == []
    there = {"name": "a", "namespace": "b", "app": "c", "existing": True, "service": SERVICE}
    host = {**defaults(), "workload_list": [there], "mesh_provider": "existing"}
    assert list(workload_problems(Lab({"east": host}, ["east"]), "east")) == []
