# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
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
    own = {"workload_list": [WEB], "workload_nodes": [{"role": "king"}]}
    assert list(workload_problems(Lab({"east": own}, ["east"]), "east")) == [
        "cluster_nodes of east: role is 'king'; choose worker or control-plane"
    ]


def test_pods_that_two_services_would_reach() -> None:
    other = {**WEB, "name": "other", "service": {"name": "other", "port": 80}}
    lab = Lab({"east": {"workload_list": [WEB, other], "workload_nodes": []}}, ["east"])
    (problem,) = workload_problems(lab, "east")
    assert "have different Services" in problem
