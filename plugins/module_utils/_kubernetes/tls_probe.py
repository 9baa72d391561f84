# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin a TLS handshake from a proxy's container, which is not captured."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.client import (
    KubernetesClient,
)

# For the start of the command
_GRACE_S = 10.0
_CANNOT_CONNECT, _TIMEOUT, _HANDSHAKE_FAILED = 7, 28, 35
# OpenSSL's words for bytes that are no TLS records
_NO_TLS = ("wrong version number", "packet length too long", "record layer failure", "http request")
_COMMAND_PROBLEMS = (2, 126, 127)


def tls_probe(
    api: KubernetesClient,
    container: pod_exec.Container,
    destination: tuple[str, int],
    server_name: str,
    timeout: float,
) -> TlsProbe:
    """Raises MeshError in a container without curl."""
    address, port = destination
    host = server_name or address
    command = (
        *("curl", "-q", "-sSk", "-o", "/dev/null", "-m", f"{timeout:g}"),
        *("--connect-to", f"{host}:{port}:{address}:{port}", f"https://{host}:{port}/"),
    )
    result = pod_exec.run(api, container, command, timeout + _GRACE_S)
    error = (result.message or result.stderr).strip()[:200]
    if result.returncode in _COMMAND_PROBLEMS:
        raise MeshError(f"{container}: curl cannot run: {error}")
    if result.returncode == _CANNOT_CONNECT:
        return TlsProbe("refused", error)
    if result.returncode == _TIMEOUT:
        return TlsProbe("timeout", error)
    if result.returncode == _HANDSHAKE_FAILED:
        plain = any(each in error.lower() for each in _NO_TLS)
        return TlsProbe("plain" if plain else "closed", error)
    return TlsProbe("tls")
