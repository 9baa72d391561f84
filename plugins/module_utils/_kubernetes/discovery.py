# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask an API server which kinds it serves, in which versions and under which paths."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
    NotSupported,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import GROUPS

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
        """Return the path of an object, or without a name that of the collection."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}" + (f"/{name}" if name else "")


class Discovery:
    """The kinds of one API server; each group and version is read once."""

    def __init__(self, cluster: str, request: t.Callable[..., KubernetesObject | None]) -> None:
        self._cluster = cluster
        self._request = request
        self._resources: dict[str, list[Resource]] = {}
        self._groups: dict[str, list[str]] = {}

    def served(self, kind: str) -> Resource | None:
        """Return a kind in the best version that the server has of it; None without any.

        ``group/kind`` is the kind of another group than that of ``GROUPS``.
        """
        group, slash, name = kind.rpartition("/")
        if not slash:
            if kind not in GROUPS:
                raise NotSupported(f"kind {kind} is not read from Kubernetes")
            group = GROUPS[kind]
        for version in self._versions().get(group, ()) if group else ("v1",):
            for resource in self._version(version):
                if resource.kind == name:
                    return resource
        return None

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return a kind in a given version. Raises NotFound where the server does not have it."""
        for resource in self._version(api_version):
            if resource.kind == kind:
                return resource
        raise NotFound(f"cluster {self._cluster} knows no {kind} of {api_version}")

    def all(self) -> list[Resource]:
        """Return each kind once, in the best version that the server has of it."""
        found: dict[tuple[str, str], Resource] = {}
        for version in ("v1", *(each for group in self._versions().values() for each in group)):
            try:
                resources = self._version(version)
            except MeshError:
                # An aggregated API whose server is down has nothing that could be listed
                continue
            group = version.rpartition("/")[0]
            for resource in resources:
                found.setdefault((group, resource.plural), resource)
        return list(found.values())

    def path(self, obj: KubernetesObject) -> str:
        """Return an object's path. Raises NotFound for a kind that the server does not have."""
        metadata = obj["metadata"]
        return self.resource(obj["apiVersion"], obj["kind"]).path(
            metadata.get("namespace") or "default", metadata["name"]
        )

    def _versions(self) -> dict[str, list[str]]:
        """Return the versions of each group, the preferred one first.

        The preferred one need not have all kinds: MetalLB's has one, the rest are in an older one.
        """
        if not self._groups:
            answer = self._request("ask for the API groups", "GET", "/apis") or {}
            for group in answer.get("groups") or []:
                preferred = str(group["preferredVersion"]["groupVersion"])
                versions = [str(version["groupVersion"]) for version in group["versions"]]
                rest = [version for version in versions if version != preferred]
                self._groups[preferred.rpartition("/")[0]] = [preferred, *rest]
        return self._groups

    def _version(self, api_version: str) -> list[Resource]:
        if api_version not in self._resources:
            root = Resource(api_version, "", "", False).root
            answer = self._request(f"ask for the kinds of {api_version}", "GET", root) or {}
            self._resources[api_version] = [
                Resource(
                    api_version,
                    entry["kind"],
                    entry["name"],
                    bool(entry["namespaced"]),
                    frozenset(entry.get("verbs") or []),
                )
                for entry in answer.get("resources") or []
                # Subresources, such as a status or a scale
                if "/" not in entry["name"]
            ]
        return self._resources[api_version]
