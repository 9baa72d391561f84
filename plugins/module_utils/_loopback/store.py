# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifests of one loopback cluster and the objects made from them.

``manifests`` are the user's, ``objects`` have the controllers' additions: pods, addresses, status.
"""

from __future__ import annotations

import copy
import datetime
import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import files

KubernetesObject: t.TypeAlias = dict[str, t.Any]
Key: t.TypeAlias = tuple[str, str, str]

_FILE = "objects.json"
_SERVER_METADATA = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
)


@dataclass(frozen=True, slots=True)
class Change:
    """One object before and after; None where it does not exist."""

    key: Key
    before: KubernetesObject | None
    after: KubernetesObject | None


@dataclass(slots=True)
class Store:
    """One cluster's manifests and objects, by kind, namespace and name."""

    path: Path
    manifests: dict[Key, KubernetesObject] = field(default_factory=dict)
    objects: list[KubernetesObject] = field(default_factory=list)

    @classmethod
    def load(cls, directory: Path, *, rebuild: bool = False) -> Store:
        """Read a cluster's objects. Raise LabBroken for a damaged file, and for a missing one.

        With ``rebuild`` a cluster without the file has no objects yet.
        """
        path = directory / _FILE
        content = files.read_json(path)
        if content is None:
            if rebuild:
                return cls(path)
            raise files.missing(path)
        try:
            manifests = {key_of(manifest): manifest for manifest in content["manifests"]}
            for obj in (*content["objects"], *manifests.values()):
                if not all(isinstance(part, str) for part in key_of(obj)):
                    raise TypeError(f"an object without a name: {obj!r:.100}")
                if obj["kind"] == "Pod":
                    IPv4Address(obj["status"]["podIP"]), obj["spec"]["nodeName"]
            return cls(path, manifests, content["objects"])
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise files.damaged(path, f"not a cluster's objects: {exc!r}") from exc

    def save(self) -> None:
        content = {"manifests": list(self.manifests.values()), "objects": self.objects}
        files.write_if_changed(self.path, files.to_json(content))

    def apply(self, definitions: t.Iterable[KubernetesObject]) -> list[Change]:
        """Create or replace objects; return the changes."""
        changes = []
        for definition in definitions:
            manifest = normalise(definition)
            key = key_of(manifest)
            before = self.manifests.get(key)
            if before != manifest:
                changes.append(Change(key, before, manifest))
                self.manifests[key] = manifest
        return changes

    def remove(self, definitions: t.Iterable[KubernetesObject]) -> list[Change]:
        """Remove objects, and with a namespace all of its objects; return the changes."""
        changes = []
        for definition in definitions:
            key = key_of(normalise(definition))
            keys = [key] if key in self.manifests else []
            if key[0] == "Namespace":
                keys += [other for other in self.manifests if other[1] == key[2]]
            changes += [Change(other, self.manifests.pop(other), None) for other in keys]
        return changes

    def revert(self, changes: t.Iterable[Change]) -> None:
        """Undo changes, except of objects that another process has changed since."""
        for change in changes:
            if self.manifests.get(change.key) != change.after:
                continue
            if change.before is None:
                del self.manifests[change.key]
            else:
                self.manifests[change.key] = change.before

    def desired(self) -> list[KubernetesObject]:
        """Return the controllers' input: manifests with earlier additions, and pods."""
        known = {key_of(obj): obj for obj in self.objects}
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        desired = []
        for key, manifest in self.manifests.items():
            previous = known.get(key, {})
            obj = copy.deepcopy(manifest)
            since = previous.get("metadata", {}).get("creationTimestamp", now)
            obj["metadata"]["creationTimestamp"] = since
            if "status" in previous:
                obj["status"] = previous["status"]
            address = previous.get("spec", {}).get("clusterIP")
            if address and key[0] == "Service":
                obj["spec"].setdefault("clusterIP", address)
            desired.append(obj)
        return desired + self.pods()

    def pods(self) -> list[KubernetesObject]:
        return [obj for obj in self.objects if obj["kind"] == "Pod"]

    def find(self, key: Key) -> KubernetesObject | None:
        return next((obj for obj in self.objects if key_of(obj) == key), None)


def key_of(obj: KubernetesObject) -> Key:
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]


def normalise(definition: KubernetesObject) -> KubernetesObject:
    """Return the definition with its namespace and without a server's fields.

    Raise InvalidInput unless it is a Kubernetes object.
    """
    for field_name in ("apiVersion", "kind", "metadata"):
        if not definition.get(field_name):
            raise InvalidInput(f"definition: an object has no '{field_name}': {definition!r:.200}")
    if not definition["metadata"].get("name"):
        raise InvalidInput(f"definition: a {definition['kind']} has no metadata.name")
    manifest = copy.deepcopy(definition)
    manifest.pop("status", None)
    metadata = manifest["metadata"]
    for field_name in _SERVER_METADATA:
        metadata.pop(field_name, None)
    if manifest["kind"] in well_known.CLUSTER_SCOPED:
        metadata.pop("namespace", None)
    else:
        metadata.setdefault("namespace", "default")
    return manifest
