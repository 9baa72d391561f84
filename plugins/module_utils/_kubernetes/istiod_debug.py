# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query istiod's debug interface."""

from __future__ import annotations

import json
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec, workloads
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_CONTAINER = "discovery"
_LABEL = "app=istiod"
_TIMEOUT_S = 20.0
# istiod waits for 100 ms without a change before it pushes
_DEBOUNCE_S = 0.4

# The version of each type that was pushed to each proxy
Pushed: t.TypeAlias = dict[str, tuple[str, ...]]


def pods(api: KubernetesClient, namespace: str) -> list[str]:
    """Return the names of istiod's ready pods. Raises NotFound when there are none."""
    found = api.find_all("Pod", namespace, _LABEL)
    names = [str(pod["metadata"]["name"]) for pod in found if workloads.is_ready(pod)]
    if not names:
        raise NotFound(f"cluster {api.name}: no pod of istiod is ready in namespace {namespace}")
    return names


def query(api: KubernetesClient, namespace: str, pod: str, path: str) -> list[dict[str, t.Any]]:
    """Return the list that one pod of istiod answers with. Raises MeshError."""
    container = pod_exec.Container(namespace, pod, _CONTAINER)
    command = ("pilot-discovery", "request", "GET", path)
    output = pod_exec.run(api, container, command, _TIMEOUT_S)
    # It may write its log to standard output, before the answer
    for start in ("[{", "[]", "null"):
        _log, mark, answer = output.stdout.partition(start)
        if mark:
            break
    try:
        return json.loads(mark + answer) or []
    except ValueError as exc:
        error = " ".join((output.message or output.stderr or output.stdout).split())
        raise MeshError(f"cluster {api.name}: {container}: GET {path}: {error:.200}") from exc


def wait_synced(api: KubernetesClient, namespace: str, timeout: float) -> bool:
    """Wait until every proxy has acknowledged all pushes, and return whether that happened.

    Without the permission to query istiod, wait a moment instead.
    """
    deadline = time.monotonic() + timeout
    before: Pushed | None = None
    while time.monotonic() < deadline:
        time.sleep(_DEBOUNCE_S)
        try:
            now = _pushed(api, namespace)
        except MeshError:
            time.sleep(_DEBOUNCE_S * 4)
            return False
        if now is not None and now == before:
            return True
        before = now
    return False


def remote_clusters(api: KubernetesClient, namespace: str) -> list[dict[str, str]]:
    """Return the remote clusters that istiod watches: ``id``, ``status`` and ``secret``.

    A cluster is ``synced`` when all pods of istiod have read it.
    """
    found: dict[str, dict[str, str]] = {}
    for pod in pods(api, namespace):
        for cluster in query(api, namespace, pod, "/debug/clusterz"):
            if not cluster.get("secretName"):
                continue
            entry = {
                "id": str(cluster["id"]),
                "status": str(cluster.get("syncStatus") or ""),
                "secret": str(cluster["secretName"]),
            }
            known = found.get(entry["id"])
            if known is None or known["status"] == "synced":
                found[entry["id"]] = entry
    return [found[name] for name in sorted(found)]


def _pushed(api: KubernetesClient, namespace: str) -> Pushed | None:
    """Return what was pushed to each proxy; None while a proxy has not acknowledged it."""
    result: Pushed = {}
    for pod in pods(api, namespace):
        for proxy in query(api, namespace, pod, "/debug/syncz"):
            sent = {key: value for key, value in proxy.items() if key.endswith("_sent")}
            if any(
                value != proxy.get(key.replace("_sent", "_acked"), "")
                for key, value in sent.items()
            ):
                return None
            result[f"{pod} {proxy.get('proxy')}"] = tuple(sent[key] for key in sorted(sent))
    return result
