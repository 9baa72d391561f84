# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hears what a TCP server says to a container. Private to this collection."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

# What starting the command may take on top
_GRACE_S = 10.0
_MOST_CHARACTERS = 4096


def tcp_probe(
    api: KubernetesClient,
    container: pod_exec.Container,
    destination: tuple[str, int],
    path: str,
    timeout: float,
) -> str:
    """What the server says first, or to an HTTP client. Raises LabBroken where it says nothing."""
    address, port = destination
    # HTTP/0.9 is an answer without a status, and so is whatever a server says of its own accord
    command = ("curl", "-q", "-sS", "--http0.9", "-m", f"{timeout:g}")
    outcome = pod_exec.run(
        api, container, (*command, f"http://{address}:{port}{path}"), timeout + _GRACE_S
    )
    said = outcome.stdout.strip()
    if not said:
        why = outcome.message or outcome.stderr or "the connection was closed without a word"
        raise LabBroken(f"{address}:{port}: {why.strip()[:200]}")
    return said[:_MOST_CHARACTERS]
