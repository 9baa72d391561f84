# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU time of a request with the collection's HTTP client, beside http.client of the standard library.

    python tests/benchmarks/http_client.py

Both send the same requests over one kept-alive connection to a server in another process; the CPU time is the
client's thread's alone. The rounds take turns. Exits with 1 where the goal is missed.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import socket
import sys
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import checkout
from _results import Results

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._load.http1 import Connection

REQUESTS = 5000
ROUNDS = 3
BODY = b"Hello version: zone1, instance: helloworld-zone1-7d9c\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nserver: envoy\r\ncontent-length: %d\r\n\r\n"
ANSWER = HEAD % len(BODY) + BODY
MESSAGE = b"GET /hello HTTP/1.1\r\nhost: helloworld.sample:5000\r\n\r\n"
# What the own client may take of the standard library's CPU time
GOALS = {"ratio": 0.5}


def serve(listener: socket.socket) -> None:
    while True:
        sock, _peer = listener.accept()
        with sock, contextlib.suppress(ConnectionError):
            while sock.recv(4096):
                sock.sendall(ANSWER)


def cpu_seconds(send: t.Callable[[], bytes]) -> float:
    began = time.thread_time()
    for _number in range(REQUESTS):
        if send() != BODY:
            sys.exit("a wrong answer")
    return time.thread_time() - began


def own(address: tuple[str, int]) -> float:
    connection = Connection(socket.create_connection(address), 0)
    with contextlib.closing(connection):
        return cpu_seconds(lambda: connection.request(MESSAGE, time.perf_counter() + 5, 4096)[1])


def standard(address: tuple[str, int]) -> float:
    connection = http.client.HTTPConnection(*address)

    def send() -> bytes:
        connection.request("GET", "/hello", headers={"host": "helloworld.sample:5000"})
        return connection.getresponse().read()

    with contextlib.closing(connection):
        return cpu_seconds(send)


def main() -> int:
    results = Results("http_client", GOALS)
    listener = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=serve, args=(listener,), daemon=True)
    server.start()
    address = listener.getsockname()
    rounds = [(own(address), standard(address)) for _round in range(ROUNDS)]
    server.terminate()
    fastest, slowest = (min(each) * 1e6 / REQUESTS for each in zip(*rounds, strict=True))
    results.add("own client", f"{fastest:.0f} µs of CPU time a request", fastest)
    results.add("http.client", f"{slowest:.0f} µs of CPU time a request", slowest)
    results.add("ratio", f"{fastest / slowest:.2f}", fastest / slowest)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
