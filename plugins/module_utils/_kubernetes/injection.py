# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find workloads whose sidecars were injected with other settings than they would get now.

Mesh settings such as DNS capture and proxy metadata take effect when a pod is made. The API server
knows what a pod would get now: a dry run of its creation calls the injection webhook of the pod's
revision, with the templates, annotations and mesh settings in force, and keeps nothing.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.owners import controller
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import workloads
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
    KubernetesObject,
)

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
_FIELDS = ("image", "command", "args")


@dataclass(frozen=True, slots=True)
class OutdatedWorkload:
    """A workload whose pods have outdated sidecars."""

    workload: KubernetesObject
    # The variables and fields of the injected containers that differ
    settings: tuple[str, ...]

    def __str__(self) -> str:
        return f"{describe_object(self.workload)} ({', '.join(self.settings)})"


def find_outdated(api: KubernetesClient) -> tuple[list[OutdatedWorkload], list[str]]:
    """Return the outdated workloads, and the errors of those that could not be compared."""
    outdated: list[OutdatedWorkload] = []
    errors: list[str] = []
    for workload, pods in _proxied_workloads(api, errors):
        try:
            settings = _outdated_settings(api, workload, pods)
        except MeshError as exc:
            errors.append(str(exc))
            continue
        if settings:
            outdated.append(OutdatedWorkload(workload, settings))
    return outdated, errors


def _proxied_workloads(
    api: KubernetesClient, errors: list[str]
) -> t.Iterator[tuple[KubernetesObject, list[KubernetesObject]]]:
    """Yield the workloads whose pods have proxies, with those pods."""
    pods: dict[tuple[str, str, str], list[KubernetesObject]] = {}
    for pod in _list(api, "Pod", errors):
        if workloads.runs_proxy(pod):
            pods.setdefault(controller(pod), []).append(pod)
    kinds = {kind for _namespace, kind, _name in pods}
    for kind in (each for each in _KINDS if each in kinds):
        for workload in _list(api, kind, errors):
            metadata = workload["metadata"]
            owned = pods.get((metadata["namespace"], kind, metadata["name"]))
            if owned:
                yield workload, owned


def _list(api: KubernetesClient, kind: str, errors: list[str]) -> list[KubernetesObject]:
    try:
        return api.find_all(kind)
    except MeshError as exc:
        errors.append(str(exc))
        return []


def _outdated_settings(
    api: KubernetesClient, workload: KubernetesObject, pods: t.Sequence[KubernetesObject]
) -> tuple[str, ...]:
    """Return the settings in which the pods differ from a new one."""
    namespace = workload["metadata"]["namespace"]
    rendered = api.request(
        f"render the sidecar of {describe_object(workload)}",
        "POST",
        f"/api/v1/namespaces/{namespace}/pods",
        body=_new_pod(workload, pods[0]),
        query={"dryRun": "All"},
    )
    expected = _settings(rendered or {})
    found: set[str] = set()
    for actual in map(_settings, pods):
        found |= {
            name
            for name in actual.keys() | expected.keys()
            if actual.get(name) != expected.get(name)
        }
    return tuple(sorted(found))


def _new_pod(workload: KubernetesObject, pod: KubernetesObject) -> KubernetesObject:
    """Return the pod that the workload's controller would make in place of a pod."""
    template = workload["spec"]["template"]
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": pod["metadata"].get("generateName", ""),
            "namespace": workload["metadata"]["namespace"],
            "labels": {**(metadata.get("labels") or {}), **workloads.template_hash(pod)},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": pod["metadata"]["ownerReferences"],
        },
        "spec": template["spec"],
    }


def _settings(pod: KubernetesObject) -> dict[str, t.Any]:
    settings: dict[str, t.Any] = {}
    for container in workloads.injected_containers(pod):
        name = container["name"]
        settings |= {f"{field} of {name}": container.get(field) for field in _FIELDS}
        for variable in container.get("env") or []:
            value = {key: _parsed(each) for key, each in variable.items() if key != "name"}
            settings[f"{variable['name']} of {name}"] = value
    return settings


def _parsed(value: t.Any) -> t.Any:
    """Return the content of JSON: istiod may write the same with other spaces."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value
