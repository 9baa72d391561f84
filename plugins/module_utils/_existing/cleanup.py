# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes what a lab made in a cluster that others own, and nothing else.

Private to this collection.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import apply_result
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import (
    Resource,
    Resources,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.names import describe_object

Json: t.TypeAlias = dict[str, t.Any]

OWNER = "install.operator.istio.io/owning-resource"
# istiod writes these into every namespace, as long as it runs, and leaves them there
_STRAYS = ("istio-ca-root-cert", "istio-ca-crl")
# the order of what goes; webhooks first, for they may stand in the way
_WEBHOOKS, _OPERATED, _OTHERS, _NAMESPACES, _LEFT_BY_ISTIOD, _DEFINITIONS = range(6)
_NEEDED = frozenset({"list", "delete"})
_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """One object to delete."""

    path: str
    obj: Json

    @property
    def kind(self) -> str:
        return str(self.obj["kind"])

    def __str__(self) -> str:
        return describe_object(self.obj)


def owner(lab: str) -> str:
    """The name by which istioctl marks what it made for a lab."""
    return f"eastwest-{lab}".lower()


def find(resources: Resources, lab: str) -> list[OwnedObject]:
    """Everything that the lab made, in the order in which it has to go."""
    kinds = [kind for kind in resources.all() if kind.verbs >= _NEEDED]
    selectors = (f"{apply_result.LAB}={lab}", f"{OWNER}={owner(lab)}")
    found: dict[str, OwnedObject] = {}
    for kind in kinds:
        for selector in selectors:
            found |= {item.path: item for item in _list(resources.api, kind, selector)}
    if any(_runs_istiod(item) for item in found.values()):
        maps = resources.of("v1", "ConfigMap")
        strays = _list(resources.api, maps, "istio.io/config=true")
        found |= {i.path: i for i in strays if i.obj["metadata"]["name"] in _STRAYS}
    return sorted(found.values(), key=_order)


def delete(resources: Resources, items: t.Iterable[OwnedObject], timeout: float) -> list[str]:
    """Deletes the items and waits until they are gone; returns the names of those that went.

    Definitions of kinds of which others have objects stay. Raises MeshError.
    """
    deadline = time.monotonic() + timeout
    gone: list[str] = []
    stages: dict[int, list[OwnedObject]] = {}
    for item in items:
        stages.setdefault(_order(item)[0], []).append(item)
    for _stage, group in sorted(stages.items()):
        doomed = [item for item in group if not _in_use(resources, item)]
        for item in doomed:
            _delete(resources.api, item)
        _wait_gone(resources.api, doomed, deadline, timeout)
        gone += [str(item) for item in doomed]
    return gone


def look(resources: Resources, obj: Json) -> OwnedObject | None:
    """An object that has to go, if it exists. Raises NotFound for an unknown kind."""
    path = resources.path(obj)
    found = resources.api.request(f"read {describe_object(obj)}", "GET", path)
    return OwnedObject(path, {**found, "kind": obj["kind"]}) if found else None


def made_by(item: OwnedObject, lab: str) -> bool:
    return (item.obj["metadata"].get("labels") or {}).get(apply_result.LAB) == lab


def foreign_namespaces(resources: Resources, lab: str) -> list[OwnedObject]:
    """Namespaces of others in which the lab has set fields, such as labels."""
    kind = resources.of("v1", "Namespace")
    return [
        item
        for item in _list(resources.api, kind, "")
        if not made_by(item, lab)
        and any(
            entry.get("manager") == apply_result.MANAGER
            for entry in item.obj["metadata"].get("managedFields") or []
        )
    ]


def release(api: Api, item: OwnedObject) -> None:
    """Takes back the fields that only this collection has set."""
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
        query={"fieldManager": apply_result.MANAGER, "force": "true"},
        content_type="application/apply-patch+yaml",
    )


def _runs_istiod(item: OwnedObject) -> bool:
    """Whether it is the control plane: istioctl's Deployment, or what the Sail operator makes it of."""
    if item.kind == "Istio":
        return str(item.obj["apiVersion"]).startswith("sailoperator.io/")
    return item.kind == "Deployment" and OWNER in (item.obj["metadata"].get("labels") or {})


def _list(api: Api, kind: Resource, selector: str) -> list[OwnedObject]:
    query = {"labelSelector": selector} if selector else {}
    try:
        answer = api.request(f"list {kind.kind}", "GET", kind.path(), query=query) or {}
    except MeshError:
        # whoever may not list a kind has made nothing of that kind
        return []
    items = []
    for entry in answer.get("items") or []:
        obj = {**entry, "apiVersion": kind.api_version, "kind": kind.kind}
        metadata = obj["metadata"]
        if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
            path = kind.path(metadata.get("namespace"), metadata["name"])
            items.append(OwnedObject(path, obj))
    return items


def _order(item: OwnedObject) -> tuple[int, str]:
    """When it goes, and a place among those that go with it."""
    if item.kind.endswith("WebhookConfiguration"):
        return _WEBHOOKS, item.path
    if item.kind == "Namespace":
        return _NAMESPACES, item.path
    if item.kind == "CustomResourceDefinition":
        return _DEFINITIONS, item.path
    if item.kind == "ConfigMap" and item.obj["metadata"]["name"] in _STRAYS:
        return _LEFT_BY_ISTIOD, item.path
    group = item.obj["apiVersion"].partition("/")[0]
    own = "." in group and not group.endswith(".k8s.io")
    return (_OPERATED if own else _OTHERS), item.path


def _in_use(resources: Resources, item: OwnedObject) -> bool:
    """Whether it defines a kind of which there are objects still."""
    if item.kind != "CustomResourceDefinition":
        return False
    spec = item.obj["spec"]
    served = next(version["name"] for version in spec["versions"] if version["served"])
    kind = Resource(
        f"{spec['group']}/{served}", spec["names"]["kind"], spec["names"]["plural"], False
    )
    return bool(_list(resources.api, kind, ""))


def _delete(api: Api, item: OwnedObject) -> None:
    # in the foreground a Deployment goes after its pods: istiod would go on with its work
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    api.request(f"delete {item}", "DELETE", item.path, body=body)


def _wait_gone(api: Api, items: t.Sequence[OwnedObject], deadline: float, timeout: float) -> None:
    left = list(items)
    while True:
        left = [item for item in left if _exists(api, item)]
        if not left:
            return
        if time.monotonic() >= deadline:
            raise MeshError(
                f"cluster {api.name}: still there after {timeout:g} s:"
                f" {', '.join(_held(api, item) for item in left)}"
            )
        time.sleep(_POLL_S)


def _exists(api: Api, item: OwnedObject) -> bool:
    found = api.request(f"read {item}", "GET", item.path)
    return found is not None and found["metadata"]["uid"] == item.obj["metadata"]["uid"]


def _held(api: Api, item: OwnedObject) -> str:
    found = api.request(f"read {item}", "GET", item.path) or item.obj
    finalizers = found["metadata"].get("finalizers") or (found.get("spec") or {}).get("finalizers")
    return f"{item} (held by {', '.join(finalizers)})" if finalizers else str(item)
