# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the output of the sampling script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# "2-text": a line of connection 2's answer; "2+text": a part of one; "2 200 …": a request's end
_LINE = re.compile(rb"(\d+)([-+ ])(.*)\Z", re.DOTALL)
_TIMED_OUT = 28


@dataclass(frozen=True, slots=True)
class CurlResponse:
    """A request's outcome as curl reports it; ``arrived`` is the caller's clock, in ms."""

    status: int
    body: str
    error: str
    timed_out: bool
    connected: bool
    latency_ms: float
    arrived: float


@dataclass(slots=True)
class Connection:
    """One curl process."""

    responses: list[CurlResponse] = field(default_factory=list)
    # The lines since the last response
    pending: list[bytes] = field(default_factory=list)
    # Whether the last line is incomplete
    open_line: bool = False
    ended: bool = False

    @property
    def remark(self) -> str:
        """Return the lines after the last response: the shell's or curl's errors."""
        return b" ".join(line.strip() for line in self.pending).decode(errors="replace").strip()


class CurlOutput:
    """The output of the script, parsed as it arrives."""

    def __init__(self, mark: str, body_limit: int) -> None:
        self.connections: dict[int, Connection] = {}
        self.count = 0
        # From the script, before the first request
        self.version = ""
        self.without_curl = False
        self.handshakes = 0
        # Lines of other programs
        self.foreign_lines: list[str] = []
        self._mark = mark.encode() + b" "
        self._body_limit = body_limit
        self._rest = b""

    def feed(self, data: bytes, arrived: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line, arrived)

    def _line(self, line: bytes, arrived: float) -> None:
        if line.startswith(self._mark):
            self._preamble(line[len(self._mark) :].decode(errors="replace"))
            return
        found = _LINE.match(line)
        if not found:
            self.foreign_lines.append(line.decode(errors="replace"))
            return
        connection = self.connections.setdefault(int(found.group(1)), Connection())
        kind, text = found.group(2), found.group(3)
        if kind != b" ":
            if connection.open_line:
                connection.pending[-1] += text
            else:
                connection.pending.append(text)
            connection.open_line = kind == b"+"
        elif text == b"end":
            connection.ended = True
        else:
            self._add_response(connection, text.decode(errors="replace"), arrived)

    def _preamble(self, text: str) -> None:
        self.without_curl |= text == "no curl"
        self.handshakes += text == "ready"
        if text.startswith("version "):
            self.version = text.removeprefix("version ")

    def _add_response(self, connection: Connection, text: str, arrived: float) -> None:
        try:
            status, code, connects, total, _first_byte, message = text.split(" ", 5)
        except ValueError:
            # curl was stopped while it wrote the line
            return
        failed = int(code)
        body = b"\n".join(connection.pending)[: self._body_limit]
        connection.responses.append(
            CurlResponse(
                status=0 if failed else int(status),
                body=body.decode(errors="replace"),
                error=(message.strip() or f"curl ended with {failed}") if failed else "",
                timed_out=failed == _TIMED_OUT,
                connected=int(connects) > 0,
                latency_ms=float(total) * 1000,
                arrived=arrived,
            )
        )
        connection.pending = []
        connection.open_line = False
        self.count += 1
