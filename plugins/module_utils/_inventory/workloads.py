# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workloads of a cluster: checks, and the manifests of the role workload."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
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


@dataclass(frozen=True, slots=True)
class App:
    """A program: its port, the path of its readiness probe, its command, its environment."""

    port: int = 0
    ready_path: str = ""
    command: tuple[str, ...] = ()
    grace_seconds: int | None = None
    # whether it goes on serving while its pod ends, until clients know that it does
    drains: bool = False


APPS = {
    "helloworld": App(5000, "/health", drains=True),
    # nothing to finish, and sleep as a container's first process ignores SIGTERM
    "sleep": App(command=("sleep", "infinity"), grace_seconds=1),
    "httpbin": App(8080, "/status/200"),
    "fortio": App(8080, "/fortio/"),
}


_ORDER = ("Namespace", "ServiceAccount", "Service", "Deployment")


def workload_problems(lab: Lab, name: str) -> t.Iterator[str]:
    """Describe the workloads that no node can run, or whose pods another Service would reach."""
    host = lab.clusters[name]
    yield from shared_pods(host["workload_list"])
    try:
        yield from unplaced_workloads(host["workload_list"], host.get("workload_nodes") or (), name)
    except InvalidInput as exc:
        yield str(exc)


def workload_manifests(lab: Lab, name: str) -> list[Object]:
    """Build namespaces, ServiceAccounts, Services and Deployments; what workloads share, once."""
    host = lab.clusters[name]
    manifests: dict[tuple[str, str, str], Object] = {}
    for workload in host["workload_list"]:
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
    first = {"name": service.get("port_name") or "http", "port": service["port"]}
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
                    "targetPort": APPS[workload["app"]].port,
                }
                for port in (first, *(service.get("more_ports") or ()))
            ],
        },
    }


def _deployment(host: Variables, workload: Variables) -> Object:
    labels = {
        "app": workload["app"],
        "version": str(workload.get("version") or workload["name"]),
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
                    "annotations": {"eastwest.mesh/app": workload["app"]},
                    "labels": labels | _texts(workload.get("labels") or {}),
                },
                "spec": _pod_spec(host, workload, labels["version"]),
            },
        },
    }


def _pod_spec(host: Variables, workload: Variables, version: str) -> Object:
    app = APPS[workload["app"]]
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
    return spec | {"containers": [_container(host, workload, version)]}


def _container(host: Variables, workload: Variables, version: str) -> Object:
    app = APPS[workload["app"]]
    drain_seconds = int(host["workload_drain_seconds"])
    container: Object = {
        "name": workload["app"],
        "image": workload.get("image") or host["workload_images"][workload["app"]],
        "imagePullPolicy": host["workload_image_pull_policy"],
    }
    if app.command:
        container["command"] = list(app.command)
    if environment := _environment(workload["app"], version):
        container["env"] = [environment]
    if app.drains and drain_seconds > 0:
        command = ["sleep", str(drain_seconds)]
        container["lifecycle"] = {"preStop": {"exec": {"command": command}}}
    if app.port:
        container["ports"] = [{"containerPort": app.port}]
        container["readinessProbe"] = {
            "httpGet": {"path": app.ready_path, "port": app.port},
            "periodSeconds": 1,
        }
    return container


def _environment(app: str, version: str) -> Object | None:
    if app == "helloworld":
        return {"name": "SERVICE_VERSION", "value": version}
    if app == "httpbin":
        # else all pods answer /hostname with the same made-up name
        return {"name": "USE_REAL_HOSTNAME", "value": "true"}
    return None


def _texts(labels: Variables) -> dict[str, str]:
    return {str(key): str(value) for key, value in labels.items()}
