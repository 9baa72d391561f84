# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import socket
import threading
import time

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.sample_client import run_load

# in a script of answers: ends the connection
CLOSE = None
URL = "http://helloworld.sample:5000/hello?x=1"
DESTINATION = ("10.255.10.7", 5000)


def answer(body: bytes = b"hi", status: str = "200 OK", *headers: bytes) -> bytes:
    head = [f"HTTP/1.1 {status}".encode(), b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def forever(message: bytes):
    return lambda number: itertools.repeat(message)


def send(server, **options):
    return run_load(LoadProfile(URL, **options), server.address, DESTINATION, lambda count: None)


def test_the_preamble_names_the_real_destination_once_a_connection(sidecar):
    server = sidecar(forever(answer()))
    records = send(server, requests=3)
    assert [record.status for record in records] == [200, 200, 200]
    assert len(server.preambles) == 1
    words = server.preambles[0].split()
    assert words[:4] == ["PROXY", "TCP4", "127.0.0.1", "10.255.10.7"]
    assert int(words[4]) > 0
    assert words[5] == "5000"
    assert server.preambles[0].endswith("\r\n")


def test_the_request_is_what_the_plan_says(sidecar):
    server = sidecar(forever(answer()))
    send(server, requests=1, method="post", headers={"Host": "other", "X-A": "1"})
    head = server.requests[0][1].decode()
    assert head.startswith("POST /hello?x=1 HTTP/1.1\r\n")
    assert "host: other\r\n" in head
    assert "x-a: 1\r\n" in head
    assert head.lower().count("host:") == 1


def test_the_host_header_comes_from_the_url(sidecar):
    server = sidecar(forever(answer()))
    send(server, requests=1)
    assert "host: helloworld.sample:5000\r\n" in server.requests[0][1].decode()


def test_a_connection_for_each_request(sidecar):
    server = sidecar(forever(answer()))
    records = send(server, requests=5, keepalive=False)
    assert len({record.connection for record in records}) == 5
    assert len(server.preambles) == 5
    assert all(b"connection: close" in head for _number, head in server.requests)


def test_concurrency_is_the_number_of_connections(sidecar):
    server = sidecar(forever(answer()))
    counts = []
    records = run_load(
        LoadProfile(URL, requests=200, concurrency=4), server.address, DESTINATION, counts.append
    )
    assert len(records) == 200
    assert sorted(counts) == list(range(1, 201))
    assert 1 <= len(server.preambles) <= 4
    assert [r.start_ms for r in records] == sorted(r.start_ms for r in records)


BODIES = {
    "content length": answer(b"hello"),
    "informational answer first": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"hello"),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: a\r\n\r\n",
}


@pytest.mark.parametrize("message", BODIES.values(), ids=BODIES.keys())
def test_bodies_are_read_to_their_end_and_the_connection_kept(sidecar, message):
    server = sidecar(forever(message))
    records = send(server, requests=3)
    assert [(r.status, r.body, r.error) for r in records] == [(200, "hello", "")] * 3
    assert len(server.preambles) == 1


@pytest.mark.parametrize("message", BODIES.values(), ids=BODIES.keys())
def test_the_body_is_kept_up_to_the_limit_and_still_read(sidecar, message):
    server = sidecar(forever(message))
    assert [r.body for r in send(server, requests=2, body_limit=4)] == ["hell", "hell"]


def test_a_body_that_ends_with_the_connection(sidecar):
    server = sidecar(lambda number: iter([b"HTTP/1.1 200 OK\r\n\r\nhello", CLOSE]))
    records = send(server, requests=2)
    assert [(r.status, r.body) for r in records] == [(200, "hello")] * 2
    assert len(server.preambles) == 2


