# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks istiod what it knows, through its debug interface. Private to this collection."""

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
# istiod collects changes for 100 ms of silence before it tells the proxies
_SILENCE_S = 0.4

# of each proxy, what was sent to it last, by type
Told: t.TypeAlias = dict[str, tuple[str, ...]]


def pods(api: KubernetesClient, namespace: str) -> list[str]:
    """The names of the control plane's pods that serve. Raises NotFound when there are none."""
    found = api.find_all("Pod", namespace, _LABEL)
    names = [str(pod["metadata"]["name"]) for pod in found if workloads.is_ready(pod)]
    if not names:
        raise NotFound(f"cluster {api.name}: no pod of istiod serves in namespace {namespace}")
    return names


def ask(api: KubernetesClient, namespace: str, pod: str, path: str) -> list[dict[str, t.Any]]:
    """What one pod of the control plane answers, a list. Raises MeshError."""
    container = pod_exec.Container(namespace, pod, _CONTAINER)
    command = ("pilot-discovery", "request", "GET", path)
    outcome = pod_exec.run(api, container, command, _TIMEOUT_S)
    # it may log to the same place that it writes the answer to
    for start in ("[{", "[]", "null"):
        _log, mark, answer = outcome.stdout.partition(start)
        if mark:
            break
    try:
        return json.loads(mark + answer) or []
    except ValueError as exc:
        said = " ".join((outcome.message or outcome.stderr or outcome.stdout).split())
        raise MeshError(f"cluster {api.name}: {container}: GET {path}: {said:.200}") from exc


def wait_told(api: KubernetesClient, namespace: str, timeout: float) -> bool:
    """Waits until every proxy has acknowledged all that the control plane has to say.

    Returns whether it came to that; without the right to ask, it waits a moment instead.
    """
    deadline = time.monotonic() + timeout
    before: Told | None = None
    while time.monotonic() < deadline:
        time.sleep(_SILENCE_S)
        try:
            now = _told(api, namespace)
        except MeshError:
            time.sleep(_SILENCE_S * 4)
            return False
        if now is not None and now == before:
            return True
        before = now
    return False


def remote_clusters(api: KubernetesClient, namespace: str) -> list[dict[str, str]]:
    """The clusters that the control plane reads besides its own.

    Each with ``id``, ``status`` (``synced`` when it has read all) and ``secret``. A cluster that
    one of several pods has not read yet counts as not read.
    """
    found: dict[str, dict[str, str]] = {}
    for pod in pods(api, namespace):
        for cluster in ask(api, namespace, pod, "/debug/clusterz"):
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


def _told(api: KubernetesClient, namespace: str) -> Told | None:
    """What was sent to each proxy; None while one has not acknowledged it."""
    result: Told = {}
    for pod in pods(api, namespace):
        for proxy in ask(api, namespace, pod, "/debug/syncz"):
            sent = {key: value for key, value in proxy.items() if key.endswith("_sent")}
            if any(
                value != proxy.get(key.replace("_sent", "_acked"), "")
                for key, value in sent.items()
            ):
                return None
            result[f"{pod} {proxy.get('proxy')}"] = tuple(sent[key] for key in sorted(sent))
    return result
