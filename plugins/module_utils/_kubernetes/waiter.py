# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until objects are ready, all at the same time."""

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
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.api_errors import (
    describe_object,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

KubernetesObject: t.TypeAlias = dict[str, t.Any]

_POLL_S = 0.5


class NotReady(MeshError):
    """The time is up; the message names each object with what it lacks and the cause."""


def wait_ready(
    api: KubernetesClient, objects: t.Iterable[KubernetesObject], timeout: float
) -> list[KubernetesObject]:
    """Return the objects as they are when all are ready, in their order. Raises NotReady."""
    found = {api.discovery.path(obj): obj for obj in objects}
    started = time.monotonic()
    # When each object began to look stuck, by the time that it may look so
    stuck_since: dict[tuple[str, float], float] = {}
    waiting = list(found)
    while True:
        found |= {path: _read(api, path, found[path]) for path in waiting}
        reasons = {path: readiness.not_ready_reason(found[path]) for path in waiting}
        waiting = [path for path, reason in reasons.items() if reason]
        if not waiting:
            return list(found.values())
        now = time.monotonic()
        grace = [(path, readiness.grace_period(found[path])) for path in waiting]
        stuck_since = {key: stuck_since.get(key, now) for key in grace}
        stuck = any(now - since >= period for (_path, period), since in stuck_since.items())
        if stuck or now - started >= timeout:
            unready = [(found[path], reasons[path]) for path in waiting]
            raise NotReady(_report(api, unready, now - started))
        time.sleep(_POLL_S)


def _read(api: KubernetesClient, path: str, obj: KubernetesObject) -> KubernetesObject:
    found = api.request(f"read {describe_object(obj)}", "GET", path)
    if found is None:
        raise NotFound(f"cluster {api.name}: {describe_object(obj)} is gone")
    return found


def _report(
    api: KubernetesClient, unready: t.Iterable[tuple[KubernetesObject, str]], seconds: float
) -> str:
    parts = []
    for obj, reason in unready:
        cause = diagnostics.explain(api, obj)
        parts.append(f"{describe_object(obj)}: {reason}" + (f" ({cause})" if cause else ""))
    return f"cluster {api.name}: not ready after {seconds:.0f} s: {'; '.join(parts)}"
