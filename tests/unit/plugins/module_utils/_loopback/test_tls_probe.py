# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that react to the start of a TLS handshake in every way."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.tls_probe import TlsProbe
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.tls_probe import tls_probe

SERVER_NAME = "outbound_.8000_._.httpbin.sample.svc.cluster.local"


@contextlib.contextmanager
def server(response: bytes | None) -> t.Iterator[tuple[tuple[str, int], list[bytes]]]:
    """Answer one connection; None keeps it open in silence."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def answer() -> None:
            sock, _address = listener.accept()
            with sock:
                received.append(sock.recv(2000))
                sock.sendall(response or b"")
                if response is None:
                    done.wait(5)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname(), received
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (b"\x16\x03\x03\x00\x7a", TlsProbe("tls")),
        (b"\x15\x03\x03\x00\x02\x02\x70", TlsProbe("tls")),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", TlsProbe("plain", "HTTP/1.1 400 Bad Request")),
        (b"", TlsProbe("closed")),
        (None, TlsProbe("silent")),
    ],
    ids=["handshake", "alert", "HTTP", "closed", "silent"],
)
def test_reactions(response: bytes | None, expected: TlsProbe) -> None:
    with server(response) as (address, received):
        assert tls_probe("127.0.0.1", address, SERVER_NAME, 0.5) == expected
    assert received[0][0] == 0x16
    assert SERVER_NAME.encode() in received[0]
    assert b"istio" in received[0]


def test_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    assert tls_probe("127.0.0.1", address, "", 0.5).outcome == "refused"
