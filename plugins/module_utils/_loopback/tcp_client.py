# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain TCP from a loopback pod, captured by its sidecar. Private to this collection."""

from __future__ import annotations

import socket

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import LabBroken

_MOST_BYTES = 4096


def greeting(sidecar: tuple[str, int], destination: tuple[str, int], timeout: float) -> str:
    """What the server says first. Raises LabBroken when the connection ends without a word."""
    address, port = destination
    try:
        with socket.create_connection(sidecar, timeout, (sidecar[0], 0)) as sock:
            source, source_port = sock.getsockname()
            sock.sendall(f"PROXY TCP4 {source} {address} {source_port} {port}\r\n".encode())
            said = sock.recv(_MOST_BYTES)
    except OSError as exc:
        raise LabBroken(f"{address}:{port}: {str(exc) or type(exc).__name__}") from exc
    if not said:
        raise LabBroken(f"{address}:{port}: the connection was closed without a word")
    return said.decode("utf-8", "replace").strip()
