# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests to send, and their pace."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput

MAX_CONCURRENCY = 1024
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """Requests to send from one client, and how.

    The sample ends after ``requests`` answers, after ``duration_s``, or soon after ``stop`` is set,
    whichever is first; at least one of the three must be given.
    """

    url: str
    method: str = "GET"
    headers: t.Mapping[str, str] = field(default_factory=dict)
    requests: int | None = None
    duration_s: float | None = None
    # connections that send at the same time
    concurrency: int = 1
    # requests a second over all connections; None: as fast as the answers come
    rate: float | None = None
    # False: a connection for each request
    keepalive: bool = True
    # for one request, its connection included
    timeout_s: float = 5.0
    # bytes of an answer's body that are kept
    body_limit: int = 4096
    # ends the sample from outside, where its length is not known beforehand
    stop: threading.Event | None = field(default=None, compare=False)
    # time.perf_counter() from which the records count; None: when the client begins
    origin: float | None = None

    def __post_init__(self) -> None:
        target = self.target
        if target.scheme not in DEFAULT_PORTS or not target.hostname:
            raise InvalidInput(
                f"url: {self.url!r} is not a complete address; write it like http://host:port/path"
            )
        if self.requests is None and self.duration_s is None and self.stop is None:
            raise InvalidInput("requests or duration must say how long to send")
        for name, value in (
            ("requests", self.requests),
            ("duration", self.duration_s),
            ("rate", self.rate),
            ("concurrency", self.concurrency),
            ("timeout", self.timeout_s),
        ):
            if value is not None and not value > 0:
                raise InvalidInput(f"{name}: {value} must be greater than 0")
        if self.concurrency > MAX_CONCURRENCY:
            raise InvalidInput(
                f"concurrency: {self.concurrency} connections are more than {MAX_CONCURRENCY}"
            )
        for text in (self.method, self.url, *self.headers, *self.headers.values()):
            if any(character in text for character in "\r\n\0"):
                raise InvalidInput(f"{text!r} has a line break, which HTTP headers cannot hold")

    @property
    def target(self) -> SplitResult:
        """Parts of the URL."""
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """Host name in the URL."""
        return self.target.hostname or ""

    @property
    def port(self) -> int:
        """Port in the URL, or its scheme's."""
        try:
            return self.target.port or DEFAULT_PORTS[self.target.scheme]
        except ValueError as exc:
            raise InvalidInput(f"url: {self.url!r}: {exc}") from exc

    @property
    def path(self) -> str:
        """Path and query for the request line."""
        target = self.target
        return (target.path or "/") + (f"?{target.query}" if target.query else "")
