# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin a TLS handshake from a pod's address, as its proxy does."""

from __future__ import annotations

import contextlib
import socket
import ssl

from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.tls import CLIENT_ALPN

_TLS_RECORDS = (0x15, 0x16)
_MOST_BYTES = 512


def tls_probe(
    source: str, destination: tuple[str, int], server_name: str, timeout: float
) -> TlsProbe:
    try:
        sock = socket.create_connection(destination, timeout, (source, 0))
    except TimeoutError:
        return TlsProbe("timeout")
    except OSError as exc:
        return TlsProbe("refused", exc.strerror or str(exc))
    with sock:
        try:
            sock.sendall(_client_hello(server_name))
            data = sock.recv(_MOST_BYTES)
        except TimeoutError:
            return TlsProbe("silent")
        except OSError as exc:
            return TlsProbe("closed", exc.strerror or str(exc))
    if not data:
        return TlsProbe("closed")
    if data[0] in _TLS_RECORDS:
        return TlsProbe("tls")
    return TlsProbe("plain", data.decode("utf-8", "replace").splitlines()[0])


def _client_hello(server_name: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(CLIENT_ALPN)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = context.wrap_bio(incoming, outgoing, server_hostname=server_name or None)
    with contextlib.suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return outgoing.read()
