# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find, delete and release the objects of a lab in an adopted cluster."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import ownership
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Resource

Json: t.TypeAlias = dict[str, t.Any]

# istiod writes these into every namespace and does not remove them
_ISTIOD_LEFTOVERS = ("istio-ca-root-cert", "istio-ca-crl")
# The order of deletion; webhooks first, as they may refuse the rest
_WEBHOOKS, _CUSTOM_OBJECTS, _BUILT_IN_OBJECTS, _NAMESPACES, _LEFTOVERS, _DEFINITIONS = range(6)
_REQUIRED_VERBS = frozenset({"list", "delete"})
_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """An object that the lab owns, or may release."""

    path: str
    obj: Json

    @property
    def kind(self) -> str:
        return str(self.obj["kind"])

    def __str__(self) -> str:
        return describe_object(self.obj)


def find(api: KubernetesClient, lab: str) -> list[OwnedObject]:
    """Return the objects that the lab made, in the order of their deletion."""
    kinds = [kind for kind in api.discovery.all() if kind.verbs >= _REQUIRED_VERBS]
    selectors = (
        f"{ownership.LAB}={lab}",
        f"{ownership.ISTIOCTL_OWNER}={ownership.istioctl_owner(lab)}",
    )
    found: dict[str, OwnedObject] = {}
    for kind in kinds:
        for selector in selectors:
            found |= {item.path: item for item in _list(api, kind, selector)}
    if any(_runs_istiod(item) for item in found.values()):
        maps = api.discovery.resource("v1", "ConfigMap")
        leftovers = _list(api, maps, "istio.io/config=true")
        found |= {i.path: i for i in leftovers if i.obj["metadata"]["name"] in _ISTIOD_LEFTOVERS}
    return sorted(found.values(), key=_order)


def delete(api: KubernetesClient, items: t.Iterable[OwnedObject], timeout: float) -> list[str]:
    """Delete the items, wait until they are gone, and return their names.

    A definition stays while there are objects of its kind. Raises MeshError.
    """
    deadline = time.monotonic() + timeout
    gone: list[str] = []
    stages: dict[int, list[OwnedObject]] = {}
    for item in items:
        stages.setdefault(_order(item)[0], []).append(item)
    for _stage, group in sorted(stages.items()):
        unused = [item for item in group if not _in_use(api, item)]
        for item in unused:
            _delete(api, item)
        _wait_gone(api, unused, deadline, timeout)
        gone += [str(item) for item in unused]
    return gone


def find_one(api: KubernetesClient, obj: Json) -> OwnedObject | None:
    """Return one object, None where it does not exist. Raises NotFound for an unknown kind."""
    path = api.discovery.path(obj)
    found = api.request(f"read {describe_object(obj)}", "GET", path)
    return OwnedObject(path, {**found, "kind": obj["kind"]}) if found else None


def made_by(item: OwnedObject, lab: str) -> bool:
    return (item.obj["metadata"].get("labels") or {}).get(ownership.LAB) == lab


def foreign_namespaces(api: KubernetesClient, lab: str) -> list[OwnedObject]:
    """Return the namespaces of others in which the lab has set fields, such as labels."""
    kind = api.discovery.resource("v1", "Namespace")
    return [
        item
        for item in _list(api, kind, "")
        if not made_by(item, lab)
        and any(
            entry.get("manager") == ownership.MANAGER
            for entry in item.obj["metadata"].get("managedFields") or []
        )
    ]


def release(api: KubernetesClient, item: OwnedObject) -> None:
    """Remove the fields that only this collection has set."""
    body = {
        "apiVersion": item.obj["apiVersion"],
        "kind": item.kind,
        "metadata": {
            key: value
            for key, value in item.obj["metadata"].items()
            if key in ("name", "namespace")
        },
    }
    api.request(
        f"release {item}",
        "PATCH",
        item.path,
        body=body,
        query={"fieldManager": ownership.MANAGER, "force": "true"},
        content_type="application/apply-patch+yaml",
    )


def _runs_istiod(item: OwnedObject) -> bool:
    """Return whether it is a control plane: istioctl's Deployment or the Sail operator's Istio."""
    if item.kind == "Istio":
        return str(item.obj["apiVersion"]).startswith("sailoperator.io/")
    return item.kind == "Deployment" and ownership.ISTIOCTL_OWNER in (
        item.obj["metadata"].get("labels") or {}
    )


def _list(api: KubernetesClient, kind: Resource, selector: str) -> list[OwnedObject]:
    try:
        objects = api.list(kind, selector=selector)
    except MeshError:
        # A user who may not list a kind has made no objects of it
        return []
    items = []
    for obj in objects:
        metadata = obj["metadata"]
        if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
            path = kind.path(metadata.get("namespace"), metadata["name"])
            items.append(OwnedObject(path, obj))
    return items


def _order(item: OwnedObject) -> tuple[int, str]:
    """Return the stage of its deletion, and its place within that."""
    if item.kind.endswith("WebhookConfiguration"):
        return _WEBHOOKS, item.path
    if item.kind == "Namespace":
        return _NAMESPACES, item.path
    if item.kind == "CustomResourceDefinition":
        return _DEFINITIONS, item.path
    if item.kind == "ConfigMap" and item.obj["metadata"]["name"] in _ISTIOD_LEFTOVERS:
        return _LEFTOVERS, item.path
    group = item.obj["apiVersion"].partition("/")[0]
    custom = "." in group and not group.endswith(".k8s.io")
    return (_CUSTOM_OBJECTS if custom else _BUILT_IN_OBJECTS), item.path


def _in_use(api: KubernetesClient, item: OwnedObject) -> bool:
    """Return whether it defines a kind of which there are objects."""
    if item.kind != "CustomResourceDefinition":
        return False
    spec = item.obj["spec"]
    served = next(version["name"] for version in spec["versions"] if version["served"])
    kind = Resource(
        f"{spec['group']}/{served}", spec["names"]["kind"], spec["names"]["plural"], False
    )
    return bool(_list(api, kind, ""))


def _delete(api: KubernetesClient, item: OwnedObject) -> None:
    # In the foreground a Deployment goes after its pods: istiod would go on working
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    api.request(f"delete {item}", "DELETE", item.path, body=body)


def _wait_gone(
    api: KubernetesClient, items: t.Sequence[OwnedObject], deadline: float, timeout: float
) -> None:
    left = list(items)
    while True:
        left = [item for item in left if _exists(api, item)]
        if not left:
            return
        if time.monotonic() >= deadline:
            raise MeshError(
                f"cluster {api.name}: still there after {timeout:g} s:"
                f" {', '.join(_held_item(api, item) for item in left)}"
            )
        time.sleep(_POLL_S)


def _exists(api: KubernetesClient, item: OwnedObject) -> bool:
    found = api.request(f"read {item}", "GET", item.path)
    return found is not None and found["metadata"]["uid"] == item.obj["metadata"]["uid"]


def _held_item(api: KubernetesClient, item: OwnedObject) -> str:
    found = api.request(f"read {item}", "GET", item.path) or item.obj
    finalizers = found["metadata"].get("finalizers") or (found.get("spec") or {}).get("finalizers")
    return f"{item} (held by {', '.join(finalizers)})" if finalizers else str(item)
