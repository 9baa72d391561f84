# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Call Envoy's admin interface through its agent, as the proxy's image may have no shell."""

from __future__ import annotations

import re

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.well_known import (
    PROXY_CONTAINER,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

_TIMEOUT_S = 20.0
# The agent may write its log to standard output, before the answer
_LOG_LINE = re.compile(
    r"\A(?:\d{4}[-/]\d\d[-/]\d\d[T ][\d:.]+Z?\s+(?:debug|info|warn|error|fatal)\b.*\n"
    r'|\{"level":.*\n)',
    re.IGNORECASE,
)
_UNKNOWN_PATH = "invalid path. admin commands are:"


def call(api: KubernetesClient, namespace: str, pod: str, method: str, path: str) -> str:
    """Return the body of the answer. Raises MeshError when Envoy does not answer."""
    container = pod_exec.Container(namespace, pod, PROXY_CONTAINER)
    command = ("pilot-agent", "request", method, path.lstrip("/"))
    try:
        result = pod_exec.run(api, container, command, _TIMEOUT_S)
    except pod_exec.NoSuchContainer as exc:
        raise NotFound(
            f"cluster {api.name}: pod {namespace}/{pod} has no sidecar: it has no container {PROXY_CONTAINER}"
        ) from exc
    if result.returncode != 0:
        error = result.message or result.stderr or result.stdout
        raise MeshError(
            f"cluster {api.name}: {container}: {method} {path} failed: {_last_line(error)}"
        )
    body = _without_log(result.stdout)
    if body.startswith(_UNKNOWN_PATH):
        raise MeshError(f"cluster {api.name}: {container}: Envoy does not know {method} {path}")
    return body


def _without_log(text: str) -> str:
    while found := _LOG_LINE.match(text):
        text = text[found.end() :]
    return text


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no answer"
