# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and connections from a loopback pod, captured by its sidecar.

There is no kernel redirection on loopback: the client connects to the sidecar's capture port and
names the destination in a PROXY protocol header, once a connection.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    LabBroken,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.http1 import (
    AnswerError,
    Connection,
    StaleConnection,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._load.request_records import Record

Address: t.TypeAlias = tuple[str, int]
Progress: t.TypeAlias = t.Callable[[int], None]

# socket.IP_BIND_ADDRESS_NO_PORT exists since Python 3.12
_IP_BIND_ADDRESS_NO_PORT = 24
# how far a sample that fell behind its rate may catch up
_CATCH_UP_S = 0.1
_GREETING_LIMIT = 4096
# may be sent again when the connection was lost before an answer (RFC 9110, 9.2.2)
_IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}


def run_load(
    profile: LoadProfile, sidecar: Address, destination: Address, progress: Progress
) -> list[Record]:
    """Send the profile's requests through ``sidecar`` to ``destination``, a service's address.

    ``progress`` is called after every answer, from any thread, with the number of answers.
    """
    if profile.target.scheme != "http":
        raise InvalidInput(
            f"url: {profile.url!r}: a loopback client sends plain HTTP, its sidecar adds TLS"
        )
    schedule = _Schedule(profile, progress)
    workers = [
        _Worker(profile, sidecar, destination, schedule) for _unused in range(profile.concurrency)
    ]
    threads = [threading.Thread(target=worker.run, daemon=True) for worker in workers[1:]]
    try:
        for thread in threads:
            thread.start()
        workers[0].run()
        for thread in threads:
            thread.join()
    finally:
        schedule.end()
    failures = [worker.failure for worker in workers if worker.failure]
    if failures:
        raise failures[0]
    records = [record for worker in workers for record in worker.records]
    records.sort(key=lambda record: record.start_ms)
    return records


class _Schedule:
    """The moments at which requests may begin, and the end of the sample."""

    def __init__(self, profile: LoadProfile, progress: Progress) -> None:
        began = time.perf_counter()
        self.origin = began if profile.origin is None else profile.origin
        self.connections = itertools.count(1)
        self._stop = profile.stop or threading.Event()
        self._ended = False
        self._left = profile.requests
        self._until = None if profile.duration_s is None else began + profile.duration_s
        self._interval = 1 / profile.rate if profile.rate else 0.0
        self._next = began
        self._answers = 0
        self._progress = progress
        self._lock = threading.Lock()

    def end(self) -> None:
        self._ended = True

    def take(self) -> bool:
        """Wait for the next request's turn; false when there is none."""
        with self._lock:
            if self._ended or self._left == 0:
                return False
            if self._left is not None:
                self._left -= 1
            wait = 0.0
            if self._interval:
                now = time.perf_counter()
                self._next = max(self._next, now - _CATCH_UP_S)
                wait = self._next - now
                self._next += self._interval
        if self._until is not None and time.perf_counter() + max(0.0, wait) >= self._until:
            return False
        if wait > 0:
            return not self._stop.wait(wait)
        return not self._stop.is_set()

    def answered(self) -> None:
        with self._lock:
            self._answers += 1
            count = self._answers
        self._progress(count)


class _Worker:
    """One connection at a time, one request after the other."""

    def __init__(
        self, profile: LoadProfile, sidecar: Address, destination: Address, schedule: _Schedule
    ) -> None:
        self.records: list[Record] = []
        self.failure: BaseException | None = None
        self._profile = profile
        self._sidecar = sidecar
        self._destination = destination
        self._schedule = schedule
        self._message = _message(profile)
        self._head_only = profile.method.upper() == "HEAD"
        self._connection: Connection | None = None

    def run(self) -> None:
        try:
            while self._schedule.take():
                self.records.append(self._one())
                self._schedule.answered()
        except BaseException as exc:  # noqa: BLE001  raised again in the thread that waits
            self.failure = exc
            self._schedule.end()
        finally:
            self._drop()

    def _one(self) -> Record:
        if self._connection is not None and self._connection.closed_by_server():
            self._drop()
        began = time.perf_counter()
        status, body, error = 0, b"", ""
        try:
            status, body = self._exchange(began + self._profile.timeout_s)
        except TimeoutError:
            error = f"no answer within {self._profile.timeout_s:g} s"
        except (AnswerError, OSError) as exc:
            error = str(exc) or type(exc).__name__
        ended = time.perf_counter()
        number = self._connection.number if self._connection else 0
        if status == 0 or not self._profile.keepalive or not self._reusable():
            self._drop()
        return Record(
            start_ms=(began - self._schedule.origin) * 1000,
            latency_ms=(ended - began) * 1000,
            status=status,
            body=body.decode("utf-8", "replace"),
            error=error,
            connection=number,
        )

    def _exchange(self, deadline: float) -> tuple[int, bytes]:
        limit = self._profile.body_limit
        if self._connection is not None:
            try:
                return self._connection.request(self._message, deadline, limit, self._head_only)
            except StaleConnection:
                # the server ended an idle connection while the request was on its way, which is
                # HTTP's normal course and no fault
                self._drop()
                if self._profile.method.upper() not in _IDEMPOTENT:
                    raise
        self._connection = self._connect(deadline)
        return self._connection.request(self._message, deadline, limit, self._head_only)

    def _connect(self, deadline: float) -> Connection:
        number = next(self._schedule.connections)
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # without it a connection a request runs out of ports: each waits a minute
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((self._sidecar[0], 0))
            sock.settimeout(max(0.001, deadline - time.perf_counter()))
            sock.connect(self._sidecar)
            _name_destination(sock, self._destination)
        except BaseException:
            sock.close()
            raise
        return Connection(sock, number)

    def _reusable(self) -> bool:
        return self._connection is not None and self._connection.reusable

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _name_destination(sock: socket.socket, destination: Address) -> None:
    source, source_port = sock.getsockname()
    address, port = destination
    sock.sendall(f"PROXY TCP4 {source} {address} {source_port} {port}\r\n".encode())


def read_greeting(sidecar: Address, destination: Address, timeout: float) -> str:
    """Return what a TCP server says first; raises LabBroken when it says nothing."""
    where = f"{destination[0]}:{destination[1]}"
    try:
        with socket.create_connection(sidecar, timeout, (sidecar[0], 0)) as sock:
            _name_destination(sock, destination)
            text = sock.recv(_GREETING_LIMIT)
    except OSError as exc:
        raise LabBroken(f"{where}: {str(exc) or type(exc).__name__}") from exc
    if not text:
        raise LabBroken(f"{where}: the connection was closed without a word")
    return text.decode("utf-8", "replace").strip()


def _message(profile: LoadProfile) -> bytes:
    host = profile.target.netloc.rpartition("@")[2]
    headers = {"host": host, "user-agent": "eastwest.mesh", "accept": "*/*"}
    if not profile.keepalive:
        headers["connection"] = "close"
    headers |= {name.lower(): value for name, value in profile.headers.items()}
    lines = [f"{profile.method.upper()} {profile.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
