# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connect to a TCP server from inside a container, and read its first bytes."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

# For the start of the command
_GRACE_S = 10.0
_MOST_CHARACTERS = 4096


def tcp_probe(
    api: KubernetesClient,
    container: pod_exec.Container,
    destination: tuple[str, int],
    path: str,
    timeout: float,
) -> str:
    """Return the server's first bytes, or its HTTP response. Raises LabBroken where there are none."""
    address, port = destination
    # curl takes the banner of any server for an HTTP/0.9 response
    command = ("curl", "-q", "-sS", "--http0.9", "-m", f"{timeout:g}")
    result = pod_exec.run(
        api, container, (*command, f"http://{address}:{port}{path}"), timeout + _GRACE_S
    )
    text = result.stdout.strip()
    if not text:
        error = (
            result.message
            or result.stderr
            or "the server closed the connection without sending anything"
        )
        raise LabBroken(f"{address}:{port}: {error.strip()[:200]}")
    return text[:_MOST_CHARACTERS]
