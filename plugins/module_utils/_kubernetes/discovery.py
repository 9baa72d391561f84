# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an API server has the objects of any kind, as it says itself. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api

KubernetesObject: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind in one version."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        return f"/{'apis' if '/' in self.api_version else 'api'}/{self.api_version}"

    def path(self, namespace: str | None = None, name: str = "") -> str:
        """The path of one object, or without its name of all; all namespaces without one."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}" + (f"/{name}" if name else "")


class Resources:
    """What one cluster's API server knows; asks it once for each group and version."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._known: dict[str, list[Resource]] = {}

    def of(self, api_version: str, kind: str) -> Resource:
        """Raises NotFound when the cluster does not know the kind."""
        for resource in self.version(api_version):
            if resource.kind == kind:
                return resource
        raise NotFound(f"cluster {self.api.name} knows no {kind} of {api_version}")

    def version(self, api_version: str) -> list[Resource]:
        """The resources of a group and version, none when there is no such."""
        if api_version not in self._known:
            root = Resource(api_version, "", "", False).root
            answer = self.api.request(f"ask for the kinds of {api_version}", "GET", root)
            self._known[api_version] = _resources(api_version, answer or {})
        return self._known[api_version]

    def all(self) -> list[Resource]:
        """Each kind once, in the version that the server prefers of those that have it."""
        answer = self.api.request("ask for all kinds", "GET", "/apis") or {}
        groups = answer.get("groups") or []
        found: dict[tuple[str, str], Resource] = {}
        for version in ("v1", *(each for group in groups for each in _versions(group))):
            try:
                known = self.version(version)
            except MeshError:
                # an aggregated API whose server is down has nothing that could be listed
                continue
            group = version.rpartition("/")[0]
            for resource in known:
                found.setdefault((group, resource.plural), resource)
        return list(found.values())

    def path(self, obj: KubernetesObject) -> str:
        """The path of an object. Raises NotFound for a kind that the cluster does not know."""
        metadata = obj["metadata"]
        return self.of(obj["apiVersion"], obj["kind"]).path(
            metadata.get("namespace") or "default", metadata["name"]
        )


def _versions(group: KubernetesObject) -> list[str]:
    """The preferred one first. MetalLB's, for one, has a single kind, and the rest are in an older one."""
    preferred = str(group["preferredVersion"]["groupVersion"])
    versions = [str(version["groupVersion"]) for version in group["versions"]]
    return [preferred, *(version for version in versions if version != preferred)]


def _resources(api_version: str, answer: KubernetesObject) -> list[Resource]:
    return [
        Resource(
            api_version,
            entry["kind"],
            entry["name"],
            bool(entry["namespaced"]),
            frozenset(entry.get("verbs") or []),
        )
        for entry in answer.get("resources") or []
        # a status or a scale is part of another one
        if "/" not in entry["name"]
    ]
