# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workloads of a cluster: checks, and the manifests of the role workload."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.apps import (
    app_of,
    app_problems,
    probes,
    stand_in,
    version_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import (
    Lab,
    Object,
    Variables,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.placement import (
    node_selector,
    unplaced_workloads,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.shared_pods import (
    shared_pods,
)

_ORDER = ("Namespace", "ServiceAccount", "Service", "Deployment")


def workload_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe the workloads that cannot run, or whose pods another Service would reach."""
    host = lab.clusters[name]
    own = own_workloads(host)
    yield from app_problems(host)
    yield from shared_pods(own)
    try:
        yield from unplaced_workloads(own, host.get("workload_nodes") or (), name)
    except InvalidInput as exc:
        yield str(exc)


def own_workloads(host: Variables) -> list[Variables]:
    """Return the workloads that the lab makes: all but those that are there already."""
    return [each for each in host["workload_list"] if not each.get("existing")]


def workload_manifests(lab: Lab, name: str) -> list[Object]:
    """Build namespaces, ServiceAccounts, Services and Deployments; what workloads share, once."""
    host = lab.clusters[name]
    manifests: dict[tuple[str, str, str], Object] = {}
    for workload in own_workloads(host):
        for obj in _objects(host, workload):
            names = obj["metadata"]
            key = (obj["kind"], names.get("namespace", ""), names["name"])
            manifests.setdefault(key, obj)
    return sorted(manifests.values(), key=lambda obj: _ORDER.index(obj["kind"]))


def _objects(host: Variables, workload: Variables) -> t.Iterator[Object]:
    namespace = workload["namespace"]
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace, "labels": dict(host["workload_namespace_labels"])},
    }
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": _account(workload), "namespace": namespace},
    }
    if workload.get("service"):
        yield _service(workload)
    yield _deployment(host, workload)


def _account(workload: Variables) -> str:
    return str(workload.get("service_account") or workload["app"])


def _service(workload: Variables) -> Object:
    service = workload["service"]
    first = {
        "name": service.get("port_name") or "http",
        "port": service["port"],
        "target_port": service.get("target_port"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": service["name"],
            "namespace": workload["namespace"],
            "labels": {"app": workload["app"]},
        },
        "spec": {
            "selector": {"app": workload["app"]},
            "ports": [
                {
                    "name": port["name"],
                    "port": int(port["port"]),
                    "targetPort": int(port.get("target_port") or app_of(workload).ports[0]),
                }
                for port in (first, *(service.get("more_ports") or ()))
            ],
        },
    }


def _deployment(host: Variables, workload: Variables) -> Object:
    labels = {
        "app": workload["app"],
        "version": version_of(workload),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": workload["name"],
            "namespace": workload["namespace"],
            "labels": labels,
        },
        "spec": {
            "replicas": int(workload.get("replicas", 1)),
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    # read by the provider loopback only, where no image runs
                    "annotations": {"eastwest.mesh/app": workload["app"], **stand_in(workload)},
                    "labels": labels | _texts(workload.get("labels") or {}),
                },
                "spec": _pod_spec(host, workload),
            },
        },
    }


def _pod_spec(host: Variables, workload: Variables) -> Object:
    app = app_of(workload)
    aliases = workload.get("host_aliases") or {}
    spec: Object = {"serviceAccountName": _account(workload)}
    if app.grace_seconds is not None:
        spec["terminationGracePeriodSeconds"] = app.grace_seconds
    if aliases:
        spec["hostAliases"] = [
            {"ip": str(address), "hostnames": [name]} for name, address in aliases.items()
        ]
    if selector := node_selector(workload):
        spec["nodeSelector"] = selector
    return spec | {"containers": [_container(host, workload)]}


def _container(host: Variables, workload: Variables) -> Object:
    app = app_of(workload)
    drain_seconds = int(host["workload_drain_seconds"])
    container: Object = {
        "name": workload["app"],
        # none on loopback, where no image runs
        "image": workload.get("image") or host["workload_images"].get(workload["app"], "none"),
        "imagePullPolicy": host["workload_image_pull_policy"],
    }
    if app.command:
        container["command"] = list(app.command)
    if app.args:
        container["args"] = list(app.args)
    if app.environment:
        container["env"] = [{"name": n, "value": value} for n, value in app.environment.items()]
    if app.drains and drain_seconds > 0:
        command = ["sleep", str(drain_seconds)]
        container["lifecycle"] = {"preStop": {"exec": {"command": command}}}
    if app.ports:
        container["ports"] = [{"containerPort": port} for port in app.ports]
    return container | probes(workload)


def _texts(labels: Variables) -> dict[str, str]:
    return {str(key): str(value) for key, value in labels.items()}
