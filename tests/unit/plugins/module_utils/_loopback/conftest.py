# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small sidecar: takes the PROXY preamble, then plays scripted answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t
from dataclasses import dataclass, field

import pytest

CLOSE = None


@dataclass
class Sidecar:
    """``script`` gives, by connection number, the answers of that connection.

    An answer is raw bytes, or CLOSE; after the last answer of a list the connection is closed.
    """

    script: t.Callable[[int], t.Iterator[t.Any]]
    preambles: list[str] = field(default_factory=list)
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)

    def serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            number = 0
            while True:
                sock, _peer = listener.accept()
                threading.Thread(target=self._talk, args=(sock, number), daemon=True).start()
                number += 1

    def _talk(self, sock: socket.socket, number: int) -> None:
        with sock, contextlib.suppress(OSError):
            reader = sock.makefile("rb")
            self.preambles.append(reader.readline().decode())
            for answer in self.script(number):
                if answer is CLOSE:
                    break
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline()
                    if not line:
                        return
                    head += line
                self.requests.append((number, head))
                sock.sendall(answer)
            reader.close()


@pytest.fixture
def sidecar() -> t.Iterator[t.Callable[[t.Callable[[int], t.Iterator[t.Any]]], Sidecar]]:
    with contextlib.ExitStack() as stack:

        def start(script: t.Callable[[int], t.Iterator[t.Any]]) -> Sidecar:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            # shutdown wakes the thread that accepts; close alone does not
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            server = Sidecar(script, address=listener.getsockname())
            threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
            return server

        yield start
