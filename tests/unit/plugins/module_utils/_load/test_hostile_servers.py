# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of any bytes end in a status or a known error, in time and within the body's limit."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._load.http1 import (
    AnswerError,
    Connection,
)
from hypothesis import given, settings
from hypothesis import strategies as st

LIMIT = 100
TIMEOUT_S = 0.3
NUMBERS = st.sampled_from(
    [
        b"5",
        b"0",
        b"-1",
        b"+5",
        b"1_0",
        b" 5",
        b"99999999999999999999",
        b"1e3",
        b"0x10",
        b"",
        b"\xff",
    ]
)
HEADERS = st.lists(
    st.one_of(
        NUMBERS.map(lambda number: b"content-length: " + number),
        st.sampled_from([b"transfer-encoding: chunked", b"connection: close", b": ", b"x"]),
        st.binary(max_size=30),
    ),
    max_size=4,
)
STARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.0 503 x",
        b"HTTP/2 200",
        b"HTTP/1.1 2_0",
    ]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.tuples(NUMBERS, st.binary(max_size=20)), max_size=4).map(
        lambda chunks: b"".join(size + b"\r\n" + data + b"\r\n" for size, data in chunks)
    ),
)
ANSWERS = st.one_of(
    st.binary(max_size=500),
    st.builds(
        lambda start, headers, body: b"\r\n".join([start, *headers]) + b"\r\n\r\n" + body,
        STARTS,
        HEADERS,
        BODIES,
    ),
)


def ask(answer, ends=True):
    """Let a server give these bytes, and then end the connection or keep silent."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        if ends:
            theirs.shutdown(socket.SHUT_WR)
        connection = Connection(ours, 1)
        return connection.request(b"GET / HTTP/1.1\r\n\r\n", time.perf_counter() + TIMEOUT_S, LIMIT)


@settings(deadline=None)
@given(ANSWERS)
def test_an_answer_is_a_status_or_an_error(answer):
    try:
        status, body = ask(answer)
    except AnswerError:
        return
    assert 0 <= status <= 999
    assert len(body) <= LIMIT


@settings(deadline=None, max_examples=20)
@given(ANSWERS)
def test_a_server_that_falls_silent_is_not_waited_for(answer):
    began = time.perf_counter()
    with contextlib.suppress(AnswerError, TimeoutError):
        ask(answer, ends=False)
    assert time.perf_counter() - began < TIMEOUT_S + 5


ENDLESS = {
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "a body as long as a disk": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n",
        b"x" * 65536,
    ),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "trailers": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "one line": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1"),
}


@pytest.mark.parametrize("pause", [0.0, 0.02], ids=["at once", "slowly"])
@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS)
def test_endless_answers_end_with_the_timeout(begin, more, pause):
    ours, theirs = socket.socketpair()
    ended = threading.Event()

    def serve():
        try:
            theirs.sendall(begin)
            while not ended.wait(pause):
                theirs.sendall(more)
        except OSError:
            pass

    server = threading.Thread(target=serve, daemon=True)
    with ours, theirs:
        server.start()
        began = time.perf_counter()
        with pytest.raises((AnswerError, TimeoutError)):
            Connection(ours, 1).request(b"GET / HTTP/1.1\r\n\r\n", began + TIMEOUT_S, LIMIT)
        assert time.perf_counter() - began < TIMEOUT_S + 5
        ended.set()
        ours.close()
    server.join(5)
    assert not server.is_alive()
