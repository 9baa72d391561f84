# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 over one socket, with exact times.

The standard library's client is too slow and hides when a connection was opened or lost.
"""

from __future__ import annotations

import re
import socket
import time

MAX_HEAD = 64 * 1024
CHUNK = 64 * 1024
# longer numbers are no lengths
_DIGITS = {10: re.compile(rb"[0-9]{1,18}"), 16: re.compile(rb"[0-9a-fA-F]{1,15}")}


class AnswerError(Exception):
    """No complete answer came."""


class StaleConnection(AnswerError):
    """The server had closed the kept-alive connection before the request reached it."""


class Connection:
    """One connection; ``request`` may be called as long as ``reusable`` is true."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.number = number
        self.reusable = True
        self._socket = sock
        self._buffer = b""
        self._used = False
        self._deadline = 0.0

    def close(self) -> None:
        self.reusable = False
        self._socket.close()

    def closed_by_server(self) -> bool:
        """Whether the idle connection has ended, or holds bytes that nobody asked for."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def request(
        self, message: bytes, deadline: float, body_limit: int, head_only: bool = False
    ) -> tuple[int, bytes]:
        """Sends the message; returns the status and the first ``body_limit`` bytes of the body."""
        self._deadline = deadline
        first, self._used = not self._used, True
        try:
            self._arm()
            self._socket.sendall(message)
            received = self._receive()
        except (ConnectionResetError, BrokenPipeError) as exc:
            if not first:
                raise StaleConnection(str(exc)) from exc
            raise
        if not received:
            if not first:
                raise StaleConnection("closed by the server")
            raise AnswerError("connection closed before an answer")
        self._buffer += received
        return self._answer(body_limit, head_only)

    def _answer(self, body_limit: int, head_only: bool) -> tuple[int, bytes]:
        status, version, headers = self._head()
        while 100 <= status < 200:
            status, version, headers = self._head()
        tokens = headers.get(b"connection", b"").lower()
        self.reusable = b"close" not in tokens and (
            version != b"HTTP/1.0" or b"keep-alive" in tokens
        )
        if head_only or status in (204, 304):
            return status, b""
        if headers.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
            return status, self._chunked(body_limit)
        if b"content-length" in headers:
            length = _number(headers[b"content-length"], 10)
            body = self._take(length, body_limit)
            return status, body
        self.reusable = False
        return status, self._until_closed(body_limit)

    def _head(self) -> tuple[int, bytes, dict[bytes, bytes]]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD:
                raise AnswerError("the answer's headers are too long")
            self._more()
        lines = self._buffer[:end].split(b"\r\n")
        self._buffer = self._buffer[end + 4 :]
        version, _dummy, rest = lines[0].partition(b" ")
        if not version.startswith(b"HTTP/1."):
            raise AnswerError(f"not an HTTP/1 answer: {lines[0][:40]!r}")
        headers = {}
        for line in lines[1:]:
            name, _dummy, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        return _number(rest[:3], 10), version, headers

    def _chunked(self, limit: int) -> bytes:
        body = b""
        while True:
            size = _number(self._line().split(b";")[0].strip(), 16)
            if size == 0:
                while self._line():
                    pass
                return body
            body += self._take(size, limit - len(body))
            if self._line():
                raise AnswerError("a chunk of the answer is longer than announced")

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD:
                raise AnswerError("a line of the answer is too long")
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _take(self, length: int, limit: int) -> bytes:
        """Reads ``length`` bytes and keeps the first ``limit`` of them."""
        kept = b""
        while length:
            if not self._buffer:
                self._more()
            part, self._buffer = self._buffer[:length], self._buffer[length:]
            length -= len(part)
            kept += part[: max(0, limit - len(kept))]
        return kept

    def _until_closed(self, limit: int) -> bytes:
        kept, self._buffer = self._buffer[:limit], b""
        while received := self._receive():
            kept += received[: max(0, limit - len(kept))]
        return kept

    def _more(self) -> None:
        received = self._receive()
        if not received:
            raise AnswerError("connection closed in the middle of an answer")
        self._buffer += received

    def _receive(self) -> bytes:
        self._arm()
        return self._socket.recv(CHUNK)

    def _arm(self) -> None:
        left = self._deadline - time.perf_counter()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def _number(text: bytes, base: int) -> int:
    # int() takes signs, underscores and spaces, too
    if not _DIGITS[base].fullmatch(text):
        raise AnswerError(f"the answer has {text[:20]!r} where a number belongs")
    return int(text, base)
