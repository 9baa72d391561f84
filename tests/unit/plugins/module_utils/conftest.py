# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the API of a cluster: objects by their paths."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Discovery

Json: t.TypeAlias = dict[str, t.Any]

KINDS = {
    "v1": (
        ("configmaps", "ConfigMap", True),
        ("events", "Event", True),
        ("namespaces", "Namespace", False),
        ("nodes", "Node", False),
        ("pods", "Pod", True),
        ("secrets", "Secret", True),
        ("services", "Service", True),
    ),
    "apps/v1": (("deployments", "Deployment", True),),
    "sailoperator.io/v1": (("istios", "Istio", False),),
    "networking.istio.io/v1": (("destinationrules", "DestinationRule", True),),
    "apiextensions.k8s.io/v1": (("customresourcedefinitions", "CustomResourceDefinition", False),),
    "admissionregistration.k8s.io/v1": (
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False),
    ),
}


def _root(version: str) -> str:
    return f"/{'apis' if '/' in version else 'api'}/{version}"


def merge(target: Json, patch: Json) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


class FakeApi(KubernetesClient):
    """A client whose requests change objects in memory."""

    def __init__(self) -> None:
        self.name = "east"
        self.host = "https://east:6443"
        self.discovery = Discovery(self.name, self.request)
        self.objects: dict[str, Json] = {}
        self.calls: list[tuple[str, str]] = []
        # called before each request; may change objects, or raise
        self.before: t.Callable[[str, str], None] = lambda method, path: None
        self._made = 0

    def add(self, version: str, kind: str, name: str, namespace: str = "", **rest: t.Any) -> Json:
        plural, _kind, namespaced = next(k for k in KINDS[version] if k[1] == kind)
        inside = f"/namespaces/{namespace}" if namespaced else ""
        metadata: Json = {"name": name, "uid": f"uid-{self._made}", **rest.pop("metadata", {})}
        self._made += 1
        if namespaced:
            metadata["namespace"] = namespace
        obj = {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
        self.objects[f"{_root(version)}{inside}/{plural}/{name}"] = obj
        return obj

    def request(
        self,
        action: str,
        method: str,
        path: str,
        *,
        body: t.Any = None,
        query: t.Mapping[str, t.Any] | None = None,
        **_rest: t.Any,
    ) -> Json | None:
        self.before(method, path)
        self.calls.append((method, path))
        return getattr(self, f"_{method.lower()}")(path, body, dict(query or {}))

    def _select(self, kind: str, namespace: str | None, selector: str) -> list[Json]:
        found = (obj for obj in self.objects.values() if obj["kind"] == kind)
        return [
            copy.deepcopy(obj)
            for obj in found
            if namespace in (None, obj["metadata"].get("namespace")) and _selected(obj, selector)
        ]

    def _get(self, path: str, _body: t.Any, query: Json) -> Json | None:
        if path in self.objects:
            return copy.deepcopy(self.objects[path])
        if path == "/apis":
            groups = [version for version in KINDS if "/" in version]
            named = [{"groupVersion": name} for name in groups]
            return {"groups": [{"preferredVersion": name, "versions": [name]} for name in named]}
        for version, kinds in KINDS.items():
            if path == _root(version):
                return {"resources": [_resource(*kind) for kind in kinds]}
            for plural, kind, _namespaced in kinds:
                if path.startswith(_root(version)) and path.endswith(f"/{plural}"):
                    items = self._select(kind, _namespace(path), query.get("labelSelector", ""))
                    return {"items": _fields(items, query.get("fieldSelector", ""))}
        return None

    def _patch(self, path: str, body: t.Any, _query: Json) -> Json | None:
        if path not in self.objects:
            return None
        merge(self.objects[path], body)
        return self.objects[path]

    def _delete(self, path: str, _body: t.Any, _query: Json) -> Json | None:
        return self.objects.pop(path, None)


@pytest.fixture
def fake_api() -> FakeApi:
    return FakeApi()


class FakeTime:
    """In place of the module ``time``: it passes only while the code sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


def _resource(plural: str, kind: str, namespaced: bool) -> Json:
    verbs = ["get", "list", "delete", "patch"]
    return {"name": plural, "kind": kind, "namespaced": namespaced, "verbs": verbs}


def _namespace(path: str) -> str | None:
    parts = path.split("/namespaces/")
    return parts[1].split("/")[0] if len(parts) > 1 else None


def _selected(obj: Json, selector: str) -> bool:
    labels = obj["metadata"].get("labels") or {}
    for part in filter(None, selector.split(",")):
        key, equals, value = part.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def _fields(items: list[Json], selector: str) -> list[Json]:
    if not selector:
        return items
    wanted = dict(part.split("=") for part in selector.split(","))
    return [
        item
        for item in items
        if all(item["involvedObject"][key.split(".")[1]] == value for key, value in wanted.items())
    ]
