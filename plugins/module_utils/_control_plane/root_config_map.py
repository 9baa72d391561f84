# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the ConfigMap in which istiod hands the mesh's root to the pods of a namespace.

A pod that mounts the old one trusts no proxy until the kubelet updates it, a minute or two later.
"""

from __future__ import annotations

import base64
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_NAME = "istio-ca-root-cert"
_KEY = "root-cert.pem"
_POLL_S = 0.5


def wait_written(
    api: KubernetesClient, istio_namespace: str, namespaces: t.Iterable[str], timeout: float
) -> None:
    """Wait until istiod has written the root of its CA into the namespaces. Raises MeshError."""
    secret = api.find("Secret", istio_namespace, "cacerts") or {}
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
                f" ConfigMap {_NAME} of {', '.join(waiting)}, so new pods there would trust no proxy"
            )
        time.sleep(_POLL_S)


def _written(api: KubernetesClient, namespace: str) -> str:
    found = api.find("ConfigMap", namespace, _NAME) or {}
    return str((found.get("data") or {}).get(_KEY, ""))
