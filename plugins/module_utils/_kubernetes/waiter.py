# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until objects are ready, all at the same time. Private to this collection."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import (
    diagnostics,
    readiness,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.discovery import Resources
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.names import describe_object

KubernetesObject: t.TypeAlias = dict[str, t.Any]

_POLL_S = 0.5


class NotReady(MeshError):
    """The time is up; the message says for each object what it lacks, and why."""


def label(resources: Resources, obj: KubernetesObject, labels: t.Mapping[str, str]) -> None:
    """Adds labels to an object."""
    resources.api.request(
        f"label {describe_object(obj)}",
        "PATCH",
        resources.path(obj),
        body={"metadata": {"labels": dict(labels)}},
        query={"fieldManager": "eastwest.mesh-lab"},
        content_type="application/merge-patch+json",
    )


def wait_ready(
    resources: Resources, objects: t.Iterable[KubernetesObject], timeout: float
) -> list[KubernetesObject]:
    """The objects as they are when all are ready, in their order. Raises NotReady."""
    found = {resources.path(obj): obj for obj in objects}
    begun = time.monotonic()
    # since when an object looks as if nothing came of it, and for how long that is borne
    since: dict[tuple[str, float], float] = {}
    waiting = list(found)
    while True:
        found |= {path: _read(resources.api, path, found[path]) for path in waiting}
        missing = {path: readiness.not_ready_reason(found[path]) for path in waiting}
        waiting = [path for path, lack in missing.items() if lack]
        if not waiting:
            return list(found.values())
        now = time.monotonic()
        borne = [(path, readiness.grace_period(found[path])) for path in waiting]
        since = {key: since.get(key, now) for key in borne}
        hopeless = any(now - start >= limit for (_path, limit), start in since.items())
        if hopeless or now - begun >= timeout:
            lacking = [(found[path], missing[path]) for path in waiting]
            raise NotReady(_complain(resources.api, lacking, now - begun))
        time.sleep(_POLL_S)


def _read(api: Api, path: str, obj: KubernetesObject) -> KubernetesObject:
    found = api.request(f"read {describe_object(obj)}", "GET", path)
    if found is None:
        raise NotFound(f"cluster {api.name}: {describe_object(obj)} is gone")
    return found


def _complain(api: Api, missing: t.Iterable[tuple[KubernetesObject, str]], seconds: float) -> str:
    parts = []
    for obj, lack in missing:
        why = diagnostics.explain(api, obj)
        parts.append(f"{describe_object(obj)}: {lack}" + (f" ({why})" if why else ""))
    return f"cluster {api.name}: not ready after {seconds:.0f} s: {'; '.join(parts)}"
