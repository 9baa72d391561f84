# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root as istiod hands it to pods: a ConfigMap in every namespace. Private to this collection.

A pod that mounts the old one trusts nobody until the kubelet brings the new one, a minute or two later.
"""

from __future__ import annotations

import base64
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._control_plane import installed_state
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import Api

_NAME = "istio-ca-root-cert"
_KEY = "root-cert.pem"
_POLL_S = 0.5


def wait_written(
    api: Api, place: installed_state.ControlPlaneRef, namespaces: t.Iterable[str], timeout: float
) -> None:
    """Waits until istiod has written the root of its CA into these namespaces. Raises MeshError."""
    secret = api.request("read Secret cacerts", "GET", place.secret) or {}
    root = base64.b64decode((secret.get("data") or {}).get(_KEY, "")).decode().strip()
    deadline = time.monotonic() + timeout
    waiting = sorted(set(namespaces))
    while True:
        waiting = [namespace for namespace in waiting if root not in _written(api, namespace)]
        if not waiting:
            return
        if time.monotonic() >= deadline:
            raise MeshError(
                f"cluster {api.name}: after {timeout:g} s istiod has not written the new root into"
                f" ConfigMap {_NAME} of {', '.join(waiting)}, so new pods there would trust nobody"
            )
        time.sleep(_POLL_S)


def _written(api: Api, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/configmaps/{_NAME}"
    found = api.request(f"read ConfigMap {namespace}/{_NAME}", "GET", path) or {}
    return str((found.get("data") or {}).get(_KEY, ""))