def test_no_body_after_204_and_head(sidecar):
    server = sidecar(forever(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert [r.status for r in send(server, requests=2)] == [204, 204]
    server = sidecar(forever(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))
    assert [r.status for r in send(server, requests=2, method="HEAD")] == [200, 200]


def test_connection_close_is_obeyed(sidecar):
    server = sidecar(lambda number: iter([answer(b"hi", "200 OK", b"Connection: close"), CLOSE]))
    records = send(server, requests=3)
    assert [r.status for r in records] == [200] * 3
    assert [r.connection for r in records] == [1, 2, 3]


def test_a_kept_connection_closed_between_requests_is_no_error(sidecar):
    # closes silently after two answers
    server = sidecar(lambda number: iter([answer(), answer(), CLOSE]))
    records = send(server, requests=7)
    assert [(r.status, r.error) for r in records] == [(200, "")] * 7


def test_a_request_swallowed_by_a_kept_connection_is_sent_once_more(sidecar):
    # the second request of the first connection is read, then the connection ends
    server = sidecar(lambda number: iter([answer(), b""]) if number == 0 else iter([answer()]))
    assert [r.status for r in send(server, requests=2)] == [200, 200]


def test_but_not_when_sending_twice_may_do_harm(sidecar):
    server = sidecar(lambda number: iter([answer(), b""]) if number == 0 else iter([answer()]))
    records = send(server, requests=2, method="POST")
    assert [r.status for r in records] == [200, 0]
    assert "closed" in records[1].error


FAULTS = {
    "closed before an answer": (b"", "before an answer"),
    "cut in the middle": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", "middle"),
    "cut in the headers": (b"HTTP/1.1 200 OK\r\nConte", "middle"),
    "not HTTP": (b"SSH-2.0-x\r\n\r\n", "not an HTTP/1 answer"),
    "no number": (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "number"),
    "negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", "number"),
}


@pytest.mark.parametrize(("message", "error"), FAULTS.values(), ids=FAULTS.keys())
def test_broken_answers_are_connection_errors(sidecar, message, error):
    server = sidecar(lambda number: iter([message]))
    records = send(server, requests=2)
    assert [r.status for r in records] == [0, 0]
    assert all(error in r.error and r.failed for r in records)


def test_a_503_is_an_answer_that_failed(sidecar):
    server = sidecar(forever(answer(b"no healthy upstream", "503 Service Unavailable")))
    records = send(server, requests=2)
    assert [(r.status, r.failed, r.error) for r in records] == [(503, True, "")] * 2


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    records = run_load(LoadProfile(URL, requests=2), address, DESTINATION, lambda count: None)
    assert [r.status for r in records] == [0, 0]
    assert "refused" in records[0].error.lower()


def test_an_answer_that_does_not_come_is_given_up(sidecar):
    release = threading.Event()

    def silent(number):
        release.wait(10)
        yield CLOSE

    server = sidecar(silent)
    records = send(server, requests=1, timeout_s=0.05)
    release.set()
    assert records[0].status == 0
    assert "0.05 s" in records[0].error
    assert records[0].latency_ms >= 50


def test_stop_ends_the_sample(sidecar):
    server = sidecar(forever(answer()))
    stop = threading.Event()
    records = run_load(
        LoadProfile(URL, stop=stop),
        server.address,
        DESTINATION,
        lambda count: stop.set() if count == 20 else None,
    )
    assert len(records) == 20


def test_stop_wakes_a_client_that_waits_for_its_turn(sidecar):
    server = sidecar(forever(answer()))
    stop = threading.Event()
    records = run_load(
        LoadProfile(URL, requests=2, rate=0.001, stop=stop),
        server.address,
        DESTINATION,
        lambda count: stop.set(),
    )
    assert len(records) == 1


def test_the_rate_spaces_the_requests(sidecar):
    server = sidecar(forever(answer()))
    records = send(server, requests=6, rate=100, concurrency=2)
    # request i may not begin before its turn, at i/rate
    assert all(r.start_ms >= i * 10 - 0.01 for i, r in enumerate(records))


def test_duration_ends_the_sample_before_the_next_turn(sidecar):
    server = sidecar(forever(answer()))
    assert len(send(server, duration_s=0.05, rate=50)) <= 3


def test_what_the_callback_raises_reaches_the_caller(sidecar):
    server = sidecar(forever(answer()))

    def burst(count):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        run_load(LoadProfile(URL, requests=9, concurrency=3), server.address, DESTINATION, burst)


def test_records_count_from_the_origin(sidecar):
    server = sidecar(forever(answer()))
    assert send(server, requests=1)[0].start_ms < 5000
    assert send(server, requests=1, origin=time.perf_counter() - 9)[0].start_ms > 9000


def test_https_is_refused():
    with pytest.raises(InvalidInput, match="TLS"):
        run_load(
            LoadProfile("https://a/", requests=1), ("127.0.0.1", 1), DESTINATION, lambda count: None
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "helloworld:5000/hello"}, "complete address"),
        ({"url": "http:///hello"}, "complete address"),
        ({"url": "ftp://a/"}, "complete address"),
        ({"requests": None}, "how long"),
        ({"requests": 0}, "requests: 0"),
        ({"rate": -1}, "rate: -1"),
        ({"timeout_s": 0}, "timeout: 0"),
        ({"concurrency": 0}, "concurrency: 0"),
        ({"concurrency": 5000}, "more than 1024"),
        ({"headers": {"a": "b\r\nc: d"}}, "line break"),
    ],
)
def test_plans_that_cannot_work(options, message):
    with pytest.raises(InvalidInput, match=message):
        LoadProfile(**({"url": URL, "requests": 1} | options))


def test_the_parts_of_the_url():
    profile = LoadProfile("http://a.b:81?x=1", requests=1)
    assert (profile.host, profile.port, profile.path) == ("a.b", 81, "/?x=1")
    assert LoadProfile("http://a", requests=1).port == 80
    with pytest.raises(InvalidInput, match="url"):
        _unused = LoadProfile("http://a:99999/", requests=1).port
